"""Rights in review and committee."""

from guichet.accounts.models import Account, Role
from guichet.applications.models import Application, ApplicationStatus
from guichet.applications.policies import can_process, can_publish_decision
from guichet.review.models import Assignment, AssignmentStatus, CommitteeSession, Decision

READABLE = frozenset({AssignmentStatus.ACCEPTED, AssignmentStatus.COMPLETED})
STEP_ASIDE = frozenset({AssignmentStatus.ASSIGNED, AssignmentStatus.ACCEPTED})


def is_same_ministry(actor: Account, application: Application) -> bool:
    return actor.organisation.ministry_id == application.ministry_id


def obstacle_to(reviewer: Account, application: Application) -> str:
    """Why this person may not score the dossier, in French; empty when she may.

    A reviewer scores for the call, never a dossier of her own ministry nor one she helps to write.
    """
    if not (reviewer.is_active and reviewer.holds_on_call(application.call_id, Role.REVIEWER)):
        return "n’est pas évaluateur de cet appel."
    if is_same_ministry(reviewer, application):
        return "appartient au ministère qui porte le dossier."
    if any(member.account_id == reviewer.id for member in application.team):
        return "fait partie de l’équipe du dossier."
    return ""


def can_assign(actor: Account, assignment: Assignment) -> bool:
    """The officer who processes the dossier chooses its reviewers."""
    return can_process(actor, assignment.application)


def can_stop(_actor: Account, _assignment: Assignment) -> bool:
    """Nobody: the guichet stops an evaluation by itself, when the dossier is withdrawn."""
    return False


def is_assigned(actor: Account, assignment: Assignment) -> bool:
    return assignment.reviewer_id == actor.id


def can_read_dossier(actor: Account, assignment: Assignment) -> bool:
    """The content opens only once the absence of conflict is declared."""
    return is_assigned(actor, assignment) and assignment.status in READABLE


def can_score(actor: Account, assignment: Assignment) -> bool:
    """Assigned, conflict declared absent, opinion not submitted yet."""
    return is_assigned(actor, assignment) and assignment.status is AssignmentStatus.ACCEPTED


def can_write(actor: Account, assignment: Assignment) -> bool:
    """May score, and the officer has neither closed the review nor asked for complements."""
    return can_score(actor, assignment) and assignment.application.status is ApplicationStatus.UNDER_REVIEW


def can_step_aside(actor: Account, assignment: Assignment) -> bool:
    """A conflict may come to light while reading; once the opinion is submitted, it is for the officer."""
    return is_assigned(actor, assignment) and assignment.status in STEP_ASIDE


def can_see_session(actor: Account, session: CommitteeSession) -> bool:
    """The committee, its chair and the secretariat; auditors read, and so does who pays, without the opinions."""
    return actor.holds_on_call(session.call_id, Role.OFFICER, Role.COMMITTEE, Role.CHAIR, Role.AUDITOR, Role.FINANCE)


def can_read_opinions(actor: Account, subject: CommitteeSession | Application) -> bool:
    """Marks, means, recommendations, comments, ranking: the secretariat, the committee, the chair and the auditors.

    Who pays needs the decision and its amount, who administers needs neither: opinions are signed by name.
    """
    return actor.holds_on_call(subject.call_id, Role.OFFICER, Role.COMMITTEE, Role.CHAIR, Role.AUDITOR)


def can_plan_session(actor: Account, session: CommitteeSession) -> bool:
    return actor.holds_on_call(session.call_id, Role.OFFICER)


def can_close_session(actor: Account, session: CommitteeSession) -> bool:
    return actor.holds_on_call(session.call_id, Role.CHAIR)


def can_decide(actor: Account, application: Application) -> bool:
    """The chair decides, never on a dossier of her own ministry."""
    return actor.holds_on_call(application.call_id, Role.CHAIR) and not is_same_ministry(actor, application)


def can_see_prepared(actor: Account, subject: CommitteeSession | Application) -> bool:
    """What is decided but not published: the secretariat, the committee, the chair and the auditors; nobody else."""
    return actor.holds_on_call(subject.call_id, Role.OFFICER, Role.COMMITTEE, Role.CHAIR, Role.AUDITOR)


def can_cancel(actor: Account, decision: Decision) -> bool:
    """The chair takes back what is not published."""
    return can_decide(actor, decision.application)


def can_publish(actor: Account, decision: Decision) -> bool:
    return can_publish_decision(actor, decision.application)
