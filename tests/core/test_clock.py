"""The only clock."""

import datetime as dt
import threading

import pytest

from guichet.core import clock

PARIS_NOON = dt.datetime(2026, 7, 14, 12, 0, tzinfo=dt.timezone(dt.timedelta(hours=2)))


def test_now_is_the_present_instant_in_utc():
    before = dt.datetime.now(dt.UTC)

    assert before <= clock.now() <= dt.datetime.now(dt.UTC)
    assert clock.now().tzinfo is dt.UTC


def test_travel_stops_the_clock_inside_its_block_only():
    with clock.travel_to(PARIS_NOON):
        assert clock.now() == PARIS_NOON
        assert clock.now().tzinfo is dt.UTC
        assert clock.now().hour == 10
        with clock.travel_to(PARIS_NOON - dt.timedelta(days=1)):
            assert clock.today() == dt.date(2026, 7, 13)
        assert clock.today() == dt.date(2026, 7, 14)

    assert clock.now() > PARIS_NOON


def test_travel_ends_with_its_block_even_on_an_accident():
    with pytest.raises(ZeroDivisionError), clock.travel_to(PARIS_NOON):
        _ = 1 // 0

    assert clock.now() != PARIS_NOON


def test_another_thread_keeps_the_true_hour():
    seen = []
    with clock.travel_to(PARIS_NOON):
        thread = threading.Thread(target=lambda: seen.append(clock.now()))
        thread.start()
        thread.join()

    assert seen[0] != PARIS_NOON


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        # Winter: Paris is one hour ahead of UTC.
        ("2026-12-31T22:59:59Z", "Europe/Paris", "2026-12-31"),
        ("2026-12-31T23:00:00Z", "Europe/Paris", "2027-01-01"),
        # Summer: two hours.
        ("2026-07-31T21:59:59Z", "Europe/Paris", "2026-07-31"),
        ("2026-07-31T22:00:00Z", "Europe/Paris", "2026-08-01"),
        # The nights when the hour changes.
        ("2026-03-28T23:00:00Z", "Europe/Paris", "2026-03-29"),
        ("2026-03-29T22:00:00Z", "Europe/Paris", "2026-03-30"),
        ("2026-10-24T22:00:00Z", "Europe/Paris", "2026-10-25"),
        ("2026-10-25T22:30:00Z", "Europe/Paris", "2026-10-25"),
        ("2026-12-31T23:30:00Z", "America/Cayenne", "2026-12-31"),
        ("2026-12-31T13:30:00Z", "Pacific/Noumea", "2027-01-01"),
    ],
)
def test_a_day_is_the_one_of_its_zone(moment, zone, day):
    with clock.travel_to(dt.datetime.fromisoformat(moment)):
        assert clock.today(zone).isoformat() == day
        if zone == clock.WINDOW_ZONE:
            assert clock.today().isoformat() == day


@pytest.mark.parametrize(
    ("day", "hour"), [("2026-03-29", 23), ("2026-03-30", 22), ("2026-10-25", 22), ("2026-10-26", 23)]
)
def test_midnight_is_the_one_of_its_zone(day, hour):
    midnight = clock.midnight(dt.date.fromisoformat(day))

    assert midnight.hour == hour
    assert clock.day_of(midnight).isoformat() == day
    assert clock.day_of(midnight - dt.timedelta(seconds=1)) < dt.date.fromisoformat(day)
