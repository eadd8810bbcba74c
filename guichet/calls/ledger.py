"""What may be read of an envelope: its ledger, its totals, what is left of it.

A decision that was prepared reserves its money at once and is a secret until it is published. So nobody reads of it here,
not even those who may know: neither its lines nor what they took. The session's page, which knows who is recused, tells
them. What is really left, kept in `Call.envelope_left`, is for the guards of public money alone.
"""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from guichet.calls.models import Call, EnvelopeMovement, MovementKind
from guichet.core.db import db

# Decisions are a higher package's: they are looked up by the name of their table.
_decision = sa.table("decision", sa.column("id", sa.Uuid), sa.column("status", sa.String))
_published = sa.select(_decision.c.id).where(_decision.c.status.in_(("published", "replaced")))
# A decision cancelled before its publication never happened: its two lines cancel each other out.
_told = sa.or_(EnvelopeMovement.decision_id.is_(None), EnvelopeMovement.decision_id.in_(_published))


def ledger_of(call_id: UUID) -> sa.Select[EnvelopeMovement]:
    """The movements of the envelope, latest first, with their authors."""
    rows = sa.select(EnvelopeMovement).where(EnvelopeMovement.call_id == call_id, _told)
    return rows.options(joinedload(EnvelopeMovement.author)).order_by(
        EnvelopeMovement.created_at.desc(), EnvelopeMovement.id
    )


def balanced(call_id: UUID) -> sa.Select[EnvelopeMovement, Decimal]:
    """The same lines, each with what was left after it: the sum of what may be told, so that no gap betrays a secret."""
    turn = (EnvelopeMovement.created_at, EnvelopeMovement.id.desc())
    return ledger_of(call_id).add_columns(sa.func.sum(EnvelopeMovement.amount).over(order_by=turn))


def rows_of(call_id: UUID) -> Sequence[tuple[EnvelopeMovement, Decimal]]:
    """All of them, to be exported: a ledger has a few hundred lines."""
    return [(movement, balance) for movement, balance in db.session.execute(balanced(call_id))]


def totals_of(call_id: UUID) -> dict[MovementKind, Decimal]:
    """The sum of the movements of each kind (euros, signed): together they make what is left."""
    rows = sa.select(EnvelopeMovement.kind, sa.func.sum(EnvelopeMovement.amount))
    found = db.session.execute(rows.where(EnvelopeMovement.call_id == call_id, _told).group_by(EnvelopeMovement.kind))
    return {kind: Decimal(0) for kind in MovementKind} | {kind: total for kind, total in found}  # noqa: C416 - a row is no pair for the type checker


def left() -> sa.ScalarSelect[Decimal]:
    """What is left of the envelope of each selected `Call`, in euros."""
    total = sa.select(sa.func.coalesce(sa.func.sum(EnvelopeMovement.amount), 0))
    return total.where(EnvelopeMovement.call_id == Call.id, _told).correlate(Call).scalar_subquery()


def left_of(call_id: UUID) -> Decimal:
    """The same for one call."""
    return sum(totals_of(call_id).values(), Decimal(0))


def frozen(call_id: UUID) -> Decimal:
    """What is frozen of the call's envelope now, in euros."""
    totals = totals_of(call_id)
    return -(totals[MovementKind.FREEZE] + totals[MovementKind.THAW])
