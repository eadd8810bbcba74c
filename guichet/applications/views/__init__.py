"""The pages of dossiers; each module holds those of one use."""

from flask import Blueprint

bp = Blueprint("applications", __name__)

# The modules hang their views on `bp`, hence after it.
from guichet.applications.views import attachments, dossiers, drafting, own, proof, sections, submission, team  # noqa: E402

__all__ = ["attachments", "bp", "dossiers", "drafting", "own", "proof", "sections", "submission", "team"]
