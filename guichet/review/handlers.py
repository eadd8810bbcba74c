"""What follows a published decision, a few seconds later."""

from guichet.review.events import DecisionPublished


def make_letter(event: DecisionPublished) -> None:
    """The decision letter, as a PDF frozen with its SHA-256."""
