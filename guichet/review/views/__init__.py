"""The pages of review and committee; each module holds those of one use."""

from flask import Blueprint

bp = Blueprint("review", __name__)

# The modules hang their views on `bp`, hence after it.
from guichet.review.views import (  # noqa: E402
    agenda,
    assignments,
    complements,
    decisions,
    desk,
    eligibility,
    evaluations,
    reading,
    rendered,
    sessions,
)

__all__ = [
    "agenda",
    "assignments",
    "bp",
    "complements",
    "decisions",
    "desk",
    "eligibility",
    "evaluations",
    "reading",
    "rendered",
    "sessions",
]
