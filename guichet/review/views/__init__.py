"""The pages of review and committee; each module holds those of one use."""

from flask import Blueprint

bp = Blueprint("review", __name__)

# The modules hang their views on `bp`, hence after it.
from guichet.review.views import agenda, assignments, decisions, desk, eligibility, evaluations, reading, sessions  # noqa: E402

__all__ = ["agenda", "assignments", "bp", "decisions", "desk", "eligibility", "evaluations", "reading", "sessions"]
