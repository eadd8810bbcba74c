"""From marks to means: pure arithmetic, computed nowhere else."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol
from uuid import UUID

HUNDREDTH = Decimal("0.01")


class Mark(Protocol):
    """What a reviewer gave on one criterion."""

    @property
    def criterion_id(self) -> UUID: ...
    @property
    def mark(self) -> int | None: ...


class Line(Protocol):
    """A line of the scoring grid: its weight (no unit) and its highest mark."""

    @property
    def id(self) -> UUID: ...
    @property
    def weight(self) -> Decimal: ...
    @property
    def highest_mark(self) -> int: ...


def weighted_mean(scores: Iterable[Mark], criteria: Iterable[Line]) -> Decimal:
    """Mean of the marks, each brought to 100 by its highest mark and weighted; two decimals, rounded half up.

    Raises ValueError when a criterion has no mark, or when there is no criterion.
    """
    marks = {score.criterion_id: score.mark for score in scores if score.mark is not None}
    lines = list(criteria)
    if not lines or any(line.id not in marks for line in lines):
        raise ValueError("every criterion needs a mark")
    reached = sum(line.weight * marks[line.id] * 100 / line.highest_mark for line in lines)
    return Decimal(reached / sum(line.weight for line in lines)).quantize(HUNDREDTH, ROUND_HALF_UP)
