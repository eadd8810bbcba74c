"""The pages of action plans."""

from flask import Blueprint

bp = Blueprint("plans", __name__)

# The modules hang their views on `bp`, hence after it.
from guichet.plans.views import actions, changes, overview, plans  # noqa: E402

__all__ = ["actions", "bp", "changes", "overview", "plans"]
