"""Who may be asked to score a dossier, and who was."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload
from sqlalchemy.orm.interfaces import ORMOption

from guichet.accounts.models import Account, Role
from guichet.accounts.queries import holders_of
from guichet.applications.models import Application, Recusal
from guichet.core.db import db
from guichet.core.errors import NotFound
from guichet.review.models import Assignment, AssignmentStatus, CriterionScore, Evaluation
from guichet.review.policies import STEP_ASIDE, obstacle_to

# Of use to the dossier: asked, at work, or done.
LIVE = frozenset({AssignmentStatus.ASSIGNED, AssignmentStatus.ACCEPTED, AssignmentStatus.COMPLETED})


@dataclass(frozen=True)
class Candidate:
    """A reviewer of the call, with how many opinions she owes on all dossiers, and why she may not be chosen (or "")."""

    account: Account
    load: int
    obstacle: str


def of_application(application_id: UUID) -> list[Assignment]:
    """Everybody who was asked, with what she gave; the first asked first."""
    return list(
        db.session.scalars(
            sa.select(Assignment)
            .where(Assignment.application_id == application_id)
            .options(joinedload(Assignment.reviewer), joinedload(Assignment.evaluation))
            .order_by(Assignment.created_at, Assignment.id)
        )
    )


def one_of(application: Application, assignment_id: UUID) -> Assignment:
    """The assignment, when it is of this dossier. Raises NotFound."""
    return _one(application, assignment_id)


def opinion_of(application: Application, assignment_id: UUID) -> Assignment:
    """The same, with the submitted opinion and its marks. Raises NotFound while nothing is submitted."""
    marks = joinedload(Assignment.evaluation).selectinload(Evaluation.scores).joinedload(CriterionScore.criterion)
    assignment = _one(application, assignment_id, marks)
    if assignment.evaluation is None or assignment.evaluation.submitted_at is None:
        raise NotFound("Cette évaluation n’est pas remise.")
    return assignment


def _one(application: Application, assignment_id: UUID, *options: ORMOption) -> Assignment:
    assignment = db.session.scalar(
        sa.select(Assignment)
        .where(Assignment.id == assignment_id, Assignment.application_id == application.id)
        .options(joinedload(Assignment.reviewer), contains_eager(Assignment.application), *options)
        .join(Assignment.application)
    )
    if assignment is None:
        raise NotFound("Cette désignation n’existe pas.")
    return assignment


def between(application: Application, reviewer: Account) -> Assignment | None:
    """What this person was already asked on this dossier."""
    return db.session.scalars(
        sa.select(Assignment)
        .where(Assignment.application_id == application.id, Assignment.reviewer_id == reviewer.id)
        .options(joinedload(Assignment.reviewer), joinedload(Assignment.application))
    ).one_or_none()


def obstacle(application: Application, reviewer: Account, earlier: Assignment | None) -> str:
    """Why she may not be chosen: the rules on persons, then what already passed on this dossier."""
    return obstacle_to(reviewer, application) or _what_passed(reviewer, earlier, _recused(application.id))


def candidates(application: Application, assignments: Iterable[Assignment], words: str = "") -> list[Candidate]:
    """The reviewers of the call whose name or organisation holds `words`; those who may be chosen first, the least
    loaded first. Three statements.
    """
    earlier = {assignment.reviewer_id: assignment for assignment in assignments}
    recused, loads = _recused(application.id), _loads()
    found = [
        Candidate(
            account=reviewer,
            load=loads[reviewer.id],
            obstacle=obstacle_to(reviewer, application) or _what_passed(reviewer, earlier.get(reviewer.id), recused),
        )
        for reviewer in holders_of(Role.REVIEWER, call_id=application.call_id)
        if words.casefold() in f"{reviewer.full_name} {reviewer.organisation.name}".casefold()
    ]
    return sorted(found, key=lambda candidate: (bool(candidate.obstacle), candidate.load, candidate.account.full_name))


def _what_passed(reviewer: Account, earlier: Assignment | None, recused: set[UUID]) -> str:
    if reviewer.id in recused:
        return "a déclaré un conflit d’intérêts."
    if earlier is None or earlier.status is AssignmentStatus.CANCELLED:
        return ""
    return "a décliné." if earlier.status is AssignmentStatus.DECLINED else "est déjà désigné."


def _recused(application_id: UUID) -> set[UUID]:
    return set(db.session.scalars(sa.select(Recusal.account_id).where(Recusal.application_id == application_id)))


def _loads() -> Counter[UUID]:
    rows = db.session.execute(
        sa.select(Assignment.reviewer_id, sa.func.count())
        .where(Assignment.status.in_(STEP_ASIDE))
        .group_by(Assignment.reviewer_id)
    )
    return Counter(dict(rows.all()))
