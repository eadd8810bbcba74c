"""The form of the ledger."""

from collections.abc import Iterable
from decimal import Decimal

from guichet.calls.models import MovementKind
from guichet.calls.services.envelope import BY_HAND
from guichet.web.fields import EnumField, EuroField, LineField
from guichet.web.forms import Form


class MovementForm(Form):
    kind = EnumField("Mouvement", BY_HAND, required=True)
    amount = EuroField("Montant", least=1, required=True)
    reason = LineField("Motif", longest=500, required=True, description="Lu par tous ceux qui suivent l’enveloppe.")

    def offer(self, kinds: Iterable[MovementKind]) -> "MovementForm":
        """Leave only `kinds` to choose from: those that the person may write."""
        self.kind.members = list(kinds)
        return self

    @property
    def movement(self) -> tuple[MovementKind, Decimal, str]:
        """Kind, amount in euros without its sign, reason: what was typed, once validated."""
        return self.kind.data, self.amount.data or Decimal(0), self.reason.data or ""
