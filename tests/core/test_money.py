"""Amounts exact to the cent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.core.money import LARGEST, euros, rate

amounts = st.decimals(min_value=0, max_value=LARGEST, places=2)


@pytest.mark.parametrize(
    ("value", "exact"),
    [
        ("0.005", "0.01"),
        ("0.004999", "0.00"),
        ("-0.005", "-0.01"),
        ("2.675", "2.68"),
        (3, "3.00"),
        ("1e3", "1000.00"),
    ],
)
def test_euros_round_half_away_from_zero(value, exact):
    assert str(euros(value)) == exact


@given(st.lists(amounts, max_size=50))
def test_a_sum_of_cents_is_exact(values):
    assert euros(sum(values, Decimal(0))) == sum(values, Decimal(0))


@given(amounts)
def test_euros_change_nothing_that_is_already_exact(value):
    assert euros(value) == value


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [("1", "3", "33.33"), ("2", "3", "66.67"), ("5", "0", "0.00"), ("50", "100", "50.00")],
)
def test_rate_is_a_percentage_of_two_decimals(part, whole, expected):
    assert str(rate(Decimal(part), Decimal(whole))) == expected


@given(amounts, amounts.filter(bool))
def test_rate_of_a_part_stays_a_percentage(part, whole):
    if part <= whole:
        assert 0 <= rate(part, whole) <= 100
