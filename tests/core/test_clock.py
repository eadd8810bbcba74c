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
    assert clock.today() == clock.now().date()


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
