from flask import Blueprint

from guichet.web.access import public

bp = Blueprint("review", __name__)


@bp.get("/instruction")
@public
def board() -> str:
    return ""


@bp.get("/evaluations")
@public
def my_assignments() -> str:
    return ""


@bp.get("/seances")
@public
def sessions() -> str:
    return ""
