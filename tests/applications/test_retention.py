"""A draft that was never handed in goes a year after its call closed: told first, judged again when it goes."""

import datetime as dt

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications.models import Application, ApplicationStatus
from guichet.applications.tasks import remove_old_drafts
from guichet.audit.models import AuditEntry
from guichet.calls.models import CallStatus
from guichet.core import clock
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from guichet.notifications import services
from guichet.notifications.models import Email
from guichet.notifications.smtp import Mailer
from tests.factories.accounts import make_account
from tests.factories.applications import hand_in, make_application
from tests.factories.calls import make_call
from tests.sink import Sink

S = ApplicationStatus
NOW = dt.datetime(2028, 6, 1, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture
def mailer():
    with Sink() as sink:
        mailer = Mailer(sink.url, "Guichet <ne-pas-repondre@guichet.example>")
        yield mailer
        mailer.close()


def old_draft(*, closed: int = 336, saved: int = 400, status: ApplicationStatus = S.DRAFT) -> Application:
    """A dossier whose call closed and that was written that many days before NOW."""
    closes_at = NOW - closed * DAY
    call = make_call(opens_at=closes_at - 60 * DAY, closes_at=closes_at, status=CallStatus.CLOSED)
    draft = make_application(call=call, status=status, saved_at=NOW - saved * DAY, title="Vieux brouillon")
    make_account(Role.FOCAL_POINT, organisation=draft.organisation)
    db.session.commit()
    return draft


def at_day(days: int) -> None:
    with clock.travel_to(NOW + days * DAY):
        remove_old_drafts.run()


def deliver(run_outbox, mailer, days: int) -> None:
    with clock.travel_to(NOW + days * DAY):
        run_outbox()
        services.send_queued(mailer)


def left() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(Application)) or 0


def actions() -> list[str]:
    rows = sa.select(AuditEntry.action).where(AuditEntry.action.startswith("application."))
    return list(db.session.scalars(rows.order_by(AuditEntry.number)))


@pytest.mark.parametrize("status", [S.DRAFT, S.AWAITING_ENDORSEMENT])
def test_an_old_draft_is_told_then_removed(session, run_outbox, mailer, status):
    old_draft(status=status)
    at_day(0)
    at_day(0)
    deliver(run_outbox, mailer, 0)

    emails = session.scalars(sa.select(Email)).all()
    assert len(emails) == 2
    assert {"1er\u00a0juillet\u00a02028" in email.text_body for email in emails} == {True}
    assert {"Vieux brouillon" in email.html_body for email in emails} == {True}
    at_day(29)
    assert left() == 1
    at_day(31)
    at_day(31)
    assert left() == 0
    assert actions() == ["application.announce-removal", "application.purge"]


@pytest.mark.parametrize("status", sorted(set(S) - {S.DRAFT, S.AWAITING_ENDORSEMENT}))
def test_what_was_submitted_is_never_touched(session, status):
    old_draft(closed=3000, saved=3000, status=status)
    at_day(0)
    at_day(31)

    assert left() == 1
    assert actions() == []


@pytest.mark.parametrize(("closed", "saved"), [(334, 400), (400, 334), (-5, 400)])
def test_nothing_is_announced_before_its_time(session, closed, saved):
    old_draft(closed=closed, saved=saved)
    at_day(0)

    assert actions() == []


def test_a_draft_whose_notice_did_not_leave_stays(session, run_outbox):
    old_draft()
    at_day(0)
    run_outbox()
    at_day(60)

    assert left() == 1


def change_the_closing(draft):
    draft.call.closes_at = NOW + 20 * DAY


def write_in_it(draft):
    draft.saved_at = NOW + 20 * DAY


def submit_it(draft):
    hand_in(draft)


@pytest.mark.parametrize("change", [change_the_closing, write_in_it, submit_it])
def test_what_changed_since_the_notice_is_judged_again(session, run_outbox, mailer, change):
    draft_id = old_draft().id
    at_day(0)
    deliver(run_outbox, mailer, 0)
    draft = session.scalars(
        sa.select(Application).where(Application.id == draft_id).options(sa.orm.joinedload(Application.call))
    ).one()
    with unit_of_work():
        change(draft)
    at_day(40)

    assert left() == 1
