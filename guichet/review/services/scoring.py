"""What a reviewer does: her declaration, her draft, her opinion."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm.attributes import flag_modified

from guichet.accounts.models import Account
from guichet.applications.models import ApplicationStatus, Recusal
from guichet.audit import services as audit
from guichet.calls.models import Criterion
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Conflict, RuleBroken
from guichet.core.policy import require
from guichet.outbox import services as outbox
from guichet.review.events import ReviewCompleted, ReviewDeclined
from guichet.review.models import Assignment, AssignmentStatus, CriterionScore, Evaluation, Recommendation
from guichet.review.policies import is_assigned
from guichet.review.ranking import applicable, weighted_mean
from guichet.review.workflow import ASSIGNMENT
from guichet.workflow.engine import fire, lock


@dataclass(frozen=True)
class Opinion:
    """What the reviewer typed: (mark, justification) by criterion, and the rest."""

    marks: Mapping[UUID, tuple[int | None, str]]
    recommendation: Recommendation | None
    comment_to_committee: str
    comment_to_applicant: str


def accept(assignment: Assignment, *, actor: Account) -> Evaluation:
    """She declares no conflict: the dossier opens to her, with an empty evaluation."""
    lock(assignment.application)
    _refuse_when_over(assignment)
    fire(ASSIGNMENT, "accept", assignment, actor)
    assignment.answered_at = clock.now()
    evaluation = Evaluation(assignment=assignment, scores=[])
    db.session.add(evaluation)
    return evaluation


def declare_conflict(assignment: Assignment, reason: str, *, actor: Account) -> None:
    """She has an interest in the dossier: it disappears from her sight everywhere, and somebody else is to be found."""
    _step_aside(assignment, "declare_conflict", reason, actor)
    db.session.add(Recusal(application_id=assignment.application_id, account_id=actor.id, reason=reason))


def decline(assignment: Assignment, reason: str, *, actor: Account) -> None:
    """She has no time, or not the skills: somebody else is to be found."""
    _step_aside(assignment, "decline", reason, actor)


def _step_aside(assignment: Assignment, transition: str, reason: str, actor: Account) -> None:
    if not reason.strip():
        raise RuleBroken("Écrivez le motif : le chargé d’instruction le lira.", field="reason")
    fire(ASSIGNMENT, transition, assignment, actor, reason=reason)
    assignment.refusal_reason = reason
    assignment.answered_at = clock.now()
    outbox.publish(ReviewDeclined(application_id=assignment.application_id, assignment_id=assignment.id))


def save_draft(evaluation: Evaluation, opinion: Opinion, *, version: int, actor: Account) -> None:
    """Keep an unfinished opinion. Raises Conflict when it was saved elsewhere since `version`, RuleBroken when it is too late."""
    _write(evaluation, opinion, version, actor)
    audit.record(actor, "evaluation.save", evaluation)


def hand_in(evaluation: Evaluation, opinion: Opinion, *, version: int, actor: Account) -> None:
    """Give a finished opinion, for good. Raises RuleBroken naming what is missing, and as `save_draft` does."""
    _write(evaluation, opinion, version, actor)
    criteria = applicable(evaluation.assignment.application.call.criteria, evaluation.assignment.application)
    for criterion in criteria:
        _refuse_a_gap(criterion, *opinion.marks.get(criterion.id, (None, "")))
    if opinion.recommendation is None:
        raise RuleBroken("Choisissez votre avis.", field="recommendation")
    evaluation.mean = weighted_mean(evaluation.scores, criteria)
    evaluation.submitted_at = clock.now()
    fire(ASSIGNMENT, "complete", evaluation.assignment, actor, mean=evaluation.mean)
    assignment = evaluation.assignment
    outbox.publish(ReviewCompleted(application_id=assignment.application_id, assignment_id=assignment.id))


def _write(evaluation: Evaluation, opinion: Opinion, version: int, actor: Account) -> None:
    assignment = evaluation.assignment
    for row in (assignment.application, assignment, evaluation):
        lock(row)
    require(is_assigned, actor, assignment)
    if assignment.status is AssignmentStatus.COMPLETED or evaluation.version != version:
        raise Conflict("Votre évaluation a été enregistrée ailleurs depuis l’ouverture de cette page.")
    _refuse_when_over(assignment)
    scores = {score.criterion_id: score for score in evaluation.scores}
    for criterion in applicable(assignment.application.call.criteria, assignment.application):
        mark, justification = opinion.marks.get(criterion.id, (None, ""))
        if mark is not None and not 0 <= mark <= criterion.highest_mark:
            raise RuleBroken(f"La note va de 0 à {criterion.highest_mark}.", field=f"mark_{criterion.position}")
        if criterion.id not in scores:
            scores[criterion.id] = CriterionScore(criterion_id=criterion.id, criterion=criterion)
            evaluation.scores.append(scores[criterion.id])
        scores[criterion.id].mark, scores[criterion.id].justification = mark, justification
    evaluation.recommendation = opinion.recommendation
    evaluation.comment_to_committee = opinion.comment_to_committee
    evaluation.comment_to_applicant = opinion.comment_to_applicant
    # A change of the marks alone must also move the version, by which another tab is refused.
    flag_modified(evaluation, "comment_to_committee")


def _refuse_when_over(assignment: Assignment) -> None:
    status = assignment.application.status
    if status is not ApplicationStatus.UNDER_REVIEW:
        raise RuleBroken(
            f"L’évaluation n’est pas ouverte : le dossier est à l’état « {status.label} ». Rien n’a été enregistré ; "
            "ce que vous avez écrit reste affiché ici, pour que vous puissiez le copier."
        )


def _refuse_a_gap(criterion: Criterion, mark: int | None, justification: str) -> None:
    if mark is None:
        raise RuleBroken("Choisissez une note.", field=f"mark_{criterion.position}")
    if not justification.strip():
        raise RuleBroken("Justifiez la note.", field=f"why_{criterion.position}")
