"""The count of the days to decide: what suspends it, what it says, and that SQL counts the same."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from guichet.accounts.models import Role
from guichet.applications.deadlines import complements_late, days_left
from guichet.applications.legal_clock import RUNNING, Suspension, clock, clock_of, in_words
from guichet.applications.models import Application, ApplicationStatus, ChangeRequest, RequestClosure
from guichet.core import clock as time
from guichet.core.db import db
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call

S = ApplicationStatus
PARIS = "Europe/Paris"
START = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
ZONES = st.sampled_from([PARIS, "Pacific/Tahiti", "Pacific/Noumea", "America/Cayenne"])


def days(number: float) -> dt.timedelta:
    return dt.timedelta(days=number)


def test_without_suspension_it_counts_the_days_of_the_calendar():
    count = clock(START, 60, [], at=START + days(10), zone=PARIS)

    assert (count.elapsed, count.left, count.suspended_since) == (10, 50, None)
    assert count.due_on == dt.date(2026, 5, 1)


def test_a_suspension_puts_the_day_off_by_its_days():
    asked = Suspension(START + days(5), START + days(12))
    count = clock(START, 60, [asked], at=START + days(20), zone=PARIS)

    assert (count.elapsed, count.left, count.suspended) == (13, 47, 7)
    assert count.due_on == dt.date(2026, 5, 8)


def test_an_open_suspension_stops_the_count():
    asked = Suspension(START + days(5))
    counts = [clock(START, 60, [asked], at=START + days(number), zone=PARIS) for number in (5, 30, 300)]

    assert {(count.elapsed, count.left) for count in counts} == {(5, 55)}
    assert {count.suspended_since for count in counts} == {dt.date(2026, 3, 7)}


def test_the_last_day_counts_whole_in_the_zone_of_the_call():
    # Half past eleven in the evening in Tahiti, the day after in Paris.
    at = dt.datetime(2026, 3, 12, 23, 30, tzinfo=ZoneInfo("Pacific/Tahiti"))
    start = at - days(10)

    assert clock(start, 10, [], at=at, zone="Pacific/Tahiti").left == 0
    assert clock(start, 10, [], at=at + days(1 / 24), zone="Pacific/Tahiti").left == -1


def test_what_ended_before_a_reopening_is_not_of_the_new_count():
    before = Suspension(START - days(30), START - days(20))
    across = Suspension(START - days(3), START + days(4))

    assert clock(START, 10, [before, across], at=START + days(6), zone=PARIS).suspended == 4


instants = st.integers(0, 400 * 24 * 60).map(lambda minutes: START + dt.timedelta(minutes=minutes))


@st.composite
def disjoint(draw):
    """Suspensions one after the other, the last one perhaps still open."""
    bounds = sorted(draw(st.lists(instants, unique=True, max_size=12)))
    pairs = [Suspension(*pair) for pair in zip(bounds[::2], bounds[1::2], strict=False)]
    return [*pairs, Suspension(bounds[-1])] if len(bounds) % 2 else pairs


@given(disjoint(), st.integers(1, 730), instants, ZONES)
def test_the_day_due_is_the_delay_and_the_suspended_days_whatever_they_are(suspensions, delay, at, zone):
    count = clock(START, delay, suspensions, at=at, zone=zone)
    first = START.astimezone(ZoneInfo(zone)).date()

    assert count.due_on == first + days(delay + count.suspended)
    assert count.elapsed + count.suspended == (at.astimezone(ZoneInfo(zone)).date() - first).days
    assert count.suspended >= 0
    assert count.elapsed >= 0
    assert count.left == delay - count.elapsed


@given(disjoint(), instants, instants, ZONES)
def test_time_never_gives_days_back_and_never_brings_the_day_due_nearer(suspensions, one, other, zone):
    earlier, later = (clock(START, 60, suspensions, at=at, zone=zone) for at in sorted((one, other)))

    assert earlier.elapsed <= later.elapsed
    assert earlier.due_on <= later.due_on
    assert earlier.left >= later.left


@given(disjoint(), instants, ZONES)
def test_one_more_suspension_never_brings_the_day_due_nearer(suspensions, at, zone):
    for number in range(len(suspensions)):
        fewer = clock(START, 60, suspensions[:number], at=at, zone=zone)
        more = clock(START, 60, suspensions[: number + 1], at=at, zone=zone)
        assert fewer.due_on <= more.due_on


@pytest.mark.parametrize(
    ("at", "suspensions", "words"),
    [
        (10, [], "Décision au plus tard le 1er\u00a0mai\u00a02026 : encore 50 jours."),
        (59, [], "Décision au plus tard le 1er\u00a0mai\u00a02026 : encore 1 jour."),
        (60, [], "Décision au plus tard le 1er\u00a0mai\u00a02026 : c’est le dernier jour."),
        (62, [], "Décision attendue depuis le 1er\u00a0mai\u00a02026 : le délai est dépassé de 2 jours."),
        (
            30,
            [Suspension(START + days(5))],
            (
                "Délai suspendu depuis le 7\u00a0mars\u00a02026 : il reprendra à la réception de vos compléments. "
                "Il restera alors 55 jours pour décider."
            ),
        ),
        (
            80,
            [Suspension(START + days(70))],
            "Délai suspendu depuis le 11\u00a0mai\u00a02026 : il reprendra à la réception de vos compléments.",
        ),
    ],
)
def test_it_is_told_in_words(at, suspensions, words):
    assert in_words(clock(START, 60, suspensions, at=START + days(at), zone=PARIS), yours=True) == words


def test_the_service_reads_whose_complements_are_awaited():
    count = clock(START, 60, [Suspension(START)], at=START, zone=PARIS)

    assert "à la réception des compléments." in in_words(count, yours=False)


@pytest.mark.parametrize("status", list(S))
def test_only_a_dossier_that_awaits_its_decision_is_counted(session, status):
    application = make_application(call=make_call(decision_delay_days=60), status=status)

    assert (clock_of(application, at=time.now()) is not None) is (status in RUNNING)


def test_a_call_that_announces_no_delay_has_no_clock(session):
    assert clock_of(make_application(status=S.SUBMITTED), at=time.now()) is None


def request_of(application, since, until=None, *, closed=False):
    officer = make_account(Role.OFFICER)
    ends = {"closed_at": until, "closure": RequestClosure.CANCELLED, "closing_reason": "Erreur."}
    ends = ends if closed else {"answered_at": until}
    request = ChangeRequest(
        application_id=application.id,
        created_at=since,
        sections=["budget"],
        message="Précisez.",
        due_on=since.date() + days(10),
        requested_by_id=officer.id,
        **ends,
    )
    application.change_requests.append(request)
    db.session.flush()


@pytest.mark.parametrize("zone", [PARIS, "Pacific/Tahiti", "Pacific/Noumea"])
def test_sql_counts_as_the_page_does(session, at, zone):
    call = make_call(decision_delay_days=45, time_zone=zone)
    plain = make_application(call=call, status=S.ELIGIBLE, submitted_at=START)
    paused = make_application(call=call, status=S.CHANGES_REQUESTED, submitted_at=START)
    request_of(paused, START + days(3.3), START + days(9.9))
    request_of(paused, START + days(9.95))
    reopened = make_application(call=call, status=S.SUBMITTED, submitted_at=START, reopened_at=START + days(20.4))
    request_of(reopened, START + days(2), START + days(6))
    request_of(reopened, START + days(18), START + days(22.7), closed=True)
    decided = make_application(call=call, status=S.REJECTED, submitted_at=START)
    promised_nothing = make_application(status=S.SUBMITTED, submitted_at=START)
    for number in (22.8, 30, 44.6, 46, 90.1):
        at(START + days(number))
        told = dict(db.session.execute(sa.select(Application.id, days_left())).all())
        for application in (plain, paused, reopened):
            count = clock_of(application, at=time.now())
            assert count is not None
            assert told[application.id] == count.left
        assert told[decided.id] is None
        assert told[promised_nothing.id] is None


def test_complements_are_late_from_the_day_after_their_last_one_in_the_zone_of_the_call(session, at):
    application = make_application(call=make_call(time_zone="Pacific/Tahiti"), status=S.CHANGES_REQUESTED)
    request_of(application, START)
    (request,) = application.change_requests
    midnight = time.midnight(request.due_on + days(1), "Pacific/Tahiti")
    for instant, late in ((midnight - days(1 / 1440), False), (midnight, True)):
        at(instant)
        assert db.session.scalar(sa.select(complements_late()).where(Application.id == application.id)) is late
