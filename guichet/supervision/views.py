from flask import Blueprint

from guichet.web.access import public

bp = Blueprint("supervision", __name__)


@bp.get("/supervision")
@public
def overview() -> str:
    return ""
