"""Assignments and evaluations, the smallest valid ones."""

import datetime as dt
from decimal import Decimal
from typing import Any

from guichet.accounts.models import Account, Role
from guichet.applications.models import Application, ApplicationStatus
from guichet.core import clock
from guichet.core.db import db
from guichet.review.models import (
    Assignment,
    AssignmentStatus,
    CriterionScore,
    Evaluation,
    Recommendation,
)
from guichet.review.ranking import applicable, weighted_mean
from tests.factories.accounts import make_account
from tests.factories.applications import make_application

S = AssignmentStatus


def make_assignment(
    application: Application | None = None,
    reviewer: Account | None = None,
    status: AssignmentStatus = S.ASSIGNED,
    **columns: Any,
) -> Assignment:
    """A dossier under review given to `reviewer`; with its evaluation when she accepted or completed it."""
    application = application or make_application(status=ApplicationStatus.UNDER_REVIEW)
    reviewer = reviewer or make_account(Role.REVIEWER)
    columns.setdefault("due_on", clock.today() + dt.timedelta(days=14))
    columns.setdefault("assigned_by_id", make_account(Role.OFFICER).id)
    if status not in {S.ASSIGNED, S.CANCELLED}:
        columns.setdefault("answered_at", clock.now())
    if status in {S.CONFLICT, S.DECLINED}:
        columns.setdefault("refusal_reason", "Ancienne collègue du porteur.")
    assignment = Assignment(
        application=application,
        application_id=application.id,
        reviewer=reviewer,
        reviewer_id=reviewer.id,
        status=status,
        **columns,
    )
    db.session.add(assignment)
    if status is S.ACCEPTED:
        assignment.evaluation = Evaluation(scores=[])
    if status is S.COMPLETED:
        make_evaluation(assignment)
    db.session.flush()
    return assignment


def make_evaluation(assignment: Assignment, *, mark: int = 3, **columns: Any) -> Evaluation:
    """A submitted opinion giving `mark` on every criterion."""
    application = assignment.application
    criteria = applicable(application.call.criteria, application)
    scores = [
        CriterionScore(criterion=criterion, criterion_id=criterion.id, mark=mark, justification="Bien étayé.")
        for criterion in criteria
    ]
    columns = {
        "recommendation": Recommendation.FAVOURABLE,
        "comment_to_committee": "Projet solide.",
        "submitted_at": clock.now(),
        "mean": weighted_mean(scores, criteria) if criteria else Decimal(0),
        **columns,
    }
    evaluation = Evaluation(assignment=assignment, scores=scores, **columns)
    assignment.evaluation = evaluation
    db.session.add(evaluation)
    db.session.flush()
    return evaluation
