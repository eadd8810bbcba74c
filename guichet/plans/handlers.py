"""Events in, plan rows out."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from guichet.review.events import DecisionPublished


def record_decision(event: "DecisionPublished") -> None:
    """A published decision feeds the plan actions the dossier is tied to."""
