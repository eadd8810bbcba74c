from flask import Blueprint

from guichet.web.access import public

bp = Blueprint("accounts", __name__)


@bp.get("/connexion")
@public
def sign_in() -> str:
    return ""
