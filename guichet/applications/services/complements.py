"""Complements: the officer names sections and a last day; only those sections reopen, and the answer makes a new version.

After its last day a request may still be answered, for as long as the officer has not closed it. One that ends without an
answer puts the dossier back as it was submitted.
"""

import datetime as dt
import uuid
from collections.abc import Iterable

from guichet.accounts.models import Account
from guichet.applications import policies, queries, rewriting, versions
from guichet.applications.differences import between
from guichet.applications.events import ChangesCancelled, ChangesExtended, ChangesRequested
from guichet.applications.frozen import Json, content_of
from guichet.applications.models import Application, ApplicationStatus, ChangeRequest, RequestClosure, Section
from guichet.applications.own import AnySection, OwnSection
from guichet.applications.workflow import WORKFLOW
from guichet.audit import services as audit
from guichet.audit.models import Audience
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import InvalidTransition, RuleBroken
from guichet.core.policy import require
from guichet.outbox import services as outbox
from guichet.web.filters import day
from guichet.workflow.engine import fire, lock

# Days, from the request, or from the day on which it is extended.
LONGEST_DELAY = 60
# Days before the last one, when the team is reminded of it.
WEEK, DAY = 7, 1
# Transition by which a request is cancelled, by where the dossier was when it was made.
CANCEL = {
    ApplicationStatus.SUBMITTED: "cancel_changes",
    ApplicationStatus.UNDER_REVIEW: "cancel_changes_in_review",
}


def request_changes(
    application: Application, sections: Iterable[AnySection], message: str, due_on: dt.date, *, actor: Account
) -> ChangeRequest:
    """Ask the team to complete `sections`, `due_on` included (a day of the call's zone). Raises RuleBroken at its field."""
    named = list(dict.fromkeys(sections))
    if not named:
        raise RuleBroken("Cochez au moins une rubrique à compléter.", field="sections")
    if not message.strip():
        raise RuleBroken("Écrivez ce qui est demandé.", field="message")
    _refuse_day(application, due_on)
    own = [section for section in named if isinstance(section, OwnSection)]
    ordered: list[AnySection] = [*(section for section in Section if section in named), *own]
    lock(application)
    before, asked_from = rewriting.kept(queries.loaded(application.id)), application.status
    facts = {"sections": [section.value for section in ordered], "due_on": due_on, "message": message}
    fire(WORKFLOW, "request_changes", application, actor, **facts)
    request = ChangeRequest(
        id=uuid.uuid4(),
        application_id=application.id,
        sections=[section.value for section in ordered],
        message=message,
        due_on=due_on,
        requested_by_id=actor.id,
        asked_from=asked_from,
        before=before,
    )
    _count_as_reminded(request, application)
    db.session.add(request)
    outbox.publish(ChangesRequested(application_id=application.id, change_request_id=request.id))
    return request


def _count_as_reminded(request: ChangeRequest, application: Application) -> None:
    """A new last day has its own reminders, but those whose time has already come: the message that tells it is enough."""
    days_left = (request.due_on - clock.today(application.call.time_zone)).days
    request.week_reminded_at = clock.now() if days_left <= WEEK else None
    request.day_reminded_at = clock.now() if days_left <= DAY else None


def _refuse_day(application: Application, due_on: dt.date, earliest: dt.date | None = None) -> None:
    today = clock.today(application.call.time_zone)
    first, last = max(today, earliest or today) + dt.timedelta(days=1), today + dt.timedelta(days=LONGEST_DELAY)
    if first <= due_on <= last:
        return
    begins = "demain" if first == today + dt.timedelta(days=1) else f"le {day(first)}"
    raise RuleBroken(f"Choisissez une date entre {begins} et le {day(last)}.", field="due_on")


def extend(application: Application, due_on: dt.date, reason: str, *, actor: Account) -> ChangeRequest:
    """Give the team until `due_on`, included, a later day than before. Raises RuleBroken at its field, InvalidTransition."""
    if not reason.strip():
        raise RuleBroken("Écrivez le motif : l’équipe du dossier le recevra.", field="reason")
    lock(application)
    require(policies.can_process, actor, application)
    request = _open_one(application)
    _refuse_day(application, due_on, request.due_on)
    facts = {"before": request.due_on, "due_on": due_on, "reason": reason}
    audit.record(actor, "application.extend_changes", application, audience=Audience.TEAM, **facts)
    request.extended_from, request.due_on, request.extension_reason = request.due_on, due_on, reason
    _count_as_reminded(request, application)
    outbox.publish(ChangesExtended(application_id=application.id, change_request_id=request.id))
    return request


def cancel(application: Application, reason: str, *, actor: Account) -> None:
    """Take back a request made by mistake: the dossier returns to where it was, as it was submitted."""
    if not reason.strip():
        raise RuleBroken("Écrivez le motif : l’équipe du dossier le recevra.", field="reason")
    read_whole(application)
    request = _open_one(application)
    fire(WORKFLOW, CANCEL[request.asked_from], application, actor, reason=reason)
    close_unanswered(application, RequestClosure.CANCELLED, reason, actor=actor)
    outbox.publish(ChangesCancelled(application_id=application.id, change_request_id=request.id))


def open_request(application: Application) -> ChangeRequest | None:
    """The request that awaits its answer, if any; the dossier comes with its requests."""
    return next((request for request in application.change_requests if request.is_open), None)


def _open_one(application: Application) -> ChangeRequest:
    request = open_request(application)
    if request is None:
        raise InvalidTransition("Aucun complément n’est attendu : l’équipe a répondu, ou la demande est close.")
    return request


def answer(application: Application, *, at: dt.datetime) -> None:
    """End the open request, answered at the instant `at`, late or not."""
    for request in application.change_requests:
        if request.is_open:
            request.answered_at, request.before = at, None


def read_whole(application: Application) -> None:
    """Before a step that may end a request without its answer: lock the dossier, and read all that is being rewritten."""
    lock(application)
    if application.status is ApplicationStatus.CHANGES_REQUESTED:
        queries.loaded(application.id)


def close_unanswered(application: Application, closure: RequestClosure, reason: str, *, actor: Account) -> None:
    """End the open request without its answer, if there is one: asked by the step that has just moved a dossier `read_whole`.

    What was submitted stands again; what the team had begun to write is kept aside, for it to read.
    """
    request = open_request(application)
    if request is None:
        return
    # The status has moved, the words have not yet: nothing is written in between.
    with db.session.no_autoflush:
        before, request.unsent = request.before, _unsent(application, actor)
        request.closed_at, request.closure, request.closing_reason = clock.now(), closure, reason
        request.before = None
    if before is not None:
        rewriting.put_back(application, before)


def _unsent(application: Application, actor: Account) -> Json | None:
    """The dossier as it was being rewritten; None when nothing was changed since its last version."""
    if not application.versions:
        return None
    submitted = versions.version_of(application, max(version.number for version in application.versions)).content
    written = content_of(application, number=submitted["version"] + 1, at=clock.now(), by=actor)
    return written if between(submitted, written) else None
