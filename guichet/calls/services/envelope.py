"""The envelope of a call: its ledger, and what is left of it."""

from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa

from guichet.accounts.models import Account
from guichet.audit import services as audit
from guichet.calls import ledger, policies
from guichet.calls.models import Call, EnvelopeMovement, MovementKind
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.core.money import LARGEST
from guichet.core.policy import require
from guichet.web.filters import euros
from guichet.workflow.engine import lock

# Awards and returns are written by the decisions alone.
BY_HAND = (MovementKind.OPENING, MovementKind.FREEZE, MovementKind.THAW)
OUTWARD = frozenset({MovementKind.FREEZE, MovementKind.AWARD, MovementKind.TRANSFER_OUT})


def move_envelope(
    call: Call,
    kind: MovementKind,
    amount: Decimal,
    reason: str,
    *,
    actor: Account,
    decision_id: UUID | None = None,
    key: UUID | None = None,
) -> None:
    """Add `amount` (euros, signed: a freeze or an award goes out) to the ledger and to what is left, under the call's lock.

    The right to do so is the caller's to ask. Raises RuleBroken when the envelope does not hold that much.
    """
    lock(call)
    left = call.envelope_left + amount
    if left < 0:
        raise RuleBroken(_too_much(call, -amount), field="amount")
    if left > LARGEST:
        raise RuleBroken("Le total de l’enveloppe serait trop grand.", field="amount")
    db.session.add(
        EnvelopeMovement(
            call_id=call.id,
            kind=kind,
            amount=amount,
            reason=reason,
            author_id=actor.id,
            decision_id=decision_id,
            key=key,
        )
    )
    call.envelope_left = left
    # A decision leaves its own trace, a secret until it is published; what is left would betray it.
    if decision_id is None:
        audit.record(actor, "call.move_envelope", call, kind=kind, amount=amount, reason=reason)


def _too_much(call: Call, amount: Decimal) -> str:
    told = ledger.left_of(call.id)
    if amount > told:
        return f"Il reste {euros(told)} dans l’enveloppe de l’appel."
    return "L’enveloppe de l’appel ne suffit pas : une part en est réservée."


def move_by_hand(
    call: Call, kind: MovementKind, amount: Decimal, reason: str, *, actor: Account, key: UUID | None = None
) -> None:
    """Open, freeze or thaw `amount` euros; the same `key` again is a second click, and writes nothing.

    Raises RuleBroken unless the amount is positive, or when more is thawed than was frozen.
    """
    if kind not in BY_HAND:
        raise RuleBroken("Ce mouvement s’écrit par une décision, pas à la main.", field="kind")
    policy = policies.can_open_envelope if kind is MovementKind.OPENING else policies.can_freeze
    require(policy, actor, call)
    if amount <= 0:
        raise RuleBroken("Écrivez un montant supérieur à zéro.", field="amount")
    lock(call)
    signed = -amount if kind in OUTWARD else amount
    if _is_written(call, key, kind, signed):
        return
    if kind is MovementKind.THAW and amount > (frozen := ledger.frozen(call.id)):
        raise RuleBroken(f"Le gel en cours est de {euros(frozen)} : le dégel ne peut le dépasser.", field="amount")
    move_envelope(call, kind, signed, reason, actor=actor, key=key)


def transfer(
    source: Call, target: Call | None, amount: Decimal, reason: str, *, actor: Account, key: UUID | None = None
) -> None:
    """Take `amount` euros from `source` and bring them to `target`: two lines, both or none; the same `key` again is nothing.

    Raises Forbidden unless the actor manages the money of both, RuleBroken when the source does not hold that much.
    """
    if target is None or source.id == target.id:
        raise RuleBroken("Choisissez l’appel qui reçoit l’argent.", field="target")
    if amount <= 0:
        raise RuleBroken("Écrivez un montant supérieur à zéro.", field="amount")
    # In the order of their identifiers: two transfers that cross do not wait for each other.
    for call in sorted((source, target), key=lambda call: call.id):
        lock(call)
        require(policies.can_transfer, actor, call)
    if _is_written(source, key, MovementKind.TRANSFER_OUT, -amount):
        return
    move_envelope(source, MovementKind.TRANSFER_OUT, -amount, f"Vers {target.code} : {reason}", actor=actor, key=key)
    move_envelope(target, MovementKind.TRANSFER_IN, amount, f"De {source.code} : {reason}", actor=actor, key=key)


def _is_written(call: Call, key: UUID | None, kind: MovementKind, amount: Decimal) -> bool:
    """Whether this form has already written this movement. Raises RuleBroken when it has written another."""
    if key is None:
        return False
    rows = sa.select(EnvelopeMovement).where(EnvelopeMovement.call_id == call.id, EnvelopeMovement.key == key)
    written = db.session.scalar(rows)
    if written is None:
        return False
    if (written.kind, written.amount) != (kind, amount):
        raise RuleBroken("Ce formulaire a déjà écrit un autre mouvement : rouvrez la page de l’enveloppe.")
    return True
