"""The forms of the ledger."""

from collections.abc import Iterable
from decimal import Decimal

from wtforms import SelectField

from guichet.calls.models import Call, MovementKind
from guichet.calls.services.envelope import BY_HAND
from guichet.web.fields import EnumField, EuroField, LineField
from guichet.web.forms import OnceForm


class MovementForm(OnceForm):
    kind = EnumField("Mouvement", BY_HAND, required=True)
    amount = EuroField("Montant", least=1, required=True)
    reason = LineField("Motif", longest=500, required=True, description="Lu par tous ceux qui suivent l’enveloppe.")

    def offer(self, kinds: Iterable[MovementKind]) -> "MovementForm":
        """Leave only `kinds` to choose from: those that the person may write. A single one is chosen already."""
        self.kind.members = list(kinds)
        if len(self.kind.members) == 1 and not self.is_submitted():
            [self.kind.data] = self.kind.members
        return self

    @property
    def movement(self) -> tuple[MovementKind, Decimal, str]:
        """Kind, amount in euros without its sign, reason: what was typed, once validated."""
        return self.kind.data, self.amount.data or Decimal(0), self.reason.data or ""


class TransferForm(OnceForm):
    target = SelectField("Vers l’appel", validate_choice=False)
    amount = EuroField("Montant", least=1, required=True)
    reason = LineField("Motif", longest=400, required=True, description="Lu par tous ceux qui suivent les enveloppes.")

    def offer(self, calls: Iterable[Call]) -> "TransferForm":
        self.calls = {str(call.id): call for call in calls}
        titles = {key: f"{call.code} · {call.title}" for key, call in self.calls.items()}
        self.target.choices = {"": "Choisir…"} | titles
        return self

    @property
    def movement(self) -> tuple[Decimal, str]:
        """Amount in euros and reason: what was typed, once validated."""
        return self.amount.data or Decimal(0), self.reason.data or ""

    @property
    def chosen(self) -> Call | None:
        """The call to bring the money to, among those on offer."""
        return self.calls.get(self.target.data or "")
