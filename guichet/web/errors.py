"""Refusals and accidents, each turned into its page."""

import time
import uuid

import structlog
from flask import Flask, g, render_template, request
from flask_limiter.errors import RateLimitExceeded
from flask_login import AnonymousUserMixin, current_user
from werkzeug.exceptions import HTTPException

from guichet.core.db import db
from guichet.core.errors import Conflict, DomainError, Forbidden, InvalidTransition, NotFound, RuleBroken
from guichet.extensions import limiter
from guichet.web.bodies import read_to_end

log = structlog.get_logger(__name__)

# InvalidTransition is a conflict too: the status has moved since the page was shown.
STATUSES: dict[type[DomainError], int] = {
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    InvalidTransition: 409,
    RuleBroken: 422,
}
OWN_PAGES = {403, 404, 409, 413, 422, 429, 500, 503}


def init_app(app: Flask) -> None:
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(RateLimitExceeded, _too_many)
    app.register_error_handler(Exception, _accident)


def _domain_error(problem: DomainError) -> tuple[str, int]:
    status = STATUSES.get(type(problem), 422)
    return render_template(f"errors/{status}.html", message=problem.message), status


def _http_error(problem: HTTPException) -> tuple[str, int]:
    status = problem.code or 500
    if status in {301, 302, 303, 307, 308}:
        return problem.get_response()  # type: ignore[return-value]
    if status == 413:
        read_to_end(request.environ)
    shown = status if status in OWN_PAGES else (404 if status in {400, 405, 406, 410} else 500)
    return render_template(f"errors/{shown}.html", message=""), status


def _too_many(_: RateLimitExceeded) -> tuple[str, int, dict[str, str]]:
    limit = limiter.current_limit
    seconds = max(1, int(limit.reset_at - time.time())) if limit else 60
    page = render_template("errors/429.html", minutes=-(-seconds // 60))
    return page, 429, {"Retry-After": str(seconds)}


def _accident(problem: Exception) -> tuple[str, int]:
    # The person gets a reference to quote; what happened goes to the log only.
    reference = uuid.uuid4().hex[:8]
    log.error("unexpected error", reference=reference, exc_info=problem)
    db.session.rollback()
    _read_again_who_asks()
    return render_template("errors/500.html", reference=reference, message=""), 500


def _read_again_who_asks() -> None:
    """The rollback made the person's account unreadable; when the database is away, the page does without it."""
    g.pop("_login_user", None)
    try:
        _ = current_user.is_authenticated
    except Exception:  # noqa: BLE001 - the page of an accident must not have one
        g._login_user = AnonymousUserMixin()  # noqa: SLF001 - where Flask-Login keeps who asks
