"""What a reviewer was asked. A conflict, or an assignment taken back, leaves nothing to see: neither line, page nor count."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.interfaces import ORMOption

from guichet.accounts.models import Account, Organisation, Role
from guichet.applications import queries as applications
from guichet.applications.models import Application, ApplicationStatus, Recusal
from guichet.calls.models import Call
from guichet.core.db import db
from guichet.core.errors import Forbidden, NotFound
from guichet.core.paging import PAGE_SIZE, Page, page_within
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


@dataclass(frozen=True)
class Row:
    """A line of her list."""

    id: UUID
    status: AssignmentStatus
    due_on: dt.date
    title: str
    carrier: str
    call: str
    # IANA name: the day it is due ends there.
    time_zone: str


def asked_of(actor: Account) -> sa.Select[Assignment]:
    """All that `actor` may see of what she was asked, with the dossier.

    A role on the call that has ended, or a move to the ministry that carries the dossier, closes it.
    """
    recused = sa.select(Recusal.application_id).where(Recusal.account_id == actor.id)
    rows = (
        sa.select(Assignment)
        .join(Assignment.application)
        .where(
            Assignment.reviewer_id == actor.id,
            Assignment.status.not_in(HIDDEN),
            Assignment.application_id.not_in(recused),
            Application.ministry_id != actor.organisation.ministry_id,
        )
    )
    calls = actor.calls_as(Role.REVIEWER)
    return rows if calls is None else rows.where(Application.call_id.in_(calls))


def _listed(actor: Account) -> sa.Select[Assignment]:
    """Those of her lists: a dossier that its team has withdrawn asks nothing of her any more."""
    return asked_of(actor).where(Application.status != ApplicationStatus.WITHDRAWN)


def worklist(actor: Account, wanted: Wanted, total: int, number: int) -> Page[Row]:
    """Page `number` of the `total` wanted: what she owes first, by due day; then what is done. One statement."""
    number = page_within(number, total)
    is_over = Assignment.status.in_((S.COMPLETED, S.DECLINED))
    # What a line shows, and no dossier: they are long.
    lines = (
        _listed(actor)
        .join(Application.organisation)
        .join(Application.call)
        .where(*_conditions(wanted))
        .with_only_columns(
            Assignment.id,
            Assignment.status,
            Assignment.due_on,
            sa.func.coalesce(Application.submitted_title, ""),
            Organisation.name,
            Call.title,
            Call.time_zone,
            maintain_column_froms=True,
        )
        .order_by(is_over, Assignment.due_on, Assignment.id)
        .limit(PAGE_SIZE)
        .offset((number - 1) * PAGE_SIZE)
    )
    return Page(items=[Row(*line) for line in db.session.execute(lines)], number=number, total=total)


def counts(actor: Account, wanted: Wanted) -> tuple[dict[AssignmentStatus, int], int]:
    """How many assignments in each status, and how many of all of them are wanted. One statement."""
    columns = (Assignment.status, sa.func.count(), sa.func.count().filter(sa.true(), *_conditions(wanted)))
    rows = _listed(actor).with_only_columns(*columns, maintain_column_froms=True).group_by(Assignment.status)
    found = {status: (number, matching) for status, number, matching in db.session.execute(rows)}
    by_status = {status: found[status][0] for status in S if status in found}
    return by_status, sum(matching for _, matching in found.values())


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    conditions = []
    if wanted.status:
        conditions.append(Assignment.status == wanted.status)
    if wanted.call_id:
        conditions.append(Application.call_id == wanted.call_id)
    if wanted.words:
        conditions.append(Application.submitted_title.icontains(wanted.words, autoescape=True))
    return conditions


def calls_of(actor: Account) -> list[tuple[UUID, str]]:
    """Identifier and title of the calls she scores for, the last to close first."""
    return applications.answered(_listed(actor)).calls


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
    # What she wrote stays hers to copy when the dossier is withdrawn meanwhile.
    may_read = can_read_dossier(actor, assignment) or assignment.status is S.STOPPED
    if assignment.evaluation is None or not may_read:
        raise Forbidden("Déclarez d’abord que vous n’avez aucun conflit d’intérêts.")
    # Known, since it was read from there: joining it once more would only repeat the dossier's long texts.
    set_committed_value(assignment.evaluation, "assignment", assignment)
    return assignment.evaluation
