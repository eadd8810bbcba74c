"""What stops the story: a rule of the call, in its own words, with the page where it is mended."""

import contextlib
from collections.abc import Iterator, Sequence

from guichet.core.errors import DomainError, RuleBroken
from guichet.rehearsal.report import Obstacle, Place

# Fields that a rule blames, and that have a page of their own.
OWN_PAGES = {"criteria": Place.CRITERIA, "envelope": Place.ENVELOPE, "rounds": Place.ROUNDS}
# What else a refusal may blame is a field of some other form.
RULES = frozenset({"opens_at", "closes_at", "family_ids", "priority_action_ids", "amount_min", "amount_max", "code"})


class Blocked(DomainError):
    """The story cannot go on."""

    def __init__(self, message: str, place: Place) -> None:
        super().__init__(message)
        self.obstacles: Sequence[Obstacle] = [Obstacle(message=message, place=place)]

    @classmethod
    def by(cls, obstacles: Sequence[Obstacle]) -> "Blocked":
        """Stopped by several things at once."""
        problem = cls(obstacles[0].message, obstacles[0].place)
        problem.obstacles = obstacles
        return problem


@contextlib.contextmanager
def leads_to(place: Place) -> Iterator[None]:
    """Have what is refused inside the block mended at `place`, unless it names a better one."""
    try:
        yield
    except Blocked:
        raise
    except DomainError as problem:
        raise Blocked.by([obstacle_of(problem, place)]) from problem


def obstacle_of(problem: DomainError, place: Place) -> Obstacle:
    field = (problem.field if isinstance(problem, RuleBroken) else None) or ""
    if field in OWN_PAGES:
        return Obstacle(message=problem.message, place=OWN_PAGES[field])
    if field in RULES:
        return Obstacle(message=problem.message, place=Place.RULES, anchor=field)
    return Obstacle(message=problem.message, place=place)
