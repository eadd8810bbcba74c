"""Sessions of the committee and decisions, the smallest valid ones."""

import datetime as dt
from decimal import Decimal
from typing import Any

from guichet.accounts.models import Account, Role
from guichet.applications.models import Application, ApplicationStatus
from guichet.calls.models import Call, EnvelopeMovement, MovementKind
from guichet.core import clock
from guichet.core.db import db
from guichet.review.models import (
    AssignmentStatus,
    CommitteeSession,
    Decision,
    DecisionStatus,
    Outcome,
    Recommendation,
    SessionItem,
    SessionStatus,
)
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call
from tests.factories.review import make_assignment


def make_reviewed(
    call: Call,
    *,
    mean: Decimal | int | None = 70,
    status: ApplicationStatus = ApplicationStatus.REVIEWED,
    **columns: Any,
) -> Application:
    """A dossier that awaits the committee, with one opinion of that mean (none when `mean` is None)."""
    application = make_application(call=call, status=status, **columns)
    if mean is not None:
        give_opinion(application, mean)
    return application


def give_opinion(
    application: Application, mean: Decimal | int, recommendation: Any = Recommendation.FAVOURABLE
) -> None:
    assignment = make_assignment(application, status=AssignmentStatus.COMPLETED)
    assignment.evaluation.mean = Decimal(mean)
    assignment.evaluation.recommendation = recommendation
    db.session.flush()


def make_session(call: Call | None = None, *applications: Application, **columns: Any) -> CommitteeSession:
    """A session to come, with `applications` on its agenda."""
    call = call or make_call()
    columns = {"title": "Comité de novembre", "held_at": clock.now() + dt.timedelta(days=7), **columns}
    if columns.get("status") is SessionStatus.HELD:
        columns.setdefault("closed_at", clock.now())
    session = CommitteeSession(call=call, call_id=call.id, items=[], **columns)
    db.session.add(session)
    db.session.flush()
    db.session.add_all(
        SessionItem(session_id=session.id, application_id=application.id, position=position)
        for position, application in enumerate(applications, start=1)
    )
    db.session.flush()
    return session


def make_decision(
    application: Application,
    session: CommitteeSession,
    outcome: Outcome = Outcome.AWARDED,
    status: DecisionStatus = DecisionStatus.PREPARED,
    *,
    chair: Account | None = None,
    amount: Decimal | int = 50_000,
    **columns: Any,
) -> Decision:
    """A decision as it is stored, its money reserved while it is in force; the dossier's own status does not move."""
    chair = chair or make_account(Role.CHAIR)
    if status in {DecisionStatus.PUBLISHED, DecisionStatus.REPLACED}:
        columns.setdefault("published_at", clock.now())
        columns.setdefault("published_by_id", chair.id)
    if outcome is Outcome.AWARDED:
        columns.setdefault("amount", Decimal(amount))
    else:
        columns.setdefault("reason", "Impact insuffisant.")
    decision = Decision(
        application=application,
        session=session,
        outcome=outcome,
        status=status,
        prepared_by=chair,
        prepared_at=clock.now(),
        **columns,
    )
    db.session.add(decision)
    db.session.flush()
    if decision.amount and status in {DecisionStatus.PREPARED, DecisionStatus.PUBLISHED}:
        _reserve(decision, chair)
    return decision


def _reserve(decision: Decision, chair: Account) -> None:
    call = decision.session.call
    call.envelope_left -= decision.amount
    db.session.add(
        EnvelopeMovement(
            call_id=call.id,
            kind=MovementKind.AWARD,
            amount=-decision.amount,
            reason="Attribution",
            author_id=chair.id,
            decision_id=decision.id,
        )
    )
    db.session.flush()
