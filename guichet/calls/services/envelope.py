"""The envelope of a call: its ledger, and what is left of it."""

from decimal import Decimal
from uuid import UUID

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
OUTWARD = frozenset({MovementKind.FREEZE, MovementKind.AWARD})


def move_envelope(
    call: Call, kind: MovementKind, amount: Decimal, reason: str, *, actor: Account, decision_id: UUID | None = None
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
            call_id=call.id, kind=kind, amount=amount, reason=reason, author_id=actor.id, decision_id=decision_id
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


def move_by_hand(call: Call, kind: MovementKind, amount: Decimal, reason: str, *, actor: Account) -> None:
    """Open, freeze or thaw `amount` euros. Raises RuleBroken unless positive, or when more is thawed than was frozen."""
    if kind not in BY_HAND:
        raise RuleBroken("Ce mouvement s’écrit par une décision, pas à la main.", field="kind")
    policy = policies.can_open_envelope if kind is MovementKind.OPENING else policies.can_freeze
    require(policy, actor, call)
    if amount <= 0:
        raise RuleBroken("Écrivez un montant supérieur à zéro.", field="amount")
    lock(call)
    if kind is MovementKind.THAW and amount > (frozen := ledger.frozen(call.id)):
        raise RuleBroken(f"Le gel en cours est de {euros(frozen)} : le dégel ne peut le dépasser.", field="amount")
    move_envelope(call, kind, -amount if kind in OUTWARD else amount, reason, actor=actor)
