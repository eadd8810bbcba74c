"""Whether the process lives. Whether it can work is asked at /readyz (see supervision)."""

from flask import Blueprint

from guichet.web.access import public

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public
def alive() -> tuple[str, int, dict[str, str]]:
    return "ok\n", 200, {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
