"""The pages of dossiers; each module holds those of one use."""

from flask import Blueprint

bp = Blueprint("applications", __name__)

# The modules hang their views on `bp`, hence after it.
from guichet.applications.views import (  # noqa: E402
    attachments,
    autosave,
    budget,
    dossiers,
    drafting,
    exports,
    funded,
    joining,
    messages,
    orphans,
    own,
    priorities,
    proof,
    sections,
    submission,
    team,
)

__all__ = [
    "attachments",
    "autosave",
    "bp",
    "budget",
    "dossiers",
    "drafting",
    "exports",
    "funded",
    "joining",
    "messages",
    "orphans",
    "own",
    "priorities",
    "proof",
    "sections",
    "submission",
    "team",
]
