"""The changes of an action, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from guichet.plans.models import ActionChange, ChangedField, ChangeState
from guichet.plans.services.changes import VALUES
from guichet.web.filters import euros


@dataclass(frozen=True)
class ShownChange:
    id: UUID
    at: datetime
    field: str
    before: str
    after: str
    reference: str
    state: ChangeState
    undo_reason: str
    may_settle: bool


def shown_changes(changes: Sequence[ActionChange], *, may_settle: bool) -> list[ShownChange]:
    return [
        ShownChange(
            id=change.id,
            at=change.happened_at,
            field=change.field.label,
            before=_value(change.field, change.before),
            after=_value(change.field, change.after),
            reference=change.reference,
            state=change.state,
            undo_reason=change.undo_reason,
            may_settle=may_settle and change.field in VALUES and change.state is ChangeState.APPLIED,
        )
        for change in changes
    ]


def _value(field: ChangedField, stored: str) -> str:
    if not stored:
        return "aucun"
    return VALUES[field](stored).label if field in VALUES else euros(Decimal(stored))
