"""Giving dossiers to reviewers, opening and closing the review."""

import datetime as dt

from guichet.accounts.models import Account
from guichet.applications.models import Application, ApplicationStatus
from guichet.applications.policies import can_process
from guichet.applications.workflow import WORKFLOW
from guichet.audit import services as audit
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import InvalidTransition, RuleBroken
from guichet.core.policy import require
from guichet.outbox import services as outbox
from guichet.review.events import ReviewAssigned
from guichet.review.models import Assignment, AssignmentStatus
from guichet.review.queries import assignments as queries
from guichet.review.workflow import ASSIGNMENT
from guichet.workflow.engine import fire, lock


def assign(application: Application, reviewer: Account, due_on: dt.date, *, actor: Account) -> Assignment:
    """Ask `reviewer` to score the dossier by `due_on` (included); the first assignment opens the review.

    Raises RuleBroken (at `reviewer` or `due_on`) when the choice is refused, Forbidden, InvalidTransition.
    """
    lock(application)
    require(can_process, actor, application)
    if application.status is ApplicationStatus.ELIGIBLE:
        fire(WORKFLOW, "open_review", application, actor)
    if application.status is not ApplicationStatus.UNDER_REVIEW:
        raise InvalidTransition(f"Action impossible : l’état est « {application.status.label} ».")
    if due_on < clock.today(application.call.time_zone):
        raise RuleBroken("Choisissez un jour à venir.", field="due_on")
    earlier = queries.between(application, reviewer)
    if obstacle := queries.obstacle(application, reviewer, earlier):
        raise RuleBroken(f"{reviewer.full_name} ne peut pas être désigné : {obstacle}", field="reviewer")
    assignment = _renew(earlier, actor) if earlier else _add(application, reviewer, due_on, actor)
    assignment.due_on = due_on
    outbox.publish(ReviewAssigned(application_id=application.id, assignment_id=assignment.id))
    return assignment


def _add(application: Application, reviewer: Account, due_on: dt.date, actor: Account) -> Assignment:
    assignment = Assignment(
        application=application, reviewer=reviewer, reviewer_id=reviewer.id, assigned_by_id=actor.id, due_on=due_on
    )
    db.session.add(assignment)
    db.session.flush()
    audit.record(actor, "assignment.create", assignment, member=reviewer.full_name, due_on=due_on)
    return assignment


def _renew(assignment: Assignment, actor: Account) -> Assignment:
    fire(ASSIGNMENT, "renew", assignment, actor, member=assignment.reviewer.full_name)
    assignment.assigned_by_id = actor.id
    return assignment


def unassign(assignment: Assignment, *, actor: Account) -> None:
    """Take back what the reviewer has not answered yet. Raises InvalidTransition once she has."""
    fire(ASSIGNMENT, "cancel", assignment, actor, member=assignment.reviewer.full_name)


def reopen_review(application: Application, *, actor: Account) -> None:
    """After complements the dossier is eligible again: those who were scoring it go on.

    Raises RuleBroken when nobody is assigned: the first assignment opens the review.
    """
    fire(WORKFLOW, "open_review", application, actor)
    if not any(a.status in queries.LIVE for a in queries.of_application(application.id)):
        raise RuleBroken("Désignez d’abord un évaluateur : la première désignation ouvre l’évaluation.")


def close_review(application: Application, *, actor: Account) -> None:
    """Enough opinions are in: the dossier goes to the committee. Raises RuleBroken saying how many are missing."""
    fire(WORKFLOW, "close_review", application, actor)
    done = sum(a.status is AssignmentStatus.COMPLETED for a in queries.of_application(application.id))
    if missing := max(0, application.call.reviews_required - done):
        some = "une évaluation" if missing == 1 else f"{missing} évaluations"
        raise RuleBroken(
            f"Il manque {some} : l’appel en demande {application.call.reviews_required}, {done} remise(s)."
        )
