"""Who may do what to a call, and the facts of its window."""

import datetime as dt

import pytest

from guichet.accounts.models import Role
from guichet.calls import policies
from guichet.calls.models import CallStatus
from guichet.core import clock
from tests.factories.accounts import make_account
from tests.factories.calls import make_call

S, R = CallStatus, Role
MANAGERS = {R.OFFICER, R.ADMIN}
LEDGER = {R.OFFICER, R.ADMIN, R.FINANCE, R.CHAIR, R.COMMITTEE, R.AUDITOR}

# policy -> roles that pass on a draft, roles that pass on an open call, roles that pass on an archived one
TABLE = {
    "can_manage": (MANAGERS, MANAGERS, MANAGERS),
    "can_edit": (MANAGERS, set(), set()),
    "can_follow": (MANAGERS | {R.FINANCE, R.AUDITOR},) * 3,
    "can_correct": (set(), MANAGERS, set()),
    "can_view": (MANAGERS | {R.AUDITOR}, set(R), set(R)),
    "can_see_ledger": (LEDGER,) * 3,
    "can_open_envelope": (MANAGERS | {R.FINANCE}, {R.FINANCE}, set()),
    "can_freeze": ({R.FINANCE}, {R.FINANCE}, set()),
}


@pytest.mark.parametrize("role", list(R))
@pytest.mark.parametrize("name", list(TABLE))
@pytest.mark.parametrize(("index", "status"), [(0, S.DRAFT), (1, S.OPEN), (2, S.ARCHIVED)])
def test_right_follows_role_and_status(session, role, name, index, status):
    call = make_call(status=status)

    assert getattr(policies, name)(make_account(role), call) is (role in TABLE[name][index])


@pytest.mark.parametrize("role", sorted(set(R) - {R.APPLICANT, R.FOCAL_POINT}))
@pytest.mark.parametrize("name", list(TABLE))
def test_right_on_one_call_is_none_on_another(session, role, name):
    call, other = make_call(status=S.DRAFT), make_call(status=S.DRAFT)
    actor = make_account(role, call_id=other.id)

    assert getattr(policies, name)(actor, call) is False
    assert getattr(policies, name)(actor, other) is (role in TABLE[name][0])


@pytest.mark.parametrize("role", list(R))
def test_call_is_created_by_who_holds_the_role_on_the_window(session, role):
    assert policies.can_create(make_account(role)) is (role in MANAGERS)
    if role not in {R.APPLICANT, R.FOCAL_POINT}:
        assert policies.can_create(make_account(role, call_id=make_call().id)) is False


def test_role_that_ended_gives_no_right(session):
    call, actor = make_call(), make_account(R.OFFICER)
    actor.grants[0].last_day = clock.today() - dt.timedelta(days=1)

    assert policies.can_manage(actor, call) is False


@pytest.mark.parametrize("status", list(S))
def test_visitor_sees_what_is_public(session, status):
    assert policies.can_view(None, make_call(status=status)) is (status is not S.DRAFT)


CLOSING = dt.datetime(2026, 12, 1, 17, tzinfo=dt.UTC)
OPENING = CLOSING - dt.timedelta(days=30)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (OPENING - dt.timedelta(microseconds=1), False),
        (OPENING, True),
        (CLOSING - dt.timedelta(microseconds=1), True),
        (CLOSING, False),
    ],
)
def test_window_ends_at_the_closing_instant_itself(session, at, expected):
    call = make_call(opens_at=OPENING, closes_at=CLOSING)

    assert policies.is_open(call, at=at) is expected


@pytest.mark.parametrize("status", sorted(set(S) - {S.OPEN}))
def test_window_is_open_only_in_the_open_status(session, status):
    call = make_call(status=status, opens_at=OPENING, closes_at=CLOSING)

    assert policies.is_open(call, at=OPENING) is False


@pytest.mark.parametrize(
    ("zone", "days"),
    # 1 December 2026 at 21:00 UTC is already the 2nd in La Réunion, still the 1st in Martinique.
    [("Indian/Reunion", 1), ("America/Martinique", 0), ("Europe/Paris", 0)],
)
def test_days_left_are_those_of_the_calendar_of_the_call(session, zone, days):
    call = make_call(opens_at=OPENING, closes_at=CLOSING.replace(hour=21), time_zone=zone)

    assert policies.days_left(call, at=CLOSING.replace(hour=12)) == days


def test_call_past_its_hour_shows_as_closed_before_the_clock_passes(session):
    call = make_call(opens_at=OPENING, closes_at=CLOSING)

    assert policies.status_at(call, at=CLOSING) is S.CLOSED
    assert policies.status_at(call, at=OPENING) is S.OPEN
