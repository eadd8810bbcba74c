"""Finding plans and actions, one by one, and counting them all."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import InstrumentedAttribute, joinedload, selectinload

from guichet.accounts.models import Account
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Forbidden, NotFound
from guichet.core.money import ZERO
from guichet.plans import policies
from guichet.plans.models import (
    ActionChange,
    ActionFunding,
    ActionIndicator,
    ActionPlan,
    EngagementLevel,
    PlanAction,
    Progress,
    Theme,
)

# The latest changes and dossiers of an action: a page stays light.
LATEST = 12


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What of the plans is counted; all of it by default."""

    ministry_id: UUID | None = None
    theme: Theme | None = None
    level: EngagementLevel | None = None


@dataclass(frozen=True)
class Cell:
    """How many actions share a ministry, a theme, a level aimed at and a progress; `key` of them are key actions."""

    ministry_id: UUID
    theme: Theme
    level: EngagementLevel
    progress: Progress
    actions: int
    key: int


@dataclass(frozen=True)
class Figures:
    """Sums over cells."""

    cells: list[Cell]
    funding: Decimal = ZERO

    def of(self, **where: object) -> "Figures":
        """The figures of the cells that have these values."""
        return Figures([cell for cell in self.cells if all(getattr(cell, name) == v for name, v in where.items())])

    @property
    def actions(self) -> int:
        return sum(cell.actions for cell in self.cells)

    @property
    def key_actions(self) -> int:
        return sum(cell.key for cell in self.cells)

    @property
    def done(self) -> int:
        return self.of(progress=Progress.DONE).actions

    @property
    def in_progress(self) -> int:
        return self.of(progress=Progress.IN_PROGRESS).actions

    @property
    def done_share(self) -> Decimal:
        """Percentage of the actions that are done; 0 when there is none."""
        return Decimal(self.done * 100) / self.actions if self.actions else ZERO


@dataclass(frozen=True)
class Consolidation:
    """The current plans of all ministries, counted; `figures` and `funding` follow the filter, `plans` do not."""

    plans: Sequence[ActionPlan]
    figures: Figures
    funding: dict[UUID, Decimal] = field(default_factory=dict)


def consolidation(wanted: Wanted) -> Consolidation:
    """Three statements, whatever the number of ministries and actions."""
    current = _current_plan_ids()
    plans = sa.select(ActionPlan).where(ActionPlan.id.in_(current)).options(joinedload(ActionPlan.ministry))
    cells = (
        sa.select(
            ActionPlan.ministry_id,
            PlanAction.theme,
            PlanAction.level_target,
            PlanAction.progress,
            sa.func.count(),
            sa.func.count().filter(PlanAction.key_action),
        )
        .join(PlanAction.plan)
        .where(ActionPlan.id.in_(current), *_conditions(wanted))
        .group_by(ActionPlan.ministry_id, PlanAction.theme, PlanAction.level_target, PlanAction.progress)
    )
    funding = _funding_by(ActionPlan.ministry_id, ActionPlan.id.in_(current), *_conditions(wanted))
    return Consolidation(
        plans=sorted(db.session.scalars(plans), key=lambda plan: _without_accents(plan.ministry.name)),
        figures=Figures([Cell(*row) for row in db.session.execute(cells)], sum(funding.values(), ZERO)),
        funding=funding,
    )


def _without_accents(text: str) -> str:
    # The database sorts by character codes, which puts « Économie » after « Transition ».
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()


def _current_plan_ids() -> sa.Select[UUID]:
    """Of each ministry, the latest plan that has begun."""
    return (
        sa.select(ActionPlan.id)
        .where(ActionPlan.first_year <= clock.today().year)
        .ext(distinct_on(ActionPlan.ministry_id))
        .order_by(ActionPlan.ministry_id, ActionPlan.first_year.desc())
    )


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    columns = {
        ActionPlan.ministry_id: wanted.ministry_id,
        PlanAction.theme: wanted.theme,
        PlanAction.level_target: wanted.level,
    }
    return [column == value for column, value in columns.items() if value is not None]


def _funding_by(column: InstrumentedAttribute[UUID], *conditions: sa.ColumnElement[bool]) -> dict[UUID, Decimal]:
    # A dossier tied to several actions brings its money once.
    each = (
        sa.select(
            column.label("owner"), ActionFunding.application_id, sa.func.max(ActionFunding.amount).label("amount")
        )
        .join(PlanAction, PlanAction.id == ActionFunding.action_id)
        .join(PlanAction.plan)
        .where(*conditions)
        .group_by(column, ActionFunding.application_id)
        .subquery()
    )
    rows = db.session.execute(sa.select(each.c.owner, sa.func.sum(each.c.amount)).group_by(each.c.owner))
    return {owner: total for owner, total in rows}  # noqa: C416 - a row is no pair for the type checker


def plans_of(ministry_id: UUID) -> Sequence[ActionPlan]:
    """The plans of a ministry, latest first."""
    rows = sa.select(ActionPlan).where(ActionPlan.ministry_id == ministry_id)
    return db.session.scalars(rows.order_by(ActionPlan.first_year.desc())).all()


def plan_for(reader: Account, plan_id: UUID) -> ActionPlan:
    """The plan with its ministry. Raises NotFound, also when it is not hers to read."""
    rows = sa.select(ActionPlan).where(ActionPlan.id == plan_id).options(joinedload(ActionPlan.ministry))
    plan = db.session.scalar(rows)
    if plan is None or not policies.can_view(reader, plan):
        raise NotFound
    return plan


def plan_to_manage(actor: Account, plan_id: UUID) -> ActionPlan:
    """The same, for who would write in it. Raises Forbidden when she may only read it."""
    plan = plan_for(actor, plan_id)
    if not policies.can_manage(actor, plan):
        raise Forbidden("Seul le référent du ministère écrit dans son plan d’action.")
    return plan


def figures_of(plan: ActionPlan) -> Figures:
    """The figures of one plan. Two statements."""
    cells = (
        sa.select(
            PlanAction.theme,
            PlanAction.level_target,
            PlanAction.progress,
            sa.func.count(),
            sa.func.count().filter(PlanAction.key_action),
        )
        .where(PlanAction.plan_id == plan.id)
        .group_by(PlanAction.theme, PlanAction.level_target, PlanAction.progress)
    )
    funding = _funding_by(PlanAction.plan_id, PlanAction.plan_id == plan.id)
    rows = [Cell(plan.ministry_id, *row) for row in db.session.execute(cells)]
    return Figures(rows, funding.get(plan.id, ZERO))


def actions_of(plan: ActionPlan, theme: Theme) -> sa.Select[*tuple[PlanAction, Decimal]]:
    """The actions of one theme, each with the funding it received (euros), by number."""
    received = (
        sa.select(sa.func.coalesce(sa.func.sum(ActionFunding.amount), 0))
        .where(ActionFunding.action_id == PlanAction.id)
        .scalar_subquery()
    )
    rows = sa.select(PlanAction, received).where(PlanAction.plan_id == plan.id, PlanAction.theme == theme)
    return rows.order_by(PlanAction.number)


def action_for(reader: Account, action_id: UUID) -> PlanAction:
    """The action with its plan, ministry, priority action and indicators. Raises NotFound, also when not hers to read."""
    rows = (
        sa.select(PlanAction)
        .where(PlanAction.id == action_id)
        .options(
            joinedload(PlanAction.plan).joinedload(ActionPlan.ministry),
            joinedload(PlanAction.priority_action),
            selectinload(PlanAction.indicators).selectinload(ActionIndicator.measures),
        )
    )
    action = db.session.scalar(rows)
    if action is None or not policies.can_view(reader, action.plan):
        raise NotFound
    return action


def action_to_manage(actor: Account, action_id: UUID) -> PlanAction:
    """The same, for who would write it. Raises Forbidden when she may only read it."""
    action = action_for(actor, action_id)
    if not policies.can_manage(actor, action.plan):
        raise Forbidden("Seul le référent du ministère écrit dans son plan d’action.")
    return action


def funding_of(action: PlanAction) -> Sequence[ActionFunding]:
    """The latest fundings of the action."""
    rows = sa.select(ActionFunding).where(ActionFunding.action_id == action.id)
    return db.session.scalars(rows.order_by(ActionFunding.decided_at.desc()).limit(LATEST)).all()


def changes_of(action: PlanAction) -> Sequence[ActionChange]:
    """The latest changes that dossiers applied to the action."""
    rows = sa.select(ActionChange).where(ActionChange.action_id == action.id)
    return db.session.scalars(rows.order_by(ActionChange.happened_at.desc(), ActionChange.field).limit(LATEST)).all()


def change_to_settle(actor: Account, change_id: UUID) -> ActionChange:
    """The change with its action and plan. Raises NotFound when not hers to read, Forbidden when not hers to settle."""
    rows = sa.select(ActionChange).where(ActionChange.id == change_id)
    change = db.session.scalar(rows.options(joinedload(ActionChange.action).joinedload(PlanAction.plan)))
    if change is None or not policies.can_view(actor, change.action.plan):
        raise NotFound
    if not policies.can_manage(actor, change.action.plan):
        raise Forbidden("Seul le référent du ministère règle les modifications de son plan.")
    return change
