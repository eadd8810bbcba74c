"""The pages of calls: what everybody reads, and what those who run a call do."""

from flask import Blueprint

bp = Blueprint("calls", __name__)

# The modules hang their views on `bp`, hence after it.
from guichet.calls.views import (  # noqa: E402
    content,
    correction,
    documents,
    envelope,
    managing,
    portable,
    public,
    rounds,
    self_test,
    steps,
)

__all__ = [
    "bp",
    "content",
    "correction",
    "documents",
    "envelope",
    "managing",
    "portable",
    "public",
    "rounds",
    "self_test",
    "steps",
]
