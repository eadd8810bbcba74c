"""The arithmetic of a budget holds whatever its lines."""

from dataclasses import dataclass, replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from guichet.applications.budget import summarise
from guichet.applications.models import BudgetCategory
from guichet.core.money import euros


@dataclass(frozen=True)
class Line:
    category: BudgetCategory
    amount: Decimal
    amount_requested: Decimal
    amount_cofunded: Decimal


@st.composite
def lines(draw: st.DrawFn) -> Line:
    amount = draw(st.integers(1, 10**11))
    requested = draw(st.integers(0, amount))
    cofunded = draw(st.integers(0, amount - requested))
    return Line(draw(st.sampled_from(BudgetCategory)), *(Decimal(n) / 100 for n in (amount, requested, cofunded)))


budgets = st.lists(lines(), max_size=20)


@given(budgets, st.booleans())
def test_the_shares_add_up_to_the_total_to_the_cent(budget, counted):
    summary = summarise(budget, staff_counted=counted)

    assert summary.total == sum(line.amount for line in budget)
    assert summary.requested + summary.cofunded + summary.own == summary.total
    assert min(summary.own, summary.requested, summary.cofunded, summary.base) >= 0
    assert euros(summary.total) == summary.total


@given(budgets)
def test_the_base_leaves_out_the_staff_and_nothing_else(budget):
    counted, left_out = summarise(budget, staff_counted=True), summarise(budget, staff_counted=False)
    staff = sum((line.amount for line in budget if line.category is BudgetCategory.STAFF), Decimal(0))

    assert counted.base == counted.total == left_out.total
    assert left_out.base == left_out.total - staff


@given(budgets, st.booleans(), st.integers(1, 10_000))
def test_a_rate_is_exceeded_by_a_single_cent(budget, counted, hundredths):
    summary, most = summarise(budget, staff_counted=counted), Decimal(hundredths) / 100
    allowed = summary.base * most / 100

    assert summary.exceeds(most) == (summary.requested > allowed)
    # The rate that is shown is rounded: it never says more than half a hundredth too much or too little.
    if summary.base:
        assert abs(summary.rate - summary.requested * 100 / summary.base) <= Decimal("0.005")


@given(budgets)
def test_the_order_of_lines_changes_nothing(budget):
    assert summarise(budget, staff_counted=True) == summarise(budget[::-1], staff_counted=True)


def test_an_empty_budget_is_nought():
    summary = summarise([], staff_counted=False)

    assert (summary.total, summary.base, summary.rate, summary.own) == (0, 0, 0, 0)
    assert not summary.exceeds(Decimal(50))


@given(budgets, st.integers(1, 10_000))
def test_most_is_the_last_cent_that_does_not_exceed_the_rate(budget, hundredths):
    summary, share = summarise(budget, staff_counted=True), Decimal(hundredths) / 100
    most = summary.most(share)

    assert not replace(summary, requested=most).exceeds(share)
    assert replace(summary, requested=most + Decimal("0.01")).exceeds(share)
