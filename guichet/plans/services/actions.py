"""What the focal point writes in her ministry's plan."""

import datetime as dt
from dataclasses import dataclass, fields
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa

from guichet.accounts.models import Account
from guichet.audit import services as audit
from guichet.core.db import db
from guichet.core.errors import Forbidden, NotFound, RuleBroken
from guichet.core.policy import require
from guichet.plans import policies
from guichet.plans.models import ActionIndicator, ActionPlan, EngagementLevel, Measure, PlanAction, Progress, Theme
from guichet.plans.services.numbering import lock_ministry, next_number
from guichet.workflow.engine import lock

# A page shows them all: they stay few.
MOST_INDICATORS = 10


@dataclass(frozen=True, kw_only=True)
class ActionTerms:
    """What an action says of itself: the columns of the same names."""

    title: str
    description: str
    theme: Theme
    pilot_name: str
    level_reached: EngagementLevel | None
    level_target: EngagementLevel
    progress: Progress
    key_action: bool
    starts_on: dt.date | None
    due_on: dt.date | None
    priority_action_id: UUID | None


def create_plan(ministry_id: UUID, title: str, first_year: int, last_year: int, *, actor: Account) -> ActionPlan:
    """Open a plan for her ministry. Raises RuleBroken when the years cross those of a plan it has."""
    if not policies.can_create(actor, ministry_id):
        raise Forbidden("Seul le référent d’un ministère ouvre son plan d’action.")
    lock_ministry(ministry_id)
    if last_year < first_year:
        raise RuleBroken("La dernière année doit suivre la première.", field="last_year")
    crossing = sa.select(ActionPlan.title).where(
        ActionPlan.ministry_id == ministry_id, ActionPlan.first_year <= last_year, ActionPlan.last_year >= first_year
    )
    if (known := db.session.scalar(crossing.limit(1))) is not None:
        raise RuleBroken(f"Ces années sont déjà celles du plan « {known} ».", field="first_year")
    plan = ActionPlan(ministry_id=ministry_id, title=title, first_year=first_year, last_year=last_year)
    db.session.add(plan)
    db.session.flush()
    audit.record(actor, "action_plan.create", plan, title=title)
    return plan


def create_action(plan: ActionPlan, terms: ActionTerms, *, actor: Account) -> PlanAction:
    """A new last action of the plan. Raises RuleBroken when the terms do not hold."""
    require(policies.can_manage, actor, plan)
    lock_ministry(plan.ministry_id)
    _check(terms)
    action = PlanAction(plan_id=plan.id, number=next_number(plan.id), **vars(terms))
    db.session.add(action)
    db.session.flush()
    audit.record(actor, "plan_action.create", action, title=action.title)
    return action


def update_action(action: PlanAction, terms: ActionTerms, *, actor: Account) -> None:
    """Rewrite an action, which comes with its plan. Raises RuleBroken when the terms do not hold."""
    require(policies.can_manage, actor, action.plan)
    lock(action)
    _check(terms)
    changed = {}
    for name in (field.name for field in fields(terms)):
        before, after = getattr(action, name), getattr(terms, name)
        if before != after:
            changed[name] = [before, after]
            setattr(action, name, after)
    audit.record(actor, "plan_action.update", action, changed=changed)


def add_indicator(
    action: PlanAction, label: str, unit: str, baseline: Decimal | None, target: Decimal | None, *, actor: Account
) -> None:
    """Measure the action by one thing more. Raises RuleBroken when it already does, or by too many."""
    require(policies.can_manage, actor, action.plan)
    lock(action)
    labels = db.session.scalars(sa.select(ActionIndicator.label).where(ActionIndicator.action_id == action.id)).all()
    if len(labels) >= MOST_INDICATORS:
        raise RuleBroken(f"Une action se suit avec {MOST_INDICATORS} indicateurs au plus.")
    if label in labels:
        raise RuleBroken("Cette action a déjà un indicateur de ce nom.", field="label")
    db.session.add(ActionIndicator(action_id=action.id, label=label, unit=unit, baseline=baseline, target=target))
    audit.record(actor, "plan_action.add_indicator", action, label=label, unit=unit)


def measure(action: PlanAction, indicator_id: UUID, year: int, value: Decimal, *, actor: Account) -> None:
    """Write the value of an indicator for a year, in place of the one it had. Raises NotFound for another action's."""
    require(policies.can_manage, actor, action.plan)
    lock(action)
    wanted = (ActionIndicator.id == indicator_id, ActionIndicator.action_id == action.id)
    indicator = db.session.scalar(sa.select(ActionIndicator).where(*wanted))
    if indicator is None:
        raise NotFound
    known = db.session.scalar(sa.select(Measure).where(Measure.indicator_id == indicator_id, Measure.year == year))
    before = known.value if known else None
    if known is None:
        db.session.add(Measure(indicator_id=indicator_id, year=year, value=value))
    else:
        known.value = value
    audit.record(actor, "plan_action.measure", action, indicator=indicator.label, year=year, before=before, after=value)


def _check(terms: ActionTerms) -> None:
    if terms.starts_on and terms.due_on and terms.due_on < terms.starts_on:
        raise RuleBroken("L’échéance doit suivre le début.", field="due_on")
