"""Handing a dossier in: by its lead, or by the focal point who endorses it; again, once complements were asked.

Locks: the call first (its window is judged and its number taken under it), then the dossier.
"""

import datetime as dt

from guichet.accounts import queries as accounts
from guichet.accounts.models import Account, Role
from guichet.applications import eligibility, policies
from guichet.applications.completeness import Gap, infected, missing
from guichet.applications.events import (
    ApplicationSubmitted,
    ApplicationWithdrawn,
    EndorsementRequested,
    ReturnedToDraft,
)
from guichet.applications.frozen import content_of, sha256_of
from guichet.applications.models import Application, ApplicationVersion, RequestClosure
from guichet.applications.services import complements, own
from guichet.applications.workflow import WORKFLOW
from guichet.audit import services as audit
from guichet.audit.models import Audience
from guichet.calls.models import Call
from guichet.calls.policies import is_open, round_at
from guichet.calls.services import next_reference
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.outbox import services as outbox
from guichet.web.filters import moment
from guichet.workflow.engine import fire, lock

# Characters of a withdrawal's reason.
LONGEST_REASON = 1000


def request_endorsement(application: Application, *, actor: Account, seen: int | None = None) -> None:
    """Ask the ministry's focal point to endorse a complete dossier, while there is still time to submit it."""
    read, condemned = application.version, list(infected(application))
    fire(WORKFLOW, "request_endorsement", application, actor)
    _refuse_unread(application, read, seen)
    _refuse_closed(application.call, clock.now())
    own.reread_form(application)
    _refuse_gaps(application, condemned)
    if not accounts.holders_of(Role.FOCAL_POINT, organisation_id=application.ministry_id):
        raise RuleBroken(
            "Votre ministère n’a pas de référent inscrit sur le guichet : personne ne pourrait viser le dossier. "
            "Écrivez à l’adresse de contact de l’appel."
        )
    outbox.publish(EndorsementRequested(application_id=application.id))


def submit(application: Application, *, actor: Account, seen: int | None = None) -> ApplicationVersion:
    """Hand a complete draft in while its call is open: it takes a number, and its content is frozen.

    `seen` is the dossier's version that the actor was shown. Raises InvalidTransition when it is no draft any more, RuleBroken
    when the call is not open, when the dossier is incomplete (naming all that it lacks) or changed since it was read.
    """
    return _hand_in(application, "submit", actor, seen)


def endorse(
    application: Application, comment: str = "", *, actor: Account, seen: int | None = None
) -> ApplicationVersion:
    """The focal point endorses, hence submits; `comment` is read in the dossier's history. Raises as `submit`."""
    return _hand_in(application, "endorse", actor, seen, **({"message": comment} if comment.strip() else {}))


def _hand_in(
    application: Application, transition: str, actor: Account, seen: int | None, **facts: str
) -> ApplicationVersion:
    read, condemned = application.version, list(infected(application))
    lock(application.call, "rounds")
    fire(WORKFLOW, transition, application, actor, **facts)
    _refuse_unread(application, read, seen)
    now = clock.now()
    _refuse_closed(application.call, now)
    own.pin(application)
    _refuse_gaps(application, condemned)
    _refuse_second(application)
    application.submitted_at, running = now, round_at(application.call, at=now)
    application.round_id = running.id if running else None
    application.reference = next_reference(application.call)
    return _freeze(application, now, actor)


def resubmit(application: Application, *, actor: Account, seen: int | None = None) -> ApplicationVersion:
    """Hand the complements in, even after their own last day. The call's window does not matter any more."""
    read, condemned = application.version, list(infected(application))
    fire(WORKFLOW, "resubmit", application, actor)
    _refuse_unread(application, read, seen)
    now = clock.now()
    complements.answer(application, at=now)
    own.pin(application)
    _refuse_gaps(application, condemned)
    return _freeze(application, now, actor)


def return_to_draft(application: Application, reason: str = "", *, actor: Account) -> None:
    """The focal point sends back, saying why; the team may take back what nobody endorsed yet."""
    if not reason.strip() and not policies.is_writer(actor, application):
        raise RuleBroken("Écrivez le motif : l’équipe du dossier le recevra.", field="reason")
    fire(WORKFLOW, "return_to_draft", application, actor, reason=reason)
    outbox.publish(ReturnedToDraft(application_id=application.id, reason=reason, by_id=actor.id))


def withdraw(application: Application, reason: str, *, actor: Account) -> None:
    """The team gives up, for a stated reason; the dossier stays readable, as it was last submitted.

    What the committee and the reviewers had of it is taken away by a handler of the event, a few seconds later.
    """
    if not reason.strip():
        raise RuleBroken("Écrivez le motif du retrait.", field="reason")
    if len(reason) > LONGEST_REASON:
        raise RuleBroken(f"Le motif tient en {LONGEST_REASON} caractères.", field="reason")
    complements.read_whole(application)
    fire(WORKFLOW, "withdraw", application, actor, reason=reason)
    complements.close_unanswered(application, RequestClosure.WITHDRAWN, reason, actor=actor)
    outbox.publish(ApplicationWithdrawn(application_id=application.id, reason=reason, by_id=actor.id))


def _refuse_unread(application: Application, read: int, seen: int | None) -> None:
    """Nobody certifies what she has not read: `read` is what this request loaded, `seen` what her page showed."""
    if application.version != read or (seen is not None and application.version != seen):
        raise RuleBroken(
            "Le dossier a été modifié depuis l’ouverture de cette page. Relisez-le, puis recommencez : rien n’est déposé."
        )


def _refuse_closed(call: Call, now: dt.datetime) -> None:
    if is_open(call, at=now):
        return
    if now < call.opens_at:
        raise RuleBroken(f"L’appel ouvre le {moment(call.opens_at, call.time_zone)} : revenez à ce moment.")
    closing = moment(min(call.closes_at or now, now), call.time_zone)
    raise RuleBroken(f"L’appel est clos depuis le {closing} : le dossier ne peut plus être déposé. Il reste lisible.")


def _refuse_second(application: Application) -> None:
    """One dossier a ministry, where the call says so. The call's lock is held: two cannot pass at once."""
    verdict = eligibility.number(application)
    if not verdict.holds:
        raise RuleBroken(f"{verdict.message} {verdict.to_do}")


def _refuse_gaps(application: Application, condemned: list[Gap]) -> None:
    """`condemned` was asked before the step: once it is made, no section is open, and an infected file no gap any more."""
    if gaps := [*missing(application), *condemned]:
        raise RuleBroken("Le dossier est incomplet. " + " ".join(gap.message for gap in gaps))


def _tell(application: Application) -> None:
    """From now on everybody outside the team reads these words."""
    application.submitted_title, application.submitted_summary = application.title, application.summary
    application.submitted_cost, application.submitted_amount = application.total_cost, application.amount_requested
    application.submitted_digital = application.is_digital_service


def _freeze(application: Application, now: dt.datetime, actor: Account) -> ApplicationVersion:
    """Keep the content as a new version, and tell it."""
    _tell(application)
    number = max((version.number for version in application.versions), default=0) + 1
    content = content_of(application, number=number, at=now, by=actor)
    version = ApplicationVersion(
        application_id=application.id,
        number=number,
        submitted_at=now,
        submitted_by_id=actor.id,
        content=content,
        sha256=sha256_of(content),
    )
    db.session.add(version)
    audit.record(
        actor,
        "application.freeze",
        application,
        audience=Audience.TEAM,
        version=number,
        reference=application.reference,
        sha256=version.sha256,
    )
    outbox.publish(ApplicationSubmitted(application_id=application.id, version_number=number))
    return version
