"""Supervision: what waits, what failed, who did what; and the addresses that machines watch."""

import datetime as dt
import functools
from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, abort, current_app, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from guichet.accounts.access import current_account, public, signed_in
from guichet.accounts.models import Role
from guichet.accounts.policies import can_supervise, is_admin
from guichet.audit import queries as audit
from guichet.config import Settings
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import NotFound, RuleBroken
from guichet.core.paging import paginate
from guichet.core.transaction import unit_of_work
from guichet.notifications import services as notifications
from guichet.notifications.models import Email, EmailStatus
from guichet.outbox import services as outbox
from guichet.outbox.models import MessageStatus, OutboxMessage
from guichet.supervision import metrics, queries
from guichet.supervision.forms import AuditFilter, EmailFilter, MessageFilter
from guichet.supervision.policies import reserved_to
from guichet.supervision.readiness import readiness
from guichet.web.forms import ActionForm
from guichet.web.pages import page, requested_page

bp = Blueprint("supervision", __name__)

# A filter is read from the address and changes nothing.
NO_TOKEN = {"csrf": False}
READERS = (Role.ADMIN, Role.AUDITOR)


# Only those who may read of every call; among them administrators act.
for_supervisors = signed_in(*READERS, allowed=can_supervise)
for_administrators = signed_in(Role.ADMIN, allowed=is_admin)


@bp.get("/supervision")
@for_supervisors
def overview() -> ResponseReturnValue:
    return page("supervision/overview.html", backlog=queries.backlog(), files=queries.files_in_trouble())


@bp.get("/supervision/fichiers")
@for_supervisors
def files() -> ResponseReturnValue:
    """By their identifiers, which are their names in the storage: what people called them is not ours to read."""
    found = paginate(queries.files(), requested_page())
    return page("supervision/files.html", found=found, crumbs=_crumbs("Fichiers"))


@bp.get("/supervision/messages")
@for_supervisors
def messages() -> ResponseReturnValue:
    filters = MessageFilter(request.args, meta=NO_TOKEN)
    wanted = filters.etat.data
    status = MessageStatus(wanted) if wanted in set(MessageStatus) else None
    found = paginate(queries.messages(status, late=wanted == "retard"), requested_page())
    return page("supervision/messages.html", ActionForm(), filters=filters, found=found, crumbs=_crumbs("Messages"))


@bp.post("/supervision/messages/<uuid:message_id>/relance")
@for_administrators
def retry_message(message_id: UUID) -> ResponseReturnValue:
    message = db.session.get(OutboxMessage, message_id)
    if message is None:
        raise NotFound
    _act(lambda: outbox.retry(message, actor=current_account()), "Le message est relancé.")
    return redirect(url_for(".messages", etat="dead"), 303)


@bp.get("/supervision/courriels")
@for_supervisors
def emails() -> ResponseReturnValue:
    filters = EmailFilter(request.args, meta=NO_TOKEN)
    filters.validate()
    status = EmailStatus(filters.etat.data) if filters.etat.data in set(EmailStatus) else None
    found = paginate(queries.emails(status, filters.mots.data or ""), requested_page())
    return page("supervision/emails.html", filters=filters, found=found, crumbs=_crumbs("Courriels"))


@bp.get("/supervision/courriels/<uuid:email_id>")
@for_supervisors
def email(email_id: UUID) -> ResponseReturnValue:
    message = _email(email_id)
    secret = notifications.is_secret(message)
    crumbs = [*_crumbs("Courriels", url_for(".emails")), (message.subject, None)]
    return page(
        "supervision/email.html",
        ActionForm(),
        email=message,
        secret=secret,
        can_resend=message.status is EmailStatus.FAILED and not secret and current_account().has_role(Role.ADMIN),
        crumbs=crumbs,
    )


@bp.post("/supervision/courriels/<uuid:email_id>/renvoi")
@for_administrators
def resend_email(email_id: UUID) -> ResponseReturnValue:
    message = _email(email_id)
    _act(lambda: notifications.resend(message, actor=current_account()), "Le courriel repart.")
    return redirect(url_for(".email", email_id=email_id), 303)


@bp.get("/supervision/journal")
@for_supervisors
def journal() -> ResponseReturnValue:
    filters = AuditFilter(request.args, meta=NO_TOKEN)
    filters.validate()
    rows = audit.search(
        words=filters.mots.data or "",
        action=filters.action.data or "",
        since=_midnight(filters.depuis.data),
        until=_midnight(filters.jusque.data, days=1),
    )
    found = paginate(rows, requested_page())
    reserved = functools.partial(reserved_to, current_account())
    return page("supervision/journal.html", filters=filters, found=found, reserved=reserved, crumbs=_crumbs("Journal"))


@bp.get("/readyz")
@public
def ready() -> ResponseReturnValue:
    works, report = readiness(_settings().redis_url, _settings().clamd_url)
    answer = jsonify(ready=works, **report)
    answer.headers["Cache-Control"] = "no-store"
    return answer, 200 if works else 503


@bp.get("/metrics")
@public
def prometheus() -> ResponseReturnValue:
    if not _settings().metrics_allowed:
        abort(404)
    return metrics.exposition(queries.backlog()), 200, {"Content-Type": metrics.CONTENT_TYPE}


def _act(action: Callable[[], None], success: str) -> None:
    """Run a one-button action and say what happened."""
    if not ActionForm().validate_on_submit():
        flash("Cette page était ouverte depuis trop longtemps : recommencez.", "warning")
        return
    try:
        with unit_of_work():
            action()
    except RuleBroken as problem:
        flash(problem.message, "warning")
    else:
        flash(success, "success")


def _email(email_id: UUID) -> Email:
    message = db.session.get(Email, email_id)
    if message is None:
        raise NotFound
    return message


def _crumbs(label: str, url: str | None = None) -> list[tuple[str, str | None]]:
    return [("Supervision", url_for(".overview")), (label, url)]


def _midnight(day: dt.date | None, days: int = 0) -> dt.datetime | None:
    return None if day is None else clock.midnight(day + dt.timedelta(days=days))


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
