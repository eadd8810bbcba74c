"""Who may be asked to score a dossier, and who was."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from guichet.accounts.models import Account, Role
from guichet.accounts.queries import holders_of
from guichet.applications.models import Application, Recusal
from guichet.core.db import db
from guichet.review.models import Assignment, AssignmentStatus
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


def candidates(application: Application, assignments: Iterable[Assignment]) -> list[Candidate]:
    """All reviewers of the call, those who may be chosen first, the least loaded first. Three statements."""
    earlier = {assignment.reviewer_id: assignment for assignment in assignments}
    recused, loads = _recused(application.id), _loads()
    found = [
        Candidate(
            account=reviewer,
            load=loads[reviewer.id],
            obstacle=obstacle_to(reviewer, application) or _what_passed(reviewer, earlier.get(reviewer.id), recused),
        )
        for reviewer in holders_of(Role.REVIEWER, call_id=application.call_id)
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
    return Counter(dict(rows.tuples().all()))
