"""From an event to what arrives: who is told, once, in which words."""

import datetime as dt
import uuid

import pytest

from guichet.accounts.models import Role
from guichet.applications.events import ApplicationSubmitted, DraftDeadlineNear, EndorsementRequested
from guichet.applications.models import ApplicationStatus, ApplicationVersion, Recusal
from guichet.audit import queries as audit
from guichet.audit.models import Audience
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.notifications import handlers, services
from guichet.notifications.models import Email, EmailStatus
from guichet.notifications.smtp import Mailer
from tests.factories.accounts import make_account
from tests.factories.applications import hand_in, make_application
from tests.factories.calls import make_call
from tests.sink import Sink


@pytest.fixture
def sink():
    with Sink() as sink:
        yield sink


@pytest.fixture
def mailer(sink):
    mailer = Mailer(sink.url, "Guichet <ne-pas-repondre@guichet.example>")
    yield mailer
    mailer.close()


@pytest.fixture
def submitted(session):
    """A submitted dossier with its lead, the focal point of the ministry and the officer of the call."""
    lead = make_account(Role.APPLICANT, full_name="Lou Porteuse")
    make_account(Role.FOCAL_POINT, organisation=lead.organisation, full_name="Réf Érent")
    make_account(Role.OFFICER, full_name="Ofi Cière")
    application = make_application(lead=lead, status=ApplicationStatus.SUBMITTED)
    db.session.add(
        ApplicationVersion(
            application_id=application.id,
            number=1,
            submitted_at=clock.now(),
            submitted_by_id=lead.id,
            content={},
            sha256="0" * 64,
        )
    )
    db.session.flush()
    return application


def submission_of(application):
    return ApplicationSubmitted(application_id=application.id, version_number=1)


def notify(event):
    """As the outbox does it: in a transaction of its own."""
    with unit_of_work():
        handlers.notify(event)


def emails():
    return {email.recipient_name: email for email in db.session.query(Email)}


def test_notify_writes_to_the_team_the_focal_point_and_the_officer(submitted):
    notify(submission_of(submitted))

    found = emails()
    assert {name: email.notice for name, email in found.items()} == {
        "Lou Porteuse": "application_submitted",
        "Réf Érent": "application_submitted",
        "Ofi Cière": "application_received",
    }
    receipt = found["Lou Porteuse"]
    assert receipt.subject.startswith(f"[{submitted.reference}]")
    assert "Prolonger la vie des ordinateurs" in receipt.text_body
    assert f"http://localhost/dossiers/{submitted.id}" in receipt.text_body
    assert f'href="http://localhost/dossiers/{submitted.id}"' in receipt.html_body
    assert "\n\n\n" not in receipt.text_body


def test_notify_twice_for_one_event_is_refused_by_the_database(submitted):
    event = submission_of(submitted)
    notify(event)

    with pytest.raises(Exception, match="uq_email_key"):
        notify(event)


def test_notify_does_not_write_to_a_recused_officer(submitted):
    officer = make_account(Role.OFFICER, full_name="Con Flit")
    db.session.add(Recusal(application_id=submitted.id, account_id=officer.id, reason="Parenté"))

    notify(submission_of(submitted))

    assert "Con Flit" not in emails()


def test_notify_does_not_write_to_an_officer_of_the_carrying_ministry(submitted):
    make_account(Role.OFFICER, full_name="Mê Maison", organisation=submitted.organisation)

    notify(submission_of(submitted))

    assert "Mê Maison" not in emails()


def test_notify_says_until_when_an_endorsement_is_awaited(session):
    lead = make_account(Role.APPLICANT)
    make_account(Role.FOCAL_POINT, organisation=lead.organisation, full_name="Réf Érent")
    closes_at = dt.datetime(2027, 3, 31, 15, 0, tzinfo=dt.UTC)
    application = make_application(
        lead=lead, call=make_call(closes_at=closes_at), status=ApplicationStatus.AWAITING_ENDORSEMENT, complete=True
    )

    notify(EndorsementRequested(application_id=application.id))

    assert "31\u00a0mars\u00a02027 à\u00a017\u00a0h\u00a000 (heure de Paris)" in emails()["Réf Érent"].text_body


def test_send_queued_delivers_text_and_html_once_with_the_key_as_message_id(submitted, sink, mailer):
    notify(submission_of(submitted))

    assert services.send_queued(mailer) == 3
    assert services.send_queued(mailer) == 0

    assert len(sink.messages) == 3
    message = next(m for m in sink.messages if "Porteuse" in str(m["To"]))
    email = emails()["Lou Porteuse"]
    assert email.status is EmailStatus.SENT
    assert message["Message-ID"] == f"<{email.key}@guichet.example>"
    assert message.get_body(("plain",)).get_content().replace("\r\n", "\n") == email.text_body
    assert "<html" in message.get_body(("html",)).get_content()
    assert str(message["To"]) == "Lou Porteuse <" + email.recipient_email + ">"


def test_send_queued_traces_the_sending_on_the_timeline_of_the_dossier(submitted, sink, mailer):
    notify(submission_of(submitted))
    services.send_queued(mailer)

    actions = [(e.action, e.facts["recipient"]) for e in audit.history_of(submitted, Audience.TEAM)]
    assert sorted(actions) == [
        ("email.queued", "Lou Porteuse"),
        ("email.queued", "Réf Érent"),
        ("email.sent", "Lou Porteuse"),
        ("email.sent", "Réf Érent"),
    ]


def test_send_queued_waits_without_counting_attempts_while_the_server_is_away(submitted, sink, mailer, at):
    notify(submission_of(submitted))
    sink.stop()

    assert services.send_queued(mailer) == 0
    assert {(e.status, e.attempts) for e in emails().values()} == {(EmailStatus.QUEUED, 0)}

    sink.start()
    at(clock.now() + dt.timedelta(minutes=1))
    assert services.send_queued(mailer) == 3
    assert len(sink.messages) == 3


def test_send_queued_backs_off_after_a_temporary_refusal_then_sends(submitted, sink, mailer, at):
    notify(submission_of(submitted))
    sink.answer = "451 Revenez plus tard"

    services.send_queued(mailer)

    assert {(e.status, e.attempts) for e in emails().values()} == {(EmailStatus.QUEUED, 1)}
    assert "451" in emails()["Lou Porteuse"].last_error
    assert services.send_queued(mailer) == 0, "not due before a minute"
    sink.answer = "250 OK"
    at(clock.now() + dt.timedelta(minutes=2))
    assert services.send_queued(mailer) == 3


def test_send_queued_gives_up_after_a_permanent_refusal_and_resend_tries_again(submitted, sink, mailer):
    notify(submission_of(submitted))
    sink.answer = "554 Refusé"
    services.send_queued(mailer)
    email = emails()["Lou Porteuse"]
    assert email.status is EmailStatus.FAILED

    sink.answer = "250 OK"
    services.send_queued(mailer)
    assert sink.messages == []
    with unit_of_work():
        services.resend(email, actor=make_account(Role.ADMIN))
    assert services.send_queued(mailer) == 1
    assert email.status is EmailStatus.SENT


def test_resend_refuses_an_email_that_did_not_fail(submitted):
    notify(submission_of(submitted))

    with pytest.raises(RuleBroken, match="pas en échec"), unit_of_work():
        services.resend(emails()["Lou Porteuse"], actor=make_account(Role.ADMIN))


def test_reminder_is_cancelled_for_a_dossier_submitted_between_queueing_and_sending(session, sink, mailer):
    application = make_application()
    notify(DraftDeadlineNear(application_id=application.id))
    hand_in(application, ApplicationStatus.WITHDRAWN)
    session.commit()

    services.send_queued(mailer)

    assert sink.messages == []
    assert [e.status for e in emails().values()] == [EmailStatus.CANCELLED]


def test_message_survives_quotes_accents_and_long_names(session, sink, mailer):
    lead = make_account(Role.APPLICANT, full_name='D’Été "L\'Œil" <b>&')
    application = make_application(lead=lead, title="« Œuvre » & <script>alert(1)</script> \u202etitre " + "long " * 30)
    notify(DraftDeadlineNear(application_id=application.id))

    assert services.send_queued(mailer) == 1

    html = sink.messages[0].get_body(("html",)).get_content()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "\n" not in str(sink.messages[0]["Subject"])


def test_a_draft_thrown_away_meanwhile_has_nobody_to_tell(session):
    notify(EndorsementRequested(application_id=uuid.uuid4()))

    assert emails() == {}


def test_an_email_that_cannot_be_written_fails_without_holding_the_others(submitted, mailer, sink):
    notify(submission_of(submitted))
    poisoned = emails()["Lou Porteuse"]
    poisoned.recipient_name = "Lou\nBcc: tous@ministere.example"
    poisoned.next_attempt_at = clock.now() - dt.timedelta(hours=1)
    db.session.commit()

    assert services.send_queued(mailer) == 2

    assert poisoned.status is EmailStatus.FAILED
    assert "ValueError" in poisoned.last_error
