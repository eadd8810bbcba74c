"""What is awaited of a dossier, until when, on the calendar of its call."""

import datetime as dt

import pytest

from guichet.applications.awaited import awaited, end_of
from guichet.applications.models import ApplicationStatus, ChangeRequest
from tests.factories.applications import make_application
from tests.factories.calls import make_call

S = ApplicationStatus
# 23:30 in Paris on 31 March 2027, summer time.
CLOSING = dt.datetime(2027, 3, 31, 21, 30, tzinfo=dt.UTC)
OPENING = CLOSING - dt.timedelta(days=60)


@pytest.mark.parametrize(
    ("at", "days"),
    [
        (CLOSING - dt.timedelta(seconds=1), 0),
        (dt.datetime(2027, 3, 30, 22, 0, tzinfo=dt.UTC), 0),
        (dt.datetime(2027, 3, 30, 21, 59, tzinfo=dt.UTC), 1),
        # Across the change of hour, 28 March 2027.
        (dt.datetime(2027, 3, 27, 23, 30, tzinfo=dt.UTC), 3),
        (dt.datetime(2027, 3, 27, 22, 30, tzinfo=dt.UTC), 4),
    ],
)
def test_a_draft_has_until_the_closing_counted_in_days_of_the_zone(session, at, days):
    draft = make_application(call=make_call(opens_at=OPENING, closes_at=CLOSING))

    told = awaited(draft, at=at)

    assert (told.until, told.days_left) == (CLOSING, days)
    assert told.what == "Le dossier n’est pas déposé : l’équipe le complète."


def test_the_zone_is_that_of_the_call(session):
    call = make_call(opens_at=OPENING, closes_at=CLOSING, time_zone="Pacific/Noumea")

    # 1 April, 8:30 there: the day before is still one day left at 8:30 of 31 March.
    assert awaited(make_application(call=call), at=CLOSING - dt.timedelta(hours=24)).days_left == 1


@pytest.mark.parametrize("status", [S.DRAFT, S.AWAITING_ENDORSEMENT])
def test_after_the_closing_a_draft_awaits_nothing(session, status):
    draft = make_application(call=make_call(opens_at=OPENING, closes_at=CLOSING), status=status)

    told = awaited(draft, at=CLOSING)

    assert "ne peut plus être déposé" in told.what
    assert told.until is None


def test_where_a_visa_is_required_the_draft_says_so(session):
    draft = make_application(call=make_call(opens_at=OPENING, closes_at=CLOSING, endorsement_required=True))

    assert "visa du référent" in awaited(draft, at=OPENING).what


def test_complements_have_their_own_day_whole(session):
    dossier = make_application(status=S.CHANGES_REQUESTED, call=make_call(opens_at=OPENING, closes_at=CLOSING))
    answered = ChangeRequest(sections=["plan"], message="A", due_on=dt.date(2027, 1, 1), answered_at=OPENING)
    asked = ChangeRequest(sections=["plan"], message="B", due_on=dt.date(2027, 7, 14))
    dossier.change_requests = [answered, asked]

    # After the closing of the call all the same.
    told = awaited(dossier, at=dt.datetime(2027, 7, 14, 21, 59, tzinfo=dt.UTC))

    assert (told.until, told.days_left) == (dt.datetime(2027, 7, 14, 21, 59, tzinfo=dt.UTC), 0)
    # The rows have no author: they are not to be written.
    dossier.change_requests = []


@pytest.mark.parametrize("status", set(ApplicationStatus) - {S.DRAFT, S.AWAITING_ENDORSEMENT, S.CHANGES_REQUESTED})
def test_the_other_statuses_await_without_a_day(session, status):
    told = awaited(make_application(status=status), at=OPENING)

    assert (told.what, told.until) == (status.awaited, None)


def test_the_end_of_a_day_follows_the_hour_of_its_season():
    assert end_of(dt.date(2027, 1, 15), "Europe/Paris") == dt.datetime(2027, 1, 15, 22, 59, tzinfo=dt.UTC)
    assert end_of(dt.date(2027, 7, 15), "Europe/Paris") == dt.datetime(2027, 7, 15, 21, 59, tzinfo=dt.UTC)
