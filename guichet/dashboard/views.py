"""The public home page, and what awaits each signed-in person."""

from flask import Blueprint

from guichet.web.access import public

bp = Blueprint("dashboard", __name__)


@bp.get("/")
@public
def home() -> str:
    return ""


@bp.get("/tableau-de-bord")
@public
def index() -> str:
    return ""
