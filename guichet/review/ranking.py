"""From marks to means: pure arithmetic, computed nowhere else."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from guichet.applications.models import Application
from guichet.calls.models import Applicability, Criterion

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
    # Fractions: nothing is rounded on the way, so the order of the criteria changes nothing.
    weights = sum((Fraction(line.weight) for line in lines), Fraction())
    reached = sum((Fraction(line.weight) * Fraction(marks[line.id], line.highest_mark) for line in lines), Fraction())
    mean = 100 * reached / weights
    return (Decimal(mean.numerator) / mean.denominator).quantize(HUNDREDTH, ROUND_HALF_UP)


def applicable(criteria: Iterable[Criterion], application: Application) -> list[Criterion]:
    """The lines of the grid that this dossier is scored on."""
    return [
        criterion
        for criterion in criteria
        if criterion.applicability is Applicability.ALWAYS or application.submitted_digital
    ]


@dataclass(frozen=True)
class Scores:
    """What the submitted opinions say of one dossier: how many, their mean, the lowest and the highest (0 to 100)."""

    count: int
    mean: Decimal | None
    lowest: Decimal | None
    highest: Decimal | None


def scores_of(means: Iterable[Decimal]) -> Scores:
    """The opinions of one dossier together: each weighs the same; two decimals, rounded half up."""
    given = sorted(means)
    if not given:
        return Scores(0, None, None, None)
    mean = (sum(given, Decimal(0)) / len(given)).quantize(HUNDREDTH, ROUND_HALF_UP)
    return Scores(len(given), mean, given[0], given[-1])


class Candidate(Protocol):
    """A dossier to be ranked; `takes` is what it would take of the envelope, in euros."""

    @property
    def reference(self) -> str: ...
    @property
    def amount_requested(self) -> Decimal: ...
    @property
    def takes(self) -> Decimal: ...
    @property
    def scores(self) -> Scores: ...


Ranked = TypeVar("Ranked", bound=Candidate)


@dataclass(frozen=True)
class Place(Generic[Ranked]):
    """The place of a dossier: its rank (1 is the best), the euros taken up to it, and whether they are there."""

    candidate: Ranked
    rank: int
    tied: bool
    cumulative: Decimal
    funded: bool


def rank(candidates: Iterable[Ranked], envelope: Decimal) -> list[Place[Ranked]]:
    """The dossiers from the best mean down; the line where `envelope` ends is drawn once, and nobody jumps over it.

    Equal means: the smaller request first, then the reference, so that the order is the same for everybody. A dossier
    without any opinion comes last, below the line.
    """
    ordered = sorted(candidates, key=_order)
    means = Counter(candidate.scores.mean for candidate in ordered)
    cumulative, above, places = Decimal(0), True, []
    for position, candidate in enumerate(ordered):
        cumulative += candidate.takes
        mean = candidate.scores.mean
        above = above and mean is not None and cumulative <= envelope
        tied = mean is not None and means[mean] > 1
        places.append(Place(candidate, position + 1, tied, cumulative, above))
    return places


def _order(candidate: Candidate) -> tuple[bool, Decimal, Decimal, str]:
    mean = candidate.scores.mean
    return (mean is None, -(mean or Decimal(0)), candidate.amount_requested, candidate.reference)
