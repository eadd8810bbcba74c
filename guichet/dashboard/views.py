from flask import Blueprint

from guichet.web.access import public

bp = Blueprint("dashboard", __name__)


@bp.get("/tableau-de-bord")
@public
def index() -> str:
    return ""
