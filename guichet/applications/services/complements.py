"""Complements: the officer names sections and a last day; only those sections reopen, and the answer makes a new version."""

import datetime as dt
import uuid
from collections.abc import Iterable

from guichet.accounts.models import Account
from guichet.applications.events import ChangesRequested
from guichet.applications.models import Application, ChangeRequest, Section
from guichet.applications.own import AnySection, OwnSection
from guichet.applications.workflow import WORKFLOW
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.outbox import services as outbox
from guichet.web.filters import day
from guichet.workflow.engine import fire

# Days, from the request.
LONGEST_DELAY = 60


def request_changes(
    application: Application, sections: Iterable[AnySection], message: str, due_on: dt.date, *, actor: Account
) -> ChangeRequest:
    """Ask the team to complete `sections`, `due_on` included (a day of the call's zone). Raises RuleBroken at its field."""
    named = list(dict.fromkeys(sections))
    if not named:
        raise RuleBroken("Cochez au moins une rubrique à compléter.", field="sections")
    if not message.strip():
        raise RuleBroken("Écrivez ce qui est demandé.", field="message")
    today = _day_in(application, clock.now())
    if not today < due_on <= today + dt.timedelta(days=LONGEST_DELAY):
        latest = day(today + dt.timedelta(days=LONGEST_DELAY))
        raise RuleBroken(f"Choisissez une date entre demain et le {latest}.", field="due_on")
    own = [section for section in named if isinstance(section, OwnSection)]
    ordered: list[AnySection] = [*(section for section in Section if section in named), *own]
    facts = {"sections": [section.value for section in ordered], "due_on": due_on, "message": message}
    fire(WORKFLOW, "request_changes", application, actor, **facts)
    request = ChangeRequest(
        id=uuid.uuid4(),
        application_id=application.id,
        sections=[section.value for section in ordered],
        message=message,
        due_on=due_on,
        requested_by_id=actor.id,
    )
    db.session.add(request)
    outbox.publish(ChangesRequested(application_id=application.id, change_request_id=request.id))
    return request


def answer(application: Application, *, at: dt.datetime) -> None:
    """Close the open request, answered at the instant `at`. Raises RuleBroken after the end of its last day."""
    for request in application.change_requests:
        if request.answered_at is not None:
            continue
        if _day_in(application, at) > request.due_on:
            raise RuleBroken(
                f"Le délai pour compléter a pris fin le {day(request.due_on)} au soir : rien n’est déposé. "
                f"Écrivez à {application.call.contact_email or 'l’adresse de contact de l’appel'} pour le rouvrir."
            )
        request.answered_at = at


def _day_in(application: Application, instant: dt.datetime) -> dt.date:
    return clock.day_of(instant, application.call.time_zone)
