"""The pages of calls: what everybody reads, and what those who run a call do."""

from flask import Blueprint

bp = Blueprint("calls", __name__)

# The modules hang their views on `bp`, hence after it.
from guichet.calls.views import content, documents, envelope, managing, portable, public, rounds, self_test, steps  # noqa: E402

__all__ = ["bp", "content", "documents", "envelope", "managing", "portable", "public", "rounds", "self_test", "steps"]
