"""The arithmetic of a dossier's budget, in euros: totals, base of the grant, rate requested, who pays what. Pure.

Sums are exact to the cent; only a rate is rounded, and by core.money alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from guichet.applications.models import BudgetCategory, CofundingState
from guichet.core.money import ZERO, rate

# Of the page where the budget is written, which has room for two more.
LINES_A_PAGE = 8


@dataclass(frozen=True)
class Summary:
    """Amounts never mixed: what the project costs, the part that counts for the grant, who pays what."""

    total: Decimal
    staff: Decimal
    staff_counted: bool
    requested: Decimal
    cofunded: Decimal
    acquired: Decimal

    @property
    def base(self) -> Decimal:
        """The cost on which the rate is computed: without internal staff where the call does not count it."""
        return self.total if self.staff_counted else self.total - self.staff

    @property
    def own(self) -> Decimal:
        """What the ministry pays by itself; less than nothing when requests and co-fundings exceed the costs."""
        return self.total - self.requested - self.cofunded

    @property
    def resources(self) -> Decimal:
        """What pays for the project; equal to what it costs, unless others already give more."""
        return self.requested + self.cofunded + max(self.own, ZERO)

    @property
    def is_balanced(self) -> bool:
        return self.resources == self.total

    @property
    def rate(self) -> Decimal:
        """The request as a percentage of the base, two decimals."""
        return rate(self.requested, self.base)


def summarise(lines: Iterable[Any], cofundings: Iterable[Any] = (), *, staff_counted: bool) -> Summary:
    """`lines` are budget lines, or rows of the same fields; so are `cofundings`."""
    lines, cofundings = list(lines), list(cofundings)
    return Summary(
        total=_sum(line.amount for line in lines),
        staff=_sum(line.amount for line in lines if line.category is BudgetCategory.STAFF),
        staff_counted=staff_counted,
        requested=_sum(line.amount_requested for line in lines),
        cofunded=_sum(cofunding.amount for cofunding in cofundings),
        acquired=_sum(given.amount for given in cofundings if given.state is CofundingState.ACQUIRED),
    )


@dataclass(frozen=True)
class Row:
    """Amounts by year, in the order of the table's years, and their sum."""

    label: str
    amounts: tuple[Decimal, ...]

    @property
    def total(self) -> Decimal:
        return _sum(self.amounts)


@dataclass(frozen=True)
class Table:
    """The budget by category and by year: what is spent, what is requested, what others pay."""

    years: tuple[int, ...]
    spent: tuple[Row, ...]
    total: Row
    requested: Row
    cofunded: Row


def tabulate(lines: Iterable[Any], cofundings: Iterable[Any] = ()) -> Table:
    """Categories in the order of their list, those without any cost left out; years in order."""
    lines, cofundings = list(lines), list(cofundings)
    years = tuple(sorted({thing.year for thing in (*lines, *cofundings)}))
    spent = [
        Row(category.label, _by_year(years, [(line.year, line.amount) for line in lines if line.category is category]))
        for category in BudgetCategory
    ]
    return Table(
        years=years,
        spent=tuple(row for row in spent if row.total),
        total=Row("Total", _by_year(years, [(line.year, line.amount) for line in lines])),
        requested=Row("Demandé", _by_year(years, [(line.year, line.amount_requested) for line in lines])),
        cofunded=Row("Cofinancé", _by_year(years, [(given.year, given.amount) for given in cofundings])),
    )


def _by_year(years: tuple[int, ...], parts: list[tuple[int, Decimal]]) -> tuple[Decimal, ...]:
    return tuple(_sum(amount for at, amount in parts if at == year) for year in years)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)
