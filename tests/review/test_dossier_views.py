"""The dossier as staff see it: who reads it, what it shows, what it offers."""

import io
import uuid

import pytest

from guichet.accounts.models import Account, Role
from guichet.applications import frozen
from guichet.applications.models import (
    Application,
    ApplicationStatus,
    ApplicationVersion,
    Attachment,
    ChangeRequest,
    Recusal,
)
from guichet.core import clock
from guichet.core.db import db
from guichet.documents import services as documents
from guichet.review.models import AssignmentStatus, DecisionStatus, EligibilityDecision, Outcome
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call
from tests.factories.committee import make_decision, make_session
from tests.factories.files import PDF
from tests.factories.review import make_assignment
from tests.review.pages import address, buttons, page_of, status_of, text_of

S = ApplicationStatus
A = AssignmentStatus
CONTENT = "Un atelier, un guide, un tableau de suivi."


# Reading

READERS = {Role.OFFICER: 200, Role.ADMIN: 200, Role.AUDITOR: 200}


@pytest.mark.parametrize("rest", ["", "/contenu", "/historique"])
@pytest.mark.parametrize("role", list(Role))
def test_dossier_is_read_by_staff_only(client_for, role, rest):
    application = make_application(status=S.SUBMITTED)

    assert client_for(make_account(role)).get(address(application, rest)).status_code == READERS.get(role, 403)


@pytest.mark.parametrize("rest", ["", "/contenu", "/historique", "/recevabilite", "/evaluateurs"])
@pytest.mark.parametrize("status", [S.DRAFT, S.AWAITING_ENDORSEMENT])
def test_a_draft_does_not_exist_for_staff(client_for, status, rest):
    application = make_application(status=status)

    assert client_for(make_account(Role.OFFICER)).get(address(application, rest)).status_code == 404


def officer_of_the_ministry(application: Application) -> Account:
    return make_account(Role.OFFICER, organisation=application.organisation)


def officer_of_another_call(_application: Application) -> Account:
    return make_account(Role.OFFICER, call_id=make_call().id)


def recused_officer(application: Application) -> Account:
    officer = make_account(Role.OFFICER)
    db.session.add(Recusal(application_id=application.id, account_id=officer.id, reason="Parenté"))
    return officer


PAGES = [
    "",
    "/contenu",
    "/historique",
    f"/pieces/{uuid.UUID(int=4)}",
    "/recevabilite",
    "/reouverture",
    "/classement",
    "/complements",
    "/evaluateurs",
    "/cloture-evaluation",
    f"/evaluations/{uuid.UUID(int=4)}",
]
POSTS = [*PAGES[4:10], f"/evaluateurs/{uuid.UUID(int=4)}/retrait", "/reprise-evaluation"]


@pytest.mark.parametrize("somebody", [officer_of_the_ministry, officer_of_another_call, recused_officer])
@pytest.mark.parametrize("rest", PAGES)
def test_dossier_does_not_exist_for_an_officer_who_may_not_see_it(client_for, somebody, rest):
    application = make_application(status=S.SUBMITTED)

    assert client_for(somebody(application)).get(address(application, rest)).status_code == 404


@pytest.mark.parametrize("somebody", [officer_of_the_ministry, officer_of_another_call, recused_officer])
@pytest.mark.parametrize("rest", POSTS)
def test_a_forged_post_changes_nothing_of_it(client_for, somebody, rest):
    application = make_application(status=S.SUBMITTED)
    client = client_for(somebody(application))

    assert client.send(address(application, rest), {"answer": "eligible"}, form_at="/mon-compte").status_code == 404
    assert status_of(application) is S.SUBMITTED


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OFFICER])
@pytest.mark.parametrize("rest", POSTS)
def test_other_roles_change_nothing(client_for, role, rest):
    application = make_application(status=S.SUBMITTED)
    client = client_for(make_account(role))

    assert client.send(address(application, rest), {"answer": "eligible"}, form_at="/mon-compte").status_code == 403
    assert status_of(application) is S.SUBMITTED


def test_an_auditor_who_is_officer_of_another_call_reads_and_changes_nothing(client_for):
    application = make_application(status=S.SUBMITTED)
    person = make_account(Role.AUDITOR)
    person.grants.extend(make_account(Role.OFFICER, call_id=make_call().id).grants)
    client = client_for(person)

    page = client.get(address(application))

    assert page.status_code == 200
    assert buttons(text_of(page)) == set()
    for rest in ("/recevabilite", "/complements", "/evaluateurs"):
        assert client.get(address(application, rest)).status_code == 403
        assert client.send(address(application, rest), form_at="/mon-compte").status_code == 403


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AUDITOR])
@pytest.mark.parametrize("status", [S.SUBMITTED, S.ELIGIBLE, S.UNDER_REVIEW, S.INELIGIBLE])
def test_those_who_only_read_have_no_button(client_for, role, status):
    application = make_application(status=status)
    make_assignment(application)

    page = text_of(client_for(make_account(role)).get(address(application)))

    assert buttons(page) == set()
    assert "Retirer" not in page


OFFERED = {
    S.SUBMITTED: {"Décider de la recevabilité", "Demander des compléments", "Classer sans suite"},
    S.CHANGES_REQUESTED: {
        "Prolonger le délai des compléments",
        "Annuler la demande de compléments",
        "Classer sans suite",
    },
    S.ELIGIBLE: {"Désigner des évaluateurs"},
    S.INELIGIBLE: {"Rouvrir la recevabilité"},
    S.UNDER_REVIEW: {"Désigner des évaluateurs", "Clore l’évaluation", "Demander des compléments"},
    **{status: {"Voir les séances"} for status in (S.REVIEWED, S.WAITLISTED, S.DEFERRED, S.REJECTED)},
}


@pytest.mark.parametrize("status", [status for status in S if status not in {S.DRAFT, S.AWAITING_ENDORSEMENT}])
def test_the_officer_is_offered_the_steps_of_the_status(client_for, status):
    application = make_application(status=status)

    page = text_of(client_for(make_account(Role.OFFICER)).get(address(application)))

    assert buttons(page) == OFFERED.get(status, set())


def test_dossier_shows_what_was_decided_asked_and_answered(client_for, session):
    officer = make_account(Role.OFFICER, full_name="Dominique Instruit")
    application = make_application(status=S.UNDER_REVIEW)
    now = clock.now()
    session.add_all(
        [
            EligibilityDecision(
                application_id=application.id,
                eligible=True,
                reason="Tout y est.",
                decided_by_id=officer.id,
                decided_at=now,
            ),
            ChangeRequest(
                application_id=application.id,
                sections=["budget"],
                message="Détaillez l’outillage.",
                due_on=clock.today(),
                requested_by_id=officer.id,
                answered_at=now,
            ),
        ]
    )
    make_assignment(application, make_account(Role.REVIEWER, full_name="Alix Remis"), A.COMPLETED)
    make_assignment(application, make_account(Role.REVIEWER, full_name="Lou Décline"), A.DECLINED)

    page = text_of(client_for(officer).get(address(application)))

    for words in (
        "Tout y est.",
        "Dominique Instruit",
        "Détaillez l’outillage.",
        "Alix Remis",
        "75",
        "Favorable",
        "Lou Décline",
        "Ancienne collègue du porteur.",
        "1 évaluation sur 2",
    ):
        assert words in page, words


def test_content_shows_the_whole_dossier(client_for):
    application = make_application(status=S.SUBMITTED)

    assert CONTENT in text_of(client_for(make_account(Role.AUDITOR)).get(address(application, "/contenu")))


def test_an_opinion_is_read_once_submitted(client_for):
    application = make_application(status=S.UNDER_REVIEW)
    done, at_work = make_assignment(application, status=A.COMPLETED), make_assignment(application, status=A.ACCEPTED)
    elsewhere = make_assignment(status=A.COMPLETED)
    client = client_for(make_account(Role.OFFICER))

    page = client.get(address(application, f"/evaluations/{done.id}"))

    assert page.status_code == 200
    assert "Bien étayé." in text_of(page)
    assert client.get(address(application, f"/evaluations/{at_work.id}")).status_code == 404
    assert client.get(address(application, f"/evaluations/{elsewhere.id}")).status_code == 404


def decide(application: Application, status: DecisionStatus, reason: str) -> None:
    session = make_session(application.call, application)
    make_decision(application, session, Outcome.REJECTED, status, reason=reason)


@pytest.mark.parametrize(("role", "shown"), [(Role.OFFICER, True), (Role.AUDITOR, True), (Role.ADMIN, False)])
def test_a_prepared_decision_is_for_the_secretariat(client_for, role, shown):
    application = make_application(status=S.REVIEWED)
    decide(application, DecisionStatus.PREPARED, "Impact trop faible.")

    page = text_of(client_for(make_account(role)).get(address(application)))

    assert ("Impact trop faible." in page) is shown


@pytest.mark.parametrize("role", [Role.OFFICER, Role.AUDITOR, Role.ADMIN])
def test_a_published_decision_is_for_all_staff_and_a_cancelled_one_for_nobody(client_for, role):
    application = make_application(status=S.REVIEWED)
    decide(application, DecisionStatus.CANCELLED, "Erreur de saisie.")
    decide(application, DecisionStatus.PUBLISHED, "Impact trop faible.")

    page = text_of(client_for(make_account(role)).get(address(application)))

    assert "Impact trop faible." in page
    assert "Erreur de saisie." not in page


def submit_version(application: Application) -> ApplicationVersion:
    """Freeze the dossier as a submission does."""
    now, lead = clock.now(), application.team[0].account
    content = frozen.content_of(application, number=1, at=now, by=lead)
    version = ApplicationVersion(
        application_id=application.id,
        number=1,
        submitted_at=now,
        submitted_by_id=lead.id,
        content=content,
        sha256=frozen.sha256_of(content),
    )
    db.session.add(version)
    db.session.flush()
    return version


@pytest.fixture
def rewritten(session) -> tuple[Application, Attachment, Attachment]:
    """A dossier whose team is writing complements: one file was submitted then removed, another is new."""
    application = make_application(status=S.CHANGES_REQUESTED, problem="Ce qui fut déposé.")
    submitted = keep_file(application)
    session.refresh(application, attribute_names=["attachments"])
    session.refresh(submitted, attribute_names=["document", "kind"])
    submit_version(application)
    application.problem = "Ce que l’équipe réécrit."
    submitted.removed_at = clock.now()
    return application, submitted, keep_file(application)


@pytest.mark.parametrize("who", ["officer", "reviewer"])
def test_what_the_team_is_rewriting_is_not_read_outside(client_for, rewritten, who):
    application, submitted, new = rewritten
    if who == "reviewer":
        assignment = make_assignment(application, status=A.ACCEPTED)
        client, url, files = client_for(assignment.reviewer), page_of(assignment), page_of(assignment, "/pieces")
    else:
        client, url, files = (
            client_for(make_account(Role.OFFICER)),
            address(application, "/contenu"),
            address(application, "/pieces"),
        )
    kept, hidden = f"{files}/{submitted.id}", f"{files}/{new.id}"

    page = text_of(client.get(url))

    assert "Vous lisez la version 1" in page
    assert "Ce qui fut déposé." in page
    assert "Ce que l’équipe réécrit." not in page
    assert f'href="{kept}"' in page
    answer = client.get(kept)
    answer.close()
    assert answer.status_code == 200
    assert client.get(hidden).status_code == 404


def test_dossier_leads_to_its_versions(client_for):
    application = make_application(status=S.SUBMITTED)
    application.attachments = []
    submit_version(application)
    client = client_for(make_account(Role.OFFICER))

    page = text_of(client.get(address(application)))

    assert f'href="/dossiers/{application.id}/versions/1"' in page
    assert client.get(f"/dossiers/{application.id}/versions/1").status_code == 200


# Files


def keep_file(application: Application) -> Attachment:
    document = documents.store(io.BytesIO(PDF), name="lettre.pdf", actor=application.team[0].account)
    db.session.flush()
    kept = Attachment(application_id=application.id, document_id=document.id)
    db.session.add(kept)
    db.session.flush()
    return kept


@pytest.fixture
def piece(session) -> Attachment:
    return keep_file(make_application(status=S.UNDER_REVIEW))


def test_staff_download_a_piece(client_for, piece):
    url = f"/instruction/dossiers/{piece.application_id}/pieces/{piece.id}"
    for role in READERS:
        answer = client_for(make_account(role)).get(url)
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"].startswith("attachment")
        answer.close()


def test_a_piece_is_reached_through_its_own_dossier(client_for, piece):
    other = make_application(status=S.SUBMITTED)

    assert client_for(make_account(Role.OFFICER)).get(address(other, f"/pieces/{piece.id}")).status_code == 404


def test_a_removed_piece_is_gone(client_for, piece):
    piece.removed_at = clock.now()
    url = f"/instruction/dossiers/{piece.application_id}/pieces/{piece.id}"

    assert client_for(make_account(Role.OFFICER)).get(url).status_code == 404


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (A.ASSIGNED, 403),
        (A.ACCEPTED, 200),
        (A.COMPLETED, 200),
        (A.DECLINED, 403),
        (A.CONFLICT, 404),
        (A.CANCELLED, 404),
    ],
)
def test_a_reviewer_downloads_a_piece_once_she_has_declared_no_conflict(client_for, status, code):
    assignment = make_assignment(status=status)
    piece = keep_file(assignment.application)

    answer = client_for(assignment.reviewer).get(f"/evaluations/{assignment.id}/pieces/{piece.id}")
    answer.close()

    assert answer.status_code == code


# Cost


@pytest.mark.parametrize(
    ("rest", "most"), [("", 12), ("/contenu", 12), ("/historique", 8), ("/evaluateurs", 10), ("/recevabilite", 6)]
)
def test_pages_of_a_dossier_cost_few_statements(client_for, statements, rest, most):
    status = {"/recevabilite": S.SUBMITTED}.get(rest, S.UNDER_REVIEW)
    application = make_application(status=status)
    for kind in (A.COMPLETED, A.COMPLETED, A.ACCEPTED, A.DECLINED):
        make_assignment(application, status=kind)
    client = client_for(make_account(Role.OFFICER))
    db.session.commit()
    db.session.expire_all()
    statements.clear()

    assert client.get(address(application, rest)).status_code == 200

    assert len(statements) <= most, "\n".join(statements)
