"""What a published decision does to the plans.

Decisions may be told twice or out of order. Everything here happens under the ministry's lock, and the end is the same
whatever the order: the newest decision alone says what is funded, and an award raises what it aims at, never lowers it.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa

from guichet.audit import services as audit
from guichet.core import clock
from guichet.core.db import db
from guichet.core.money import ZERO
from guichet.plans.models import (
    ActionChange,
    ActionFunding,
    ActionPlan,
    ChangedField,
    EngagementLevel,
    PlanAction,
    Progress,
    RecordedDecision,
    Theme,
)
from guichet.plans.services.numbering import lock_ministry, next_number


@dataclass(frozen=True, kw_only=True)
class Effect:
    """One action tied to the dossier: an existing one, or one that the dossier proposes."""

    action_id: UUID | None
    proposed_title: str
    proposed_theme: Theme | None
    level_aimed: EngagementLevel


@dataclass(frozen=True, kw_only=True)
class Decided:
    """A published decision on a dossier; `amount` is what it awards (euros), None for any other outcome."""

    event_id: UUID
    application_id: UUID
    ministry_id: UUID
    reference: str
    title: str
    amount: Decimal | None
    decided_at: dt.datetime
    effects: Sequence[Effect]


def record_decision(decided: Decided) -> None:
    """Write the decision to the actions it concerns. A decision already told changes nothing."""
    lock_ministry(decided.ministry_id)
    told = sa.select(RecordedDecision.id).where(RecordedDecision.event_id == decided.event_id)
    if db.session.scalar(told) is not None:
        return
    newest = _is_newest(decided)
    db.session.add(
        RecordedDecision(
            event_id=decided.event_id, application_id=decided.application_id, decided_at=decided.decided_at
        )
    )
    actions = _concerned(decided) if decided.amount is not None else {}
    for action, level in actions.items():
        _raise(action, level, decided)
    if newest:
        _fund(actions, decided)


def _is_newest(decided: Decided) -> bool:
    known = db.session.execute(
        sa.select(RecordedDecision.decided_at, RecordedDecision.event_id).where(
            RecordedDecision.application_id == decided.application_id
        )
    )
    # Two decisions of the same instant still have one order, whichever comes first.
    return all((decided.decided_at, decided.event_id) > (at, event_id) for at, event_id in known)


def _concerned(decided: Decided) -> dict[PlanAction, EngagementLevel]:
    """The actions of an award, each with the highest level aimed at; the proposed ones are created."""
    levels: dict[PlanAction, EngagementLevel] = {}
    for effect in decided.effects:
        action = _existing(effect, decided) or _created(effect, decided)
        if action not in levels or effect.level_aimed.exceeds(levels[action]):
            levels[action] = effect.level_aimed
    return levels


def _existing(effect: Effect, decided: Decided) -> PlanAction | None:
    rows = sa.select(PlanAction).with_for_update().execution_options(populate_existing=True)
    if effect.action_id is not None:
        return db.session.scalars(rows.where(PlanAction.id == effect.action_id)).one()
    return db.session.scalar(
        rows.where(
            PlanAction.proposed_by_application_id == decided.application_id,
            PlanAction.proposed_as == effect.proposed_title,
        )
    )


def _created(effect: Effect, decided: Decided) -> PlanAction:
    plan = _current_plan(decided)
    action = PlanAction(
        plan_id=plan.id,
        number=next_number(plan.id),
        theme=effect.proposed_theme or Theme.GOVERNANCE,
        title=effect.proposed_title,
        level_target=effect.level_aimed,
        progress=Progress.TO_DO,
        proposed_by_application_id=decided.application_id,
        proposed_as=effect.proposed_title,
    )
    db.session.add(action)
    db.session.flush()
    audit.record(None, "plan_action.create", action, reference=decided.reference, title=action.title)
    return action


def _current_plan(decided: Decided) -> ActionPlan:
    """The ministry's plan that covers the year of the decision, made when it has none."""
    year = clock.day_of(decided.decided_at).year
    rows = sa.select(ActionPlan).where(
        ActionPlan.ministry_id == decided.ministry_id, ActionPlan.first_year <= year, ActionPlan.last_year >= year
    )
    plan = db.session.scalar(rows.order_by(ActionPlan.first_year.desc()).limit(1))
    if plan is None:
        title = f"Plan d’action {year}"
        plan = ActionPlan(ministry_id=decided.ministry_id, title=title, first_year=year, last_year=year)
        db.session.add(plan)
        db.session.flush()
        audit.record(None, "action_plan.create", plan, reference=decided.reference, title=title)
    return plan


def _raise(action: PlanAction, level: EngagementLevel, decided: Decided) -> None:
    if level.exceeds(action.level_target):
        _note(action, ChangedField.LEVEL_TARGET, action.level_target, level, decided)
        action.level_target = level
    if action.progress is Progress.TO_DO:
        _note(action, ChangedField.PROGRESS, action.progress, Progress.IN_PROGRESS, decided)
        action.progress = Progress.IN_PROGRESS


def _fund(actions: dict[PlanAction, EngagementLevel], decided: Decided) -> None:
    """Make the funding of the dossier what its newest decision says: nothing, for any action that it leaves out."""
    rows = sa.select(ActionFunding).where(ActionFunding.application_id == decided.application_id)
    known = {funding.action_id: funding for funding in db.session.scalars(rows.with_for_update())}
    for action in actions:
        _fund_action(action, known.pop(action.id, None), decided)
    for action_id, funding in known.items():
        _note(db.session.get_one(PlanAction, action_id), ChangedField.FUNDING, str(funding.amount), "", decided)
        db.session.delete(funding)


def _fund_action(action: PlanAction, funding: ActionFunding | None, decided: Decided) -> None:
    amount = decided.amount or ZERO
    before = funding.amount if funding else None
    if before != amount:
        _note(action, ChangedField.FUNDING, str(before or ""), str(amount), decided)
    if funding is None:
        funding = ActionFunding(action_id=action.id, application_id=decided.application_id)
        db.session.add(funding)
    funding.amount, funding.decided_at = amount, decided.decided_at
    funding.reference, funding.title = decided.reference, decided.title


def _note(action: PlanAction, field: ChangedField, before: str, after: str, decided: Decided) -> None:
    """A change of the action, marked as coming from the dossier, for the focal point to settle and for the journal."""
    db.session.add(
        ActionChange(
            action_id=action.id,
            event_id=decided.event_id,
            application_id=decided.application_id,
            reference=decided.reference,
            field=field,
            before=before,
            after=after,
            happened_at=decided.decided_at,
        )
    )
    audit.record(
        None, "plan_action.apply_decision", action, reference=decided.reference, field=field, before=before, after=after
    )
