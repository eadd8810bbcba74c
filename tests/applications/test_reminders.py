"""Teams are told once that their call closes soon; nobody who has submitted is told anything."""

import datetime as dt

import pytest

from guichet.accounts.models import Role
from guichet.applications import tasks
from guichet.applications.models import Application, ApplicationStatus
from guichet.applications.services import reminders
from guichet.audit import queries as audit
from guichet.calls.models import CallStatus
from guichet.core import clock
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call

S = ApplicationStatus
HOUR = dt.timedelta(hours=1)


def closing_in(hours: float, status: ApplicationStatus = S.DRAFT) -> Application:
    return make_application(call=make_call(closes_at=clock.now() + hours * HOUR), status=status)


def remind() -> int:
    with unit_of_work():
        return reminders.remind_drafts()


def test_remind_tells_each_team_once(session, owed):
    draft = closing_in(71)

    assert [remind(), remind()] == [1, 0]

    assert owed() == [("DraftDeadlineNear", "notify")]
    db.session.expire_all()
    assert draft.reminded_at is not None
    assert [entry.action for entry in audit.history_of(draft)] == ["application.remind"]


@pytest.mark.parametrize("status", ApplicationStatus)
def test_remind_leaves_alone_who_has_submitted(session, owed, status):
    closing_in(24, status)

    assert remind() == (1 if status in {S.DRAFT, S.AWAITING_ENDORSEMENT} else 0)


@pytest.mark.parametrize(
    ("hours", "status", "told"),
    [
        (72, CallStatus.OPEN, 1),
        (72.01, CallStatus.OPEN, 0),
        (0.01, CallStatus.OPEN, 1),
        (-0.01, CallStatus.OPEN, 0),
        (24, CallStatus.CLOSED, 0),
        (24, CallStatus.PUBLISHED, 0),
    ],
)
def test_remind_is_for_the_last_72_hours_of_an_open_call(session, at, hours, status, told):
    at(dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC))
    make_application(call=make_call(status=status, closes_at=clock.now() + hours * HOUR))

    assert remind() == told


def test_remind_tells_again_when_the_closing_is_put_back(session, at):
    start = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)
    with clock.travel_to(start):
        draft = closing_in(48)
        assert remind() == 1
        draft.call.closes_at = start + 30 * 24 * HOUR
        assert remind() == 0
    at(start + 28 * 24 * HOUR)

    assert [remind(), remind()] == [1, 0]


def test_remind_disturbs_nobody_who_writes(session):
    draft = closing_in(24)
    version = draft.version

    remind()

    db.session.expire_all()
    assert (draft.version, draft.status) == (version, S.DRAFT)


def test_the_task_goes_through_all_batches(session, owed, monkeypatch):
    monkeypatch.setattr(reminders, "BATCH", 2)
    call, lead = make_call(closes_at=clock.now() + HOUR), make_account(Role.APPLICANT)
    for _ in range(5):
        make_application(call=call, lead=lead)

    tasks.remind_drafts()

    assert len(owed()) == 5
