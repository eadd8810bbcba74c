"""Eligibility, assignment, scores, committee and decisions."""

from guichet.review.models.committee import (
    CommitteeSession,
    Decision,
    PublicationItem,
    PublicationRun,
    SessionItem,
)
from guichet.review.models.evaluation import (
    Assignment,
    CriterionScore,
    EligibilityDecision,
    Evaluation,
)
from guichet.review.models.statuses import (
    AssignmentStatus,
    DecisionStatus,
    Outcome,
    PublicationState,
    Recommendation,
    SessionStatus,
)

__all__ = [
    "Assignment",
    "AssignmentStatus",
    "CommitteeSession",
    "CriterionScore",
    "Decision",
    "DecisionStatus",
    "EligibilityDecision",
    "Evaluation",
    "Outcome",
    "PublicationItem",
    "PublicationRun",
    "PublicationState",
    "Recommendation",
    "SessionItem",
    "SessionStatus",
]
