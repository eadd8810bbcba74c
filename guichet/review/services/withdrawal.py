"""What a withdrawal takes away from reviewers and from the committee, a few seconds after the team made it."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from guichet.accounts.models import Account
from guichet.applications.models import Application
from guichet.audit import services as audit
from guichet.core.db import db
from guichet.outbox import services as outbox
from guichet.review.events import ReviewStopped
from guichet.review.models import Assignment, CommitteeSession, Decision, DecisionStatus, SessionItem, SessionStatus
from guichet.review.policies import STEP_ASIDE
from guichet.review.queries import decisions
from guichet.review.queries.committee import TOLD
from guichet.review.services.decision import take_back_for_withdrawal
from guichet.review.workflow import ASSIGNMENT
from guichet.workflow.engine import fire, lock


def clear(application_id: UUID, *, by: Account) -> None:
    """Drop the decision prepared for a withdrawn dossier, take it off the agendas to come, stop its reviewers. Twice is once.

    The call is locked first, as whoever decides does; `by` withdrew the dossier: the ledger names who made the money return.
    """
    application = db.session.scalars(
        sa.select(Application).where(Application.id == application_id).options(joinedload(Application.call))
    ).one()
    lock(application.call)
    lock(application)
    if decision := decisions.in_force(application_id, DecisionStatus.PREPARED):
        take_back_for_withdrawal(decision, by=by)
    _leave_agendas(application)
    _stop_reviewers(application)


def _leave_agendas(application: Application) -> None:
    """A session whose decision on the dossier was published keeps its line: it was so."""
    decided = sa.exists().where(
        Decision.session_id == SessionItem.session_id,
        Decision.application_id == SessionItem.application_id,
        Decision.status.in_(TOLD),
    )
    items = db.session.scalars(
        sa.select(SessionItem)
        .join(SessionItem.session)
        .where(SessionItem.application_id == application.id, CommitteeSession.status == SessionStatus.PLANNED, ~decided)
        .options(joinedload(SessionItem.session))
    ).all()
    for item in items:
        audit.record(None, "committee_session.remove", item.session, dossiers=[application.reference])
        db.session.delete(item)


def _stop_reviewers(application: Application) -> None:
    rows = sa.select(Assignment).where(Assignment.application_id == application.id, Assignment.status.in_(STEP_ASIDE))
    for assignment in db.session.scalars(rows.options(joinedload(Assignment.reviewer)).order_by(Assignment.id)).all():
        fire(ASSIGNMENT, "stop", assignment, None, member=assignment.reviewer.full_name)
        outbox.publish(ReviewStopped(application_id=application.id, assignment_id=assignment.id))
