"""The arithmetic of a dossier's budget, in euros: totals, base of the grant, rate requested. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any

from guichet.applications.models import BudgetCategory
from guichet.core.money import ZERO, rate


@dataclass(frozen=True)
class Summary:
    """Amounts never mixed: what the project costs, the part that counts for the grant, who pays what."""

    total: Decimal
    staff: Decimal
    staff_counted: bool
    requested: Decimal
    cofunded: Decimal

    @property
    def base(self) -> Decimal:
        """The cost on which the rate is computed: without internal staff where the call does not count it."""
        return self.total if self.staff_counted else self.total - self.staff

    @property
    def own(self) -> Decimal:
        """What the ministry pays by itself."""
        return self.total - self.requested - self.cofunded

    @property
    def rate(self) -> Decimal:
        """The request as a percentage of the base, two decimals."""
        return rate(self.requested, self.base)

    def most(self, share: Decimal) -> Decimal:
        """The largest request that `share` percent of the base allows, in whole cents."""
        return (self.base * share / 100).quantize(Decimal("0.01"), ROUND_DOWN)

    def exceeds(self, most: Decimal) -> bool:
        """Whether more than `most` percent of the base is requested, to the cent."""
        return self.requested * 100 > self.base * most


def summarise(lines: Iterable[Any], *, staff_counted: bool) -> Summary:
    """`lines` are budget lines, or rows of the same fields."""
    lines = list(lines)
    return Summary(
        total=sum((line.amount for line in lines), ZERO),
        staff=sum((line.amount for line in lines if line.category is BudgetCategory.STAFF), ZERO),
        staff_counted=staff_counted,
        requested=sum((line.amount_requested for line in lines), ZERO),
        cofunded=sum((line.amount_cofunded for line in lines), ZERO),
    )
