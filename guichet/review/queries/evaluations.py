"""What a reviewer was asked. A conflict, or an assignment taken back, leaves nothing to see: neither line, page nor count."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.interfaces import ORMOption

from guichet.accounts.models import Account, Role
from guichet.applications.models import Application, Recusal
from guichet.calls.models import Call
from guichet.core.db import db
from guichet.core.errors import Forbidden, NotFound
from guichet.core.paging import Page, paginate
from guichet.review.models import Assignment, AssignmentStatus, CriterionScore, Evaluation
from guichet.review.policies import can_read_dossier

S = AssignmentStatus
HIDDEN = (S.CONFLICT, S.CANCELLED)


@dataclass(frozen=True)
class Wanted:
    """What the list is asked for."""

    status: AssignmentStatus | None = None
    call_id: UUID | None = None
    words: str = ""


def asked_of(actor: Account) -> sa.Select[Assignment]:
    """All that `actor` may see of what she was asked, with the dossier.

    A role on the call that has ended, or a move to the ministry that carries the dossier, closes it.
    """
    recused = sa.exists().where(
        Recusal.application_id == Assignment.application_id, Recusal.account_id == Assignment.reviewer_id
    )
    rows = (
        sa.select(Assignment)
        .join(Assignment.application)
        .where(
            Assignment.reviewer_id == actor.id,
            Assignment.status.not_in(HIDDEN),
            ~recused,
            Application.ministry_id != actor.organisation.ministry_id,
        )
    )
    calls = actor.calls_as(Role.REVIEWER)
    return rows if calls is None else rows.where(Application.call_id.in_(calls))


def worklist(actor: Account, wanted: Wanted, number: int) -> Page[Assignment]:
    """Page `number` of what she was asked: what she owes first, by due day; then what is done. Three statements."""
    rows = asked_of(actor)
    if wanted.status:
        rows = rows.where(Assignment.status == wanted.status)
    if wanted.call_id:
        rows = rows.where(Application.call_id == wanted.call_id)
    if wanted.words:
        rows = rows.where(Application.title.icontains(wanted.words, autoescape=True))
    is_over = Assignment.status.in_((S.COMPLETED, S.DECLINED))
    # Sorted by bare identifiers: the dossiers' long texts are not carried through the sort.
    ids = rows.with_only_columns(Assignment.id, maintain_column_froms=True)
    found: Page[UUID] = paginate(ids.order_by(is_over, Assignment.due_on, Assignment.id), number)
    dossier = joinedload(Assignment.application)
    options = (dossier.joinedload(Application.call), dossier.joinedload(Application.organisation))
    shown = db.session.scalars(sa.select(Assignment).where(Assignment.id.in_(found.items)).options(*options))
    by_id = {assignment.id: assignment for assignment in shown}
    return Page(items=[by_id[one] for one in found.items], number=found.number, total=found.total)


def counts(actor: Account) -> dict[AssignmentStatus, int]:
    """How many assignments in each status."""
    rows = db.session.execute(
        asked_of(actor)
        .with_only_columns(Assignment.status, sa.func.count(), maintain_column_froms=True)
        .group_by(Assignment.status)
    )
    by_status = dict(rows.all())
    return {status: by_status[status] for status in S if status in by_status}


def calls_of(actor: Account) -> list[Call]:
    """The calls she scores for, the last to close first."""
    wanted = asked_of(actor).with_only_columns(Application.call_id, maintain_column_froms=True)
    return list(db.session.scalars(sa.select(Call).where(Call.id.in_(wanted)).order_by(Call.closes_at.desc())))


def one_for(actor: Account, assignment_id: UUID, *options: ORMOption) -> Assignment:
    """The assignment with the heading of its dossier. Raises NotFound when `actor` has none such. One statement."""
    dossier = contains_eager(Assignment.application)
    heading = (dossier.joinedload(Application.call), dossier.joinedload(Application.organisation))
    assignment = db.session.scalar(
        asked_of(actor)
        .where(Assignment.id == assignment_id)
        .options(*heading, *options)
        .execution_options(populate_existing=True)
    )
    if assignment is None:
        raise NotFound("Cette évaluation n’existe pas, ou vous n’y avez pas accès.")
    return assignment


def written_by(actor: Account, assignment_id: UUID) -> Evaluation:
    """What she has written so far, with the grid. Raises NotFound, or Forbidden before she has declared no conflict.

    Three statements.
    """
    grid = contains_eager(Assignment.application).joinedload(Application.call).selectinload(Call.criteria)
    marks = joinedload(Assignment.evaluation).selectinload(Evaluation.scores).joinedload(CriterionScore.criterion)
    assignment = one_for(actor, assignment_id, grid, marks)
    if assignment.evaluation is None or not can_read_dossier(actor, assignment):
        raise Forbidden("Déclarez d’abord que vous n’avez aucun conflit d’intérêts.")
    # Known, since it was read from there: joining it once more would only repeat the dossier's long texts.
    set_committed_value(assignment.evaluation, "assignment", assignment)
    return assignment.evaluation
