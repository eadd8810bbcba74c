from flask import Blueprint

from guichet.web.access import public

bp = Blueprint("applications", __name__)


@bp.get("/dossiers")
@public
def index() -> str:
    return ""
