from flask import Blueprint

from guichet.web.access import public

bp = Blueprint("calls", __name__)


@bp.get("/appels")
@public
def index() -> str:
    return ""
