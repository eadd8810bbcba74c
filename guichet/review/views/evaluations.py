"""The reviewer's pages: what she was asked, her declaration, her marks."""

from guichet.review.views import bp
from guichet.web.access import public


@bp.get("/evaluations")
@public
def my_assignments() -> str:
    return ""
