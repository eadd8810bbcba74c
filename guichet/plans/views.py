from flask import Blueprint

from guichet.web.access import public

bp = Blueprint("plans", __name__)


@bp.get("/plans")
@public
def index() -> str:
    return ""
