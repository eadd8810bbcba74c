"""How dates, amounts and sizes are written."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.web import filters

INSTANT = dt.datetime(2026, 12, 31, 23, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (dt.date(2026, 11, 23), "23 novembre 2026"),
        (dt.date(2026, 8, 1), "1er août 2026"),
        (INSTANT, "1er janvier 2027"),
        (None, "—"),
    ],
)
def test_day(value, written):
    assert filters.day(value).replace("\u00a0", " ") == written


def test_day_is_the_zone_s_own():
    assert filters.day(INSTANT, "America/Martinique").replace("\u00a0", " ") == "31 décembre 2026"


@pytest.mark.parametrize(
    ("zone", "written"),
    [
        ("Europe/Paris", "1er janvier 2027 à 0 h 30 (heure de Paris)"),
        ("Indian/Reunion", "1er janvier 2027 à 3 h 30 (heure de La Réunion)"),
        ("Asia/Tokyo", "1er janvier 2027 à 8 h 30 (Asia/Tokyo)"),
    ],
)
def test_moment_says_its_zone(zone, written):
    assert filters.moment(INSTANT, zone).replace("\u00a0", " ") == written


def test_moment_without_zone_and_without_value():
    assert filters.moment(INSTANT, with_zone=False).replace("\u00a0", " ") == "1er janvier 2027 à 0 h 30"
    assert filters.moment(None) == "—"


@pytest.mark.parametrize(
    ("value", "written"),
    [("50000", "50 000 €"), ("1234.5", "1 234,50 €"), ("0", "0 €"), ("-20.05", "-20,05 €"), (None, "—")],
)
def test_euros(value, written):
    shown = filters.euros(None if value is None else Decimal(value))

    assert re.sub(r"\s", " ", shown) == written


@pytest.mark.parametrize(
    ("value", "places", "written"),
    [
        (1234567, 0, "1 234 567"),
        (Decimal("0.50"), 2, "0,5"),
        (Decimal("1.00"), 2, "1"),
        (None, 0, "—"),
        (100, 1, "100"),
    ],
)
def test_number(value, places, written):
    assert re.sub(r"\s", " ", filters.number(value, places)) == written


@pytest.mark.parametrize(("value", "written"), [(Decimal("49.5"), "49,5 %"), (30, "30 %"), (None, "—")])
def test_percent(value, written):
    assert re.sub(r"\s", " ", filters.percent(value)) == written


@pytest.mark.parametrize(
    ("size", "written"),
    [(0, "0 octets"), (999, "999 octets"), (1000, "1 ko"), (1_260_000, "1,3 Mo"), (60_000_000, "60 Mo")],
)
def test_filesize(size, written):
    assert re.sub(r"\s", " ", filters.filesize(size)) == written


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**10), max_value=10**10, places=2))
def test_an_amount_written_reads_back(value):
    written = filters.euros(value)

    assert Decimal(re.sub(r"[^\d,-]", "", written).replace(",", ".")) == value
