"""The sessions of the committee."""

from guichet.review.views import bp
from guichet.web.access import public


@bp.get("/seances")
@public
def sessions() -> str:
    return ""
