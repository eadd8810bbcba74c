"""The officer's desk: the dossiers to process, and the page of one."""

from guichet.review.views import bp
from guichet.web.access import public


@bp.get("/instruction")
@public
def board() -> str:
    return ""
