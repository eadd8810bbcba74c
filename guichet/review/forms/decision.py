"""Forms of decisions and of their publication."""

import hashlib
from collections.abc import Sequence

from wtforms import HiddenField

from guichet.core.errors import RuleBroken
from guichet.review.models import Decision, Outcome
from guichet.web.fields import EnumField, EuroField, TextField
from guichet.web.forms import Form


class DecisionForm(Form):
    outcome = EnumField("Décision", Outcome, required=True)
    amount = EuroField("Montant accordé", description="Seulement si le dossier est retenu.")
    reason = TextField(
        "Motif",
        description="Obligatoire si le dossier n’est pas retenu. L’équipe le lit, et la lettre le reprend. Pour un "
        "ajournement, écrivez les points à lever.",
    )
    conditions = TextField("Conditions", description="Seulement si le dossier est retenu.")
    # The prepared decision that was on the page: nobody replaces what she has not read.
    seen = HiddenField()


class ReopenForm(Form):
    reason = TextField("Suite donnée au recours", required=True, description="L’équipe du dossier lit ce texte.")


class PublishForm(Form):
    # What the person read, decision by decision: a list that has changed since is shown again.
    confirmed = HiddenField()

    def confirms(self, decisions: Sequence[Decision]) -> bool:
        same = bool(self.confirmed.data == _fingerprint(decisions))
        if not same:
            self.blame(RuleBroken("La liste des décisions a changé depuis que vous l’avez lue : vérifiez-la."))
        return same

    def show(self, decisions: Sequence[Decision]) -> None:
        self.confirmed.data = _fingerprint(decisions)


def _fingerprint(decisions: Sequence[Decision]) -> str:
    return hashlib.sha256(",".join(sorted(str(decision.id) for decision in decisions)).encode()).hexdigest()
