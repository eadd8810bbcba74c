"""Reading: the list of dossiers and the page of one."""

from guichet.applications.views import bp
from guichet.web.access import public


@bp.get("/dossiers")
@public
def index() -> str:
    return ""
