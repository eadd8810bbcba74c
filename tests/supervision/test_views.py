"""The pages of those who watch: what waits, what failed, who did what."""

import datetime as dt
import uuid

import pytest

from guichet.accounts.models import Role
from guichet.audit import services as audit
from guichet.audit.models import Audience
from guichet.core import clock
from guichet.core.db import db
from guichet.documents.models import Document, ScanState, StorageFault
from guichet.notifications.models import Email, EmailStatus
from guichet.outbox.models import MessageStatus, OutboxMessage
from tests.factories.accounts import make_account
from tests.factories.calls import make_call

PAGES = (
    "/supervision",
    "/supervision/messages",
    "/supervision/courriels",
    "/supervision/journal",
    "/supervision/fichiers",
)


@pytest.fixture
def admin(session):
    return make_account(Role.ADMIN)


def make_message(status=MessageStatus.DEAD, **columns):
    message = OutboxMessage(
        event_id=uuid.uuid4(), kind="DecisionPublished", handler="notify", payload={}, status=status
    )
    for name, value in columns.items():
        setattr(message, name, value)
    db.session.add(message)
    db.session.flush()
    return message


def make_email(status=EmailStatus.FAILED, **columns):
    texts = {"subject": "Votre mot de passe a changé", "text_body": "Bonjour,", "html_body": "<p>Bonjour,</p>"}
    columns = {"notice": "password_changed", **texts, **columns}
    email = Email(
        key=uuid.uuid4().hex,
        recipient_name="Lou Agente",
        recipient_email="lou@ministere.example",
        status=status,
        sent_at=clock.now() if status is EmailStatus.SENT else None,
        **columns,
    )
    db.session.add(email)
    db.session.flush()
    return email


@pytest.mark.parametrize("url", PAGES)
@pytest.mark.parametrize("role", list(Role))
def test_only_administrators_and_auditors_read(client_for, role, url):
    expected = 200 if role in {Role.ADMIN, Role.AUDITOR} else 403

    assert client_for(make_account(role)).get(url).status_code == expected


@pytest.mark.parametrize("url", PAGES)
def test_pages_cost_few_statements(client_for, admin, statements, url):
    for _ in range(30):
        make_message()
        make_email()
    client = client_for(admin)
    statements.clear()

    assert client.get(url).status_code == 200
    assert len(statements) <= 5


def test_overview_says_that_all_is_well(client_for, admin):
    assert "Tout part à l’heure" in client_for(admin).get("/supervision").text


def test_overview_says_what_failed(client_for, admin):
    make_message()

    assert "Des envois sont en échec" in client_for(admin).get("/supervision").text


def test_overview_says_what_is_late(client_for, admin):
    make_message(MessageStatus.PENDING, created_at=clock.now() - dt.timedelta(minutes=5))

    page = client_for(admin)
    assert "Des envois sont en retard" in page.get("/supervision").text
    assert "DecisionPublished" in page.get("/supervision/messages").text


def test_retry_puts_a_dead_message_back_once(client_for, admin):
    message = make_message(attempts=8, last_error="SMTP")
    client = client_for(admin)

    answer = client.send(f"/supervision/messages/{message.id}/relance", form_at="/supervision/messages?etat=dead")

    assert answer.status_code == 303
    assert (message.status, message.attempts) == (MessageStatus.PENDING, 0)
    assert "Le message est relancé." in client.get("/supervision/messages").text


def test_retry_of_a_message_that_is_not_dead_says_so(client_for, admin):
    make_message()
    done = make_message(MessageStatus.DONE, done_at=clock.now())
    client = client_for(admin)
    client.send(f"/supervision/messages/{done.id}/relance", form_at="/supervision/messages?etat=dead")

    assert "rien à relancer" in client.get("/supervision/messages").text
    assert done.status is MessageStatus.DONE


def test_an_auditor_changes_nothing(client_for, session):
    message = make_message()
    client = client_for(make_account(Role.AUDITOR))

    assert client.post(f"/supervision/messages/{message.id}/relance").status_code == 403
    assert message.status is MessageStatus.DEAD


def test_resend_puts_a_failed_email_back(client_for, admin):
    email = make_email()
    client = client_for(admin)
    url = f"/supervision/courriels/{email.id}"

    assert client.send(f"{url}/renvoi", form_at=url).status_code == 303
    assert email.status is EmailStatus.QUEUED


def test_a_one_time_link_is_shown_to_nobody(client_for, admin):
    email = make_email(EmailStatus.QUEUED, notice="password_reset", text_body="https://x/nouveau-mot-de-passe/SECRET")

    page = client_for(admin).get(f"/supervision/courriels/{email.id}").text

    assert "SECRET" not in page
    assert "lien à usage unique" in page


def test_emails_are_found_by_recipient_and_by_state(client_for, admin):
    make_email(EmailStatus.SENT, subject="Décision publiée")
    make_email(EmailStatus.FAILED, subject="Compléments demandés")
    client = client_for(admin)

    sent = client.get("/supervision/courriels?etat=sent&mots=lou").text
    assert "Décision publiée" in sent
    assert "Compléments demandés" not in sent
    assert "Aucun courriel ici" in client.get("/supervision/courriels?mots=personne").text


@pytest.mark.parametrize(
    "query", ["etat=inconnu", "page=-3", "page=99999999999999999999", "mots=%25_%00", "depuis=jamais"]
)
def test_forged_filters_break_nothing(client_for, admin, query):
    client = client_for(admin)

    assert {client.get(f"{url}?{query}").status_code for url in PAGES} == {200}


def test_journal_is_searched_by_person_action_and_day(client_for, admin, at):
    audit.record(make_account(full_name="Dominique Traçable"), "call.publish", admin)
    client = client_for(admin)

    found = client.get(f"/supervision/journal?mots=traçable&action=call&depuis={clock.today()}&jusque={clock.today()}")
    assert "call.publish" in found.text
    assert "Aucune ligne" in client.get("/supervision/journal?mots=traçable&depuis=2099-01-01").text


SECRETS = (
    ("decision.prepare", "decision", Audience.STAFF, {"amount": "41237.00"}),
    ("assignment.complete", "assignment", Audience.STAFF, {"mean": "41237.00"}),
    ("assignment.declare_conflict", "assignment", Audience.STAFF, {"reason": "41237.00"}),
    ("committee_session.place", "committee_session", Audience.STAFF, {"dossiers": ["41237.00"]}),
    ("application.note", "application", Audience.STAFF, {"note": "41237.00"}),
    ("novelty.happen", "novelty", Audience.STAFF, {"fact": "41237.00"}),
)


@pytest.mark.parametrize(("roles", "told"), [((Role.ADMIN,), False), ((Role.AUDITOR,), True), (tuple(Role), True)])
@pytest.mark.parametrize(("action", "subject_type", "audience", "facts"), SECRETS)
def test_what_is_for_the_secretariat_is_told_to_auditors_alone(
    client_for, session, roles, told, action, subject_type, audience, facts
):
    audit.record_by_id(None, action, subject_type, uuid.uuid4(), audience=audience, **facts)

    page = client_for(make_account(*roles)).get("/supervision/journal").text

    assert action in page
    assert ("41237" in page) is told
    assert ("Réservé à l’instruction" in page) is not told


@pytest.mark.parametrize(
    ("subject_type", "audience"),
    [("application", Audience.TEAM), ("account", Audience.STAFF), ("call", Audience.STAFF)],
)
def test_administrators_read_what_they_run_and_what_teams_read(client_for, admin, subject_type, audience):
    audit.record_by_id(None, "thing.happen", subject_type, uuid.uuid4(), audience=audience, fact="41237")

    assert "41237" in client_for(admin).get("/supervision/journal").text


def test_a_day_of_the_journal_is_a_day_in_paris(client_for, admin, at):
    client = client_for(admin)
    for action, moment in (("call.before", "2026-07-13T21:59:59Z"), ("call.during", "2026-07-13T22:00:00Z")):
        at(dt.datetime.fromisoformat(moment))
        audit.record(None, action, admin)
        db.session.commit()

    page = client.get("/supervision/journal?action=call&depuis=2026-07-14&jusque=2026-07-14").text

    assert "call.during" in page
    assert "call.before" not in page


@pytest.mark.parametrize("url", ["/supervision/courriels/{}"])
def test_an_unknown_thing_is_not_found(client_for, admin, url):
    assert client_for(admin).get(url.format(uuid.uuid4())).status_code == 404


@pytest.mark.parametrize("url", PAGES)
def test_pages_refuse_an_auditor_of_one_call_since_they_tell_of_all(client_for, url):
    auditor = make_account(Role.AUDITOR, call_id=make_call().id)

    assert client_for(auditor).get(url).status_code == 403


def test_files_in_trouble_are_named_by_their_identifier_and_counted(client_for, admin):
    kinds = [{"fault": StorageFault.MISSING}, {"scan_state": ScanState.INFECTED, "scan_finding": "Eicar"}, {}]
    documents = [Document(name="secret.pdf", media_type="application/pdf", size=1, sha256="a" * 64, **k) for k in kinds]
    db.session.add_all(documents)
    db.session.flush()
    client = client_for(admin)

    page = client.get("/supervision/fichiers").text

    assert "Absent du stockage" in page
    assert "Eicar" in page
    assert [str(document.id) in page for document in documents] == [True, True, False]
    assert "secret.pdf" not in page
    assert "Fichiers endommagés" in client.get("/supervision").text


def test_no_file_in_trouble_says_so(client_for, admin):
    assert "Aucun fichier à surveiller" in client_for(admin).get("/supervision/fichiers").text
