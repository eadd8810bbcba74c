"""While complements are written, nobody outside the team reads, finds, sorts by or is mailed a word of the rewriting."""

import datetime as dt
import io
import zipfile
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value
from werkzeug.routing import BuildError

from guichet.accounts.models import Role
from guichet.applications import exports, queries
from guichet.applications.models import ApplicationStatus, ChangeRequest, ExportKind, Section
from guichet.applications.services import attachments, complements, submission
from guichet.audit.models import Audience, AuditEntry
from guichet.core import clock
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from guichet.documents.models import Document
from guichet.notifications.models import Email
from guichet.review.models import AssignmentStatus
from guichet.review.queries import desk, evaluations
from guichet.review.services import eligibility
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call, make_family
from tests.factories.committee import make_session
from tests.factories.files import PDF
from tests.factories.review import make_assignment
from tests.factories.submission import join, loaded, make_submitted
from tests.review.pages import address, text_of

S = ApplicationStatus
SECRET = "Récrit en secret"
COST, AMOUNT = "90\u202f002", "40\u202f004"
SECRETS = (SECRET, COST, AMOUNT)
TITLE = "Prolonger la vie des ordinateurs"


@pytest.fixture
def lead(session):
    return make_account(Role.APPLICANT, full_name="Lou Porteuse")


@pytest.fixture
def rewritten(lead):
    """Submitted, scored by somebody, then asked for complements on all sections and rewritten all over."""
    application = make_submitted(lead, call=make_call(decision_delay_days=60))
    officer = make_account(Role.OFFICER)
    with unit_of_work():
        due_on = clock.today() + dt.timedelta(days=20)
        complements.request_changes(loaded(application), list(Section), "Précisez.", due_on, actor=officer)
    dossier = loaded(application)
    piece = dossier.attachments[0]
    with unit_of_work():
        attachments.replace(dossier, piece.id, io.BytesIO(PDF + b"%"), name=f"{SECRET}.pdf", actor=lead)
    join(application, lead, name=f"{SECRET} 2.txt", content=SECRET.encode())
    dossier = loaded(application)
    for name in ("title", "summary", "problem", "solution", "deliverables", "stakeholders", "licence", "risks"):
        setattr(dossier, name, f"{SECRET} {name}")
    dossier.total_cost, dossier.amount_requested = Decimal(90_002), Decimal(40_004)
    dossier.budget_lines[0].label = f"{SECRET} ligne"
    dossier.budget_lines[0].amount, dossier.budget_lines[0].amount_requested = Decimal(90_002), Decimal(40_004)
    dossier.milestones[0].label = f"{SECRET} jalon"
    dossier.indicators[0].label = f"{SECRET} indicateur"
    dossier.plan_links[0].proposed_title = f"{SECRET} action"
    dossier.is_digital_service = True
    db.session.commit()
    return loaded(application)


def addresses(app, application, assignment, meeting):
    """Every page of the application for reading whose address these objects fill."""
    piece, request = application.attachments[-1], application.change_requests[0]
    document = db.session.scalars(sa.select(Document.id)).first()
    known = {
        "application_id": application.id,
        "assignment_id": assignment.id,
        "session_id": meeting.id,
        "attachment_id": piece.id,
        "request_id": request.id,
        "document_id": document,
        "slug": application.call.slug,
        "key": "s1",
        "number": 1,
        "word": "xlsx",
    }
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or not rule.arguments <= known.keys() or rule.endpoint == "static":
            continue
        values = {name: known[name] for name in rule.arguments}
        try:
            yield app.url_map.bind("localhost").build(rule.endpoint, values)
        except BuildError:
            continue


@pytest.mark.parametrize(
    "role", [Role.OFFICER, Role.REVIEWER, Role.COMMITTEE, Role.CHAIR, Role.FINANCE, Role.ADMIN], ids=str
)
@pytest.mark.parametrize("state", [AssignmentStatus.ASSIGNED, AssignmentStatus.ACCEPTED])
def test_no_page_shows_the_service_what_is_being_rewritten(app, client_for, rewritten, run_outbox, role, state):
    run_outbox()
    reader = make_account(role)
    assigned = make_account(Role.REVIEWER) if role is not Role.REVIEWER else reader
    assignment = make_assignment(loaded(rewritten), assigned, state)
    meeting = make_session(rewritten.call, rewritten)
    client, opened, leaks = client_for(reader), 0, []
    for url in addresses(app, loaded(rewritten), assignment, meeting):
        answer = client.get(url, follow_redirects=True)
        opened += answer.status_code == 200
        leaks += [(url, secret) for secret in SECRETS if secret in text_of_any(answer)]

    assert leaks == []
    assert opened > 5


def text_of_any(answer):
    return answer.get_data().decode(errors="replace")


def test_the_team_its_focal_point_and_the_auditor_read_on(client_for, rewritten, lead):
    focal_point = make_account(Role.FOCAL_POINT, organisation=lead.organisation)
    for reader in (lead, focal_point, make_account(Role.AUDITOR)):
        page = text_of(client_for(reader).get(f"/dossiers/{rewritten.id}"))
        assert f"{SECRET} title" in page
        assert AMOUNT in page


def test_desk_shows_finds_and_sorts_by_what_was_submitted(client_for, rewritten):
    call = loaded(rewritten).call
    set_committed_value(call, "families", [make_family()])
    set_committed_value(call, "priority_actions", [])
    make_application(call=call, status=S.SUBMITTED, amount=50_000, title="Un autre dossier")
    client = client_for(make_account(Role.OFFICER))

    assert TITLE in text_of(client.get("/instruction?mots=Prolonger"))
    assert TITLE not in text_of(client.get("/instruction?mots=secret"))
    page = text_of(client.get("/instruction?tri=montant"))
    # 60 000 € submitted, 40 004 € being rewritten.
    assert page.index("Un autre dossier") < page.index(TITLE)


def test_dossier_page_shows_the_words_submitted(client_for, rewritten):
    page = text_of(client_for(make_account(Role.OFFICER)).get(address(rewritten)))

    assert f"<h1>{TITLE}</h1>" in page
    assert "1 200 ordinateurs portables" in page
    assert "60\u202f000\u00a0€" in page


def test_reviewer_lists_and_searches_what_was_submitted(client_for, rewritten):
    reviewer = make_account(Role.REVIEWER)
    make_assignment(rewritten, reviewer)
    client = client_for(reviewer)

    assert TITLE in text_of(client.get("/evaluations?mots=ordinateurs"))
    assert TITLE not in text_of(client.get("/evaluations?mots=secret"))
    assert TITLE in text_of(client.get("/tableau-de-bord"))
    assert SECRET not in text_of(client.get("/tableau-de-bord"))


def test_a_reviewer_has_the_grid_of_what_was_submitted(rewritten, client_for):
    reviewer = make_account(Role.REVIEWER)
    assignment = make_assignment(rewritten, reviewer, AssignmentStatus.ACCEPTED)

    written = evaluations.written_by(reviewer, assignment.id)

    assert written.assignment.application.submitted_digital is False


def test_the_history_of_the_service_leaves_out_what_the_team_writes(client_for, rewritten, lead):
    officer = client_for(make_account(Role.OFFICER))
    for url in (address(rewritten, "/historique"), f"/dossiers/{rewritten.id}/historique"):
        page = text_of(officer.get(url))
        assert "Compléments demandés" in page
        assert "Pièce remplacée" not in page
    assert "Pièce remplacée" in text_of(client_for(lead).get(f"/dossiers/{rewritten.id}/historique"))


def test_the_history_tells_all_once_complements_are_handed_in(client_for, rewritten, lead):
    request = db.session.scalars(sa.select(ChangeRequest)).one()
    request.answered_at = clock.now()
    dossier = loaded(rewritten)
    dossier.submitted_title, dossier.submitted_summary = dossier.title, dossier.summary
    dossier.submitted_cost, dossier.submitted_amount = dossier.total_cost, dossier.amount_requested
    dossier.submitted_digital = dossier.is_digital_service
    db.session.execute(sa.update(type(dossier)).values(status=S.SUBMITTED))

    page = text_of(client_for(make_account(Role.OFFICER)).get(address(rewritten, "/historique")))

    assert "Pièce remplacée" in page


@pytest.mark.parametrize("role", [Role.OFFICER, Role.ADMIN, Role.FINANCE])
def test_an_archive_of_the_service_holds_what_was_submitted(rewritten, role):
    reader = make_account(role)
    dossier = queries.one_for(reader, rewritten.id)
    with exports.made(ExportKind.ARCHIVE, dossier, reader, at=clock.now()) as made:
        archive = zipfile.ZipFile(io.BytesIO(made.file.read()))

    assert [name for name in archive.namelist() if name.startswith("pieces/")] == ["pieces/01-lettre.pdf"]
    assert SECRET not in archive.read("journal.txt").decode()
    assert SECRET not in archive.read("journal.csv").decode("utf-8-sig")


def test_mails_and_the_journal_of_mails_name_the_title_submitted(rewritten, run_outbox, at):
    officer = make_account(Role.OFFICER)
    with unit_of_work():
        until = clock.today() + dt.timedelta(days=30)
        complements.extend(loaded(rewritten), until, "Un mois de plus.", actor=officer)
    run_outbox()

    written = db.session.scalars(sa.select(Email)).all()

    assert {email.notice for email in written} >= {"changes_extended", "application_received"}
    assert [email.notice for email in written if SECRET in email.subject + email.text_body] == []
    staff = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.audience == Audience.STAFF)).all()
    assert [entry.action for entry in staff if SECRET in str(entry.facts)] == []


@pytest.mark.parametrize("ending", ["withdraw", "close", "cancel"])
def test_nothing_of_it_comes_out_when_the_request_ends_otherwise(app, client_for, rewritten, lead, ending):
    officer = make_account(Role.OFFICER)
    with unit_of_work():
        if ending == "withdraw":
            submission.withdraw(loaded(rewritten), "Abandon.", actor=lead)
        elif ending == "cancel":
            complements.cancel(loaded(rewritten), "Erreur.", actor=officer)
        else:
            eligibility.close_without_follow_up(loaded(rewritten), "Sans réponse.", actor=officer)
    client = client_for(officer)
    assignment = make_assignment(loaded(rewritten))
    meeting = make_session(rewritten.call)
    leaks = []
    for url in addresses(app, loaded(rewritten), assignment, meeting):
        page = text_of_any(client.get(url, follow_redirects=True))
        # Names of files added and taken out are in the history, as for a draft.
        leaks += [(url, secret) for secret in SECRETS if secret in page and "/historique" not in url]

    assert [leak for leak in leaks if not leak[0].endswith(str(rewritten.id))] == []


def test_the_board_asks_as_many_statements_whatever_is_being_rewritten(rewritten, client_for, statements):
    officer = make_account(Role.OFFICER)
    wanted = desk.Wanted(order="delai", delay=desk.Delay.SUSPENDED)
    statements.clear()
    counts = desk.counts(officer, wanted)
    found = desk.board(officer, wanted, counts.matching(wanted), 1)

    assert [row.title for row in found.items] == [TITLE]
    assert len(statements) == 2
