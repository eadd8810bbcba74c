"""The arithmetic of a budget holds whatever its lines."""

from dataclasses import dataclass, replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from guichet.applications.budget import summarise, tabulate
from guichet.applications.models import BudgetCategory, CofundingState
from guichet.calls import eligibility
from guichet.core.money import euros


@dataclass(frozen=True)
class Line:
    category: BudgetCategory
    year: int
    amount: Decimal
    amount_requested: Decimal


@dataclass(frozen=True)
class Given:
    year: int
    amount: Decimal
    state: CofundingState


@st.composite
def lines(draw: st.DrawFn) -> Line:
    amount = draw(st.integers(1, 10**11))
    requested = draw(st.integers(0, amount))
    category, year = draw(st.sampled_from(BudgetCategory)), draw(st.integers(2026, 2030))
    return Line(category, year, Decimal(amount) / 100, Decimal(requested) / 100)


budgets = st.lists(lines(), max_size=20)
cofundings = st.lists(
    st.builds(
        Given,
        st.integers(2026, 2031),
        st.integers(1, 10**11).map(lambda n: Decimal(n) / 100),
        st.sampled_from(CofundingState),
    ),
    max_size=5,
)


@given(budgets, cofundings, st.booleans())
def test_the_shares_add_up_to_the_total_to_the_cent(budget, others, counted):
    summary = summarise(budget, others, staff_counted=counted)

    assert summary.total == sum(line.amount for line in budget)
    assert summary.requested + summary.cofunded + summary.own == summary.total
    assert min(summary.requested, summary.cofunded - summary.acquired, summary.base) >= 0
    assert summary.is_balanced == (summary.own >= 0)
    assert euros(summary.total) == summary.total


@given(budgets, cofundings)
def test_the_table_adds_up_both_ways(budget, others):
    table, summary = tabulate(budget, others), summarise(budget, others, staff_counted=True)

    assert table.total.total == summary.total == sum(row.total for row in table.spent)
    assert table.total.amounts == tuple(sum(row.amounts[at] for row in table.spent) for at in range(len(table.years)))
    assert (table.requested.total, table.cofunded.total) == (summary.requested, summary.cofunded)
    assert list(table.years) == sorted({thing.year for thing in (*budget, *others)})


@given(budgets, cofundings, st.randoms())
def test_the_table_is_the_same_whatever_the_order(budget, others, chance):
    shuffled = chance.sample(budget, len(budget))

    assert tabulate(shuffled, others[::-1]) == tabulate(budget, others)
    assert summarise(shuffled, others[::-1], staff_counted=False) == summarise(budget, others, staff_counted=False)


@given(budgets)
def test_the_base_leaves_out_the_staff_and_nothing_else(budget):
    counted, left_out = summarise(budget, staff_counted=True), summarise(budget, staff_counted=False)
    staff = sum((line.amount for line in budget if line.category is BudgetCategory.STAFF), Decimal(0))

    assert counted.base == counted.total == left_out.total
    assert left_out.base == left_out.total - staff


def rules(share, *, staff_counted=True):
    amounts = {"amount_min": Decimal(0), "amount_max": Decimal(10**9)}
    everybody = {"kinds": (), "named": {}, "one_per_ministry": False}
    return eligibility.Rules(**everybody, **amounts, max_rate=share, staff_counted=staff_counted)


def asked(summary):
    return eligibility.Request(requested=summary.requested, total=summary.total, staff=summary.staff)


def is_within(summary, share):
    return eligibility.judge_rate(rules(share, staff_counted=summary.staff_counted), asked(summary)).holds


@given(budgets, st.booleans(), st.integers(1, 10_000))
def test_a_rate_is_exceeded_by_a_single_cent(budget, counted, hundredths):
    summary, most = summarise(budget, staff_counted=counted), Decimal(hundredths) / 100
    allowed = summary.base * most / 100

    assert is_within(summary, most) == (summary.requested <= allowed)
    # The rate that is shown is rounded: it never says more than half a hundredth too much or too little.
    if summary.base:
        assert abs(summary.rate - summary.requested * 100 / summary.base) <= Decimal("0.005")


@given(budgets)
def test_the_order_of_lines_changes_nothing(budget):
    assert summarise(budget, staff_counted=True) == summarise(budget[::-1], staff_counted=True)


def test_an_empty_budget_is_nought():
    summary = summarise([], staff_counted=False)

    assert (summary.total, summary.base, summary.rate, summary.own) == (0, 0, 0, 0)
    assert is_within(summary, Decimal(50))


@given(budgets, st.integers(1, 10_000))
def test_most_is_the_last_cent_that_does_not_exceed_the_rate(budget, hundredths):
    summary, share = summarise(budget, staff_counted=True), Decimal(hundredths) / 100
    most = asked(summary).most(rules(share))

    assert is_within(replace(summary, requested=most), share)
    assert not is_within(replace(summary, requested=most + Decimal("0.01")), share)
