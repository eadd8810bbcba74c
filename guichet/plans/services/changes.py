"""What the focal point makes of the changes that dossiers applied to her actions."""

import sqlalchemy as sa

from guichet.accounts.models import Account
from guichet.audit import services as audit
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.core.policy import require
from guichet.plans import policies
from guichet.plans.models import ActionChange, ChangedField, ChangeState, EngagementLevel, PlanAction, Progress
from guichet.workflow.engine import lock

# A funding is a fact that a decision states: only another decision changes it.
VALUES: dict[ChangedField, type[EngagementLevel] | type[Progress]] = {
    ChangedField.LEVEL_REACHED: EngagementLevel,
    ChangedField.LEVEL_TARGET: EngagementLevel,
    ChangedField.PROGRESS: Progress,
}


def confirm_change(change: ActionChange, *, actor: Account) -> None:
    """Agree with what the dossier changed. `change` comes with its action and plan. Raises RuleBroken once settled."""
    _begin(change, actor)
    _settle(change, ChangeState.CONFIRMED, actor)
    audit.record(actor, "plan_action.confirm_change", change.action, reference=change.reference, field=change.field)


def undo_change(change: ActionChange, reason: str, *, actor: Account) -> None:
    """Put the value before the change back. Raises RuleBroken without a reason, once settled, or when the value has moved."""
    _begin(change, actor)
    if not reason:
        raise RuleBroken("Écrivez le motif de l’annulation.", field="reason")
    action = change.action
    if getattr(action, change.field) != change.after or _changed_since(change):
        raise RuleBroken("Cette valeur a changé depuis : modifiez plutôt l’action elle-même.")
    setattr(action, change.field, VALUES[change.field](change.before) if change.before else None)
    change.undo_reason = reason
    _settle(change, ChangeState.UNDONE, actor)
    audit.record(
        actor,
        "plan_action.undo_change",
        action,
        reference=change.reference,
        field=change.field,
        before=change.after,
        after=change.before,
        reason=reason,
    )


def _begin(change: ActionChange, actor: Account) -> None:
    action: PlanAction = change.action
    require(policies.can_manage, actor, action.plan)
    lock(action)
    lock(change)
    if change.field not in VALUES:
        raise RuleBroken("Un financement décidé est un fait : seule une nouvelle décision le change.")
    if change.state is not ChangeState.APPLIED:
        raise RuleBroken(f"Cette modification est déjà réglée : {change.state.label.lower()}.")


def _changed_since(change: ActionChange) -> bool:
    later = sa.exists().where(
        ActionChange.action_id == change.action_id,
        ActionChange.field == change.field,
        ActionChange.happened_at > change.happened_at,
        ActionChange.state != ChangeState.UNDONE,
    )
    return bool(db.session.scalar(sa.select(later)))


def _settle(change: ActionChange, state: ChangeState, actor: Account) -> None:
    change.state = state
    change.settled_at, change.settled_by_id = clock.now(), actor.id
