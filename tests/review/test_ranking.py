"""The weighted mean: bounds, order, weights, rounding."""

import uuid
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.applications.models import ApplicationStatus
from guichet.calls.models import Applicability, Criterion
from guichet.review.ranking import applicable, weighted_mean
from tests.factories.applications import make_application


@dataclass(frozen=True)
class Line:
    id: uuid.UUID
    weight: Decimal
    highest_mark: int


@dataclass(frozen=True)
class Mark:
    criterion_id: uuid.UUID
    mark: int | None


weights = st.decimals(min_value="0.01", max_value="999.99", places=2)


@st.composite
def grids(draw: st.DrawFn) -> list[tuple[Line, Mark]]:
    """A grid and its marks, line by line."""
    lines = draw(st.lists(st.builds(Line, st.uuids(), weights, st.integers(1, 20)), min_size=1, max_size=9))
    return [(line, Mark(line.id, draw(st.integers(0, line.highest_mark)))) for line in lines]


def mean_of(grid: list[tuple[Line, Mark]]) -> Decimal:
    return weighted_mean([mark for _, mark in grid], [line for line, _ in grid])


@given(grids())
def test_weighted_mean_is_a_percentage_with_two_decimals(grid):
    mean = mean_of(grid)

    assert 0 <= mean <= 100
    assert mean.as_tuple().exponent == -2


@given(grids())
def test_weighted_mean_lies_between_the_worst_and_the_best_line(grid):
    shares = [Fraction(100 * mark.mark, line.highest_mark) for line, mark in grid]

    assert min(shares) - Fraction(1, 200) <= Fraction(mean_of(grid)) <= max(shares) + Fraction(1, 200)


@given(grids(), st.randoms())
def test_weighted_mean_does_not_depend_on_the_order(grid, random):
    marks, lines = [mark for _, mark in grid], [line for line, _ in grid]
    random.shuffle(marks)
    random.shuffle(lines)

    assert weighted_mean(marks, lines) == mean_of(grid)


@given(grids(), st.integers(2, 50))
def test_weighted_mean_depends_on_the_proportions_of_weights_only(grid, factor):
    heavier = [(Line(line.id, line.weight * factor, line.highest_mark), mark) for line, mark in grid]

    assert mean_of(heavier) == mean_of(grid)


@given(grids())
def test_weighted_mean_never_falls_when_a_mark_rises(grid):
    (line, mark), *others = grid
    risen = Mark(mark.criterion_id, min(mark.mark + 1, line.highest_mark))

    assert mean_of([(line, risen), *others]) >= mean_of(grid)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([("3", 4, 4), ("1", 4, 0)], "75.00"),
        ([("1", 4, 4), ("3", 4, 0)], "25.00"),
        ([("1", 3, 1)], "33.33"),
        ([("1", 3, 2)], "66.67"),
        ([("1", 20, 20), ("1", 4, 2)], "75.00"),
        ([("0.81", 20, 2), ("0.19", 20, 4), ("0.05", 20, 1)], "11.57"),
        # Exactly 12.345: a half goes up.
        ([("0.87655", 1, 0), ("0.12345", 1, 1)], "12.35"),
    ],
)
def test_weighted_mean_of_known_grids(lines, expected):
    grid = []
    for weight, highest, mark in lines:
        line = Line(uuid.uuid4(), Decimal(weight), highest)
        grid.append((line, Mark(line.id, mark)))

    assert mean_of(grid) == Decimal(expected)


def test_weighted_mean_refuses_a_criterion_without_mark():
    line = Line(uuid.uuid4(), Decimal(1), 4)

    with pytest.raises(ValueError, match="every criterion"):
        weighted_mean([Mark(line.id, None)], [line])


def test_weighted_mean_refuses_an_empty_grid():
    with pytest.raises(ValueError, match="every criterion"):
        weighted_mean([], [])


def test_weighted_mean_ignores_a_mark_on_another_criterion():
    line = Line(uuid.uuid4(), Decimal(1), 4)

    assert weighted_mean([Mark(line.id, 4), Mark(uuid.uuid4(), 0)], [line]) == Decimal(100)


@pytest.mark.parametrize(("digital", "expected"), [(True, ["Toujours", "Services"]), (False, ["Toujours"])])
def test_applicable_leaves_out_the_criteria_of_digital_services_for_the_others(session, digital, expected):
    criteria = [
        Criterion(position=1, title="Toujours", weight=1, applicability=Applicability.ALWAYS),
        Criterion(position=2, title="Services", weight=1, applicability=Applicability.DIGITAL_SERVICE),
    ]

    application = make_application(status=ApplicationStatus.SUBMITTED, is_digital_service=digital)

    assert [criterion.title for criterion in applicable(criteria, application)] == expected
