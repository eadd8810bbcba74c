"""Eligibility: each decision is reasoned, dated, signed and kept; a reopening adds a decision and erases none."""

from guichet.accounts.models import Account
from guichet.applications.models import Application, ApplicationStatus, RequestClosure
from guichet.applications.services import complements
from guichet.applications.workflow import WORKFLOW
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.outbox import services as outbox
from guichet.review.events import ApplicationClosed, ApplicationReopened, EligibilityDecided
from guichet.review.models import EligibilityDecision
from guichet.workflow.engine import fire


def declare_eligible(application: Application, remark: str = "", *, actor: Account) -> EligibilityDecision:
    """The dossier meets the rules of its call; `remark` is told to the team."""
    fire(WORKFLOW, "declare_eligible", application, actor, reason=remark)
    return _decide(application, remark, eligible=True, actor=actor)


def declare_ineligible(application: Application, reason: str, *, actor: Account) -> EligibilityDecision:
    """The dossier does not meet the rules of its call. Raises RuleBroken without a reason."""
    fire(WORKFLOW, "declare_ineligible", application, actor, reason=_given(reason))
    _show_outcome(application, reason)
    return _decide(application, reason, eligible=False, actor=actor)


def reopen(application: Application, reason: str, *, actor: Account) -> None:
    """Examine an ineligible dossier again, for a stated reason; a new decision will follow."""
    fire(WORKFLOW, "reopen_ineligible", application, actor, reason=_given(reason))
    application.outcome_reason, application.outcome_published_at = "", None
    application.reopened_at = clock.now()
    before = ApplicationStatus.INELIGIBLE
    outbox.publish(ApplicationReopened(application_id=application.id, before=before, reason=reason))


def close_without_follow_up(application: Application, reason: str, *, actor: Account) -> None:
    """Neither eligible nor ineligible: the dossier stops here (duplicate, project abandoned…), for a stated reason."""
    complements.read_whole(application)
    fire(WORKFLOW, "close_without_follow_up", application, actor, reason=_given(reason))
    complements.close_unanswered(application, RequestClosure.CLOSED, reason, actor=actor)
    _show_outcome(application, reason)
    outbox.publish(ApplicationClosed(application_id=application.id, reason=reason))


def _given(reason: str) -> str:
    if not reason.strip():
        raise RuleBroken("Écrivez le motif : l’équipe du dossier le recevra.", field="reason")
    return reason


def _show_outcome(application: Application, reason: str) -> None:
    """The team reads why on the first page of its dossier."""
    application.outcome_reason = reason
    application.outcome_published_at = clock.now()


def _decide(application: Application, reason: str, *, eligible: bool, actor: Account) -> EligibilityDecision:
    decision = EligibilityDecision(
        application_id=application.id,
        eligible=eligible,
        reason=reason,
        decided_by=actor,
        decided_by_id=actor.id,
        decided_at=clock.now(),
    )
    db.session.add(decision)
    outbox.publish(EligibilityDecided(application_id=application.id, eligible=eligible, reason=reason))
    return decision
