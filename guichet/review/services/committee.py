"""The committee: sessions and their agenda."""

import datetime as dt
from collections.abc import Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa

from guichet.accounts.models import Account
from guichet.applications.models import Application, ApplicationStatus
from guichet.applications.policies import can_process
from guichet.applications.workflow import WORKFLOW
from guichet.audit import services as audit
from guichet.calls.models import Call, CallStatus
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.core.policy import require
from guichet.outbox import services as outbox
from guichet.review import policies
from guichet.review.events import ApplicationReopened
from guichet.review.models import CommitteeSession, Decision, SessionItem, SessionStatus
from guichet.review.queries import committee as queries
from guichet.review.workflow import SESSION
from guichet.workflow.engine import fire, lock


def plan(call: Call, title: str, held_at: dt.datetime, place: str, *, actor: Account) -> CommitteeSession:
    """Plan a session of the committee on a call."""
    session = CommitteeSession(
        call=call, call_id=call.id, title=title, held_at=held_at, place=place, status=SessionStatus.PLANNED, items=[]
    )
    require(policies.can_plan_session, actor, session)
    if call.status in {CallStatus.DRAFT, CallStatus.ARCHIVED}:
        raise RuleBroken(f"L’appel est à l’état « {call.status.label} » : aucune séance ne peut s’y tenir.")
    db.session.add(session)
    db.session.flush()
    audit.record(actor, "committee_session.plan", session, call_id=call.id, title=title, held_at=held_at, place=place)
    return session


def change(session: CommitteeSession, title: str, held_at: dt.datetime, place: str, *, actor: Account) -> None:
    """Change the title, the hour or the place of a session to come."""
    _open_to_changes(session, actor)
    session.title, session.held_at, session.place = title, held_at, place
    audit.record(actor, "committee_session.change", session, title=title, held_at=held_at, place=place)


def place(session: CommitteeSession, applications: Sequence[Application], *, actor: Account) -> None:
    """Put dossiers on the agenda, after those already there; a deferred one returns to the committee.

    Raises RuleBroken for a dossier that awaits no decision or is on another agenda to come.
    """
    require(policies.can_plan_session, actor, session)
    for application in sorted(applications, key=lambda one: one.id):
        require(can_process, actor, application)
        if application.status is ApplicationStatus.DEFERRED:
            return_to_committee(application, actor=actor)
    _open_to_changes(session, actor)
    ids = [application.id for application in applications]
    free = set(db.session.scalars(queries.placeable(session, actor).where(Application.id.in_(ids))))
    for application in applications:
        if application not in free:
            raise RuleBroken(f"Le dossier {application.reference} ne peut pas être inscrit à cet ordre du jour.")
    last = db.session.scalar(sa.select(sa.func.max(SessionItem.position)).filter_by(session_id=session.id)) or 0
    db.session.add_all(
        SessionItem(session_id=session.id, application_id=application.id, position=position)
        for position, application in enumerate(applications, start=last + 1)
    )
    audit.record(actor, "committee_session.place", session, dossiers=[one.reference for one in applications])


def return_to_committee(application: Application, *, actor: Account) -> None:
    """The points of an adjournment are cleared: the committee may decide. The published reason stays in the history."""
    fire(WORKFLOW, "return_to_reviewed", application, actor, reason=application.outcome_reason)
    application.outcome_reason, application.outcome_published_at = "", None
    application.outcome_letter_id = None
    outbox.publish(ApplicationReopened(application_id=application.id, before=ApplicationStatus.DEFERRED, reason=""))


def remove(session: CommitteeSession, lines: Sequence[queries.Line], *, actor: Account) -> None:
    """Take dossiers off the agenda. Raises RuleBroken for one that the session has decided."""
    _open_to_changes(session, actor)
    ids = [line.application_id for line in lines]
    decided = sa.select(Decision.application_id).where(
        Decision.session_id == session.id, Decision.application_id.in_(ids), Decision.status.in_(queries.IN_FORCE)
    )
    kept = set(db.session.scalars(decided))
    for line in lines:
        if line.application_id in kept:
            raise RuleBroken(f"Une décision existe déjà pour le dossier {line.reference} : il reste inscrit.")
    db.session.execute(
        sa.delete(SessionItem).where(SessionItem.session_id == session.id, SessionItem.application_id.in_(ids))
    )
    audit.record(actor, "committee_session.remove", session, dossiers=[line.reference for line in lines])


def reorder(session: CommitteeSession, wanted: Mapping[UUID, int], *, actor: Account) -> None:
    """Move dossiers to the places asked (1 is the first) among those that `actor` sees; the others stay where they are."""
    _open_to_changes(session, actor)
    rows = (
        sa.select(SessionItem)
        .join(SessionItem.application)
        .where(SessionItem.session_id == session.id, queries.shown_to(actor))
        .order_by(SessionItem.position, SessionItem.id)
    )
    items = list(db.session.scalars(rows))
    slots = [item.position for item in items]
    moved = sorted((item for item in items if item.application_id in wanted), key=lambda i: wanted[i.application_id])
    order = [item for item in items if item not in moved]
    for item in moved:
        order.insert(max(0, wanted[item.application_id] - 1), item)
    for position, item in zip(slots, order, strict=True):
        item.position = position
    audit.record(actor, "committee_session.reorder", session, moved=len(moved))


def close(session: CommitteeSession, *, actor: Account) -> None:
    """The meeting is over: no decision is prepared from it any more; those prepared are still to be published."""
    fire(SESSION, "close", session, actor)
    session.closed_at = clock.now()


def _open_to_changes(session: CommitteeSession, actor: Account) -> None:
    require(policies.can_plan_session, actor, session)
    lock(session)
    if session.status is not SessionStatus.PLANNED:
        raise RuleBroken("La séance est close : son ordre du jour ne change plus.")
