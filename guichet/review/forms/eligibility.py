"""Deciding on eligibility, asking for complements, closing."""

import datetime as dt
import enum
from collections.abc import Sequence
from typing import Any

from guichet.applications.own import AnySection
from guichet.core import clock
from guichet.core.errors import RuleBroken
from guichet.review.forms import LONGEST_REASON
from guichet.web.fields import ChecksField, DayField, EnumField, TextField
from guichet.web.forms import Form


class UsualReason(enum.StrEnum):
    """A reason that comes back from call to call, worded once; each kind of decision offers its own."""

    NOT_IN_SCOPE = "not_in_scope"
    RATE = "rate"
    AMOUNT = "amount"
    NO_INDICATOR = "no_indicator"
    NO_MANDATE = "no_mandate"
    ALREADY_STARTED = "already_started"
    DUPLICATE = "duplicate"
    ABANDONED = "abandoned"
    OTHER_WINDOW = "other_window"
    NEW_FACTS = "new_facts"
    APPEAL = "appeal"

    @property
    def label(self) -> str:
        return _REASONS[self]


_REASONS = {
    UsualReason.NOT_IN_SCOPE: "Le projet ne relève d’aucune des familles financées par l’appel.",
    UsualReason.RATE: "Le montant demandé dépasse le taux maximal prévu par l’appel.",
    UsualReason.AMOUNT: "Le montant demandé est hors des limites prévues par l’appel.",
    UsualReason.NO_INDICATOR: "Aucun indicateur environnemental mesurable n’est proposé.",
    UsualReason.NO_MANDATE: "Le porteur n’a pas de mandat ou pas de temps réservé pour le projet.",
    UsualReason.ALREADY_STARTED: "Les dépenses présentées sont déjà engagées.",
    UsualReason.DUPLICATE: "Le dossier fait double emploi avec un autre dossier déposé.",
    UsualReason.ABANDONED: "Le porteur renonce au projet.",
    UsualReason.OTHER_WINDOW: "Le projet est financé par un autre guichet.",
    UsualReason.NEW_FACTS: "De nouveaux éléments ont été communiqués.",
    UsualReason.APPEAL: "Le recours du porteur est fondé.",
}
_R = UsualReason
TO_REFUSE = (_R.NOT_IN_SCOPE, _R.RATE, _R.AMOUNT, _R.NO_INDICATOR, _R.NO_MANDATE, _R.ALREADY_STARTED)
TO_CLOSE = (_R.DUPLICATE, _R.ABANDONED, _R.OTHER_WINDOW)
TO_REOPEN = (_R.NEW_FACTS, _R.APPEAL)


class Answer(enum.StrEnum):
    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"

    @property
    def label(self) -> str:
        return {"eligible": "Recevable", "ineligible": "Irrecevable"}[self.value]


class ReasonForm(Form):
    """A reason: a usual one (each form offers its own), one's own words, or both."""

    usual: EnumField
    reason = TextField("Précisions", longest=LONGEST_REASON)

    @property
    def full_reason(self) -> str:
        """The usual reason, then the words of the officer."""
        usual = self.usual.data.label if isinstance(self.usual.data, UsualReason) else ""
        return "\n".join(part for part in (usual, self.reason.data) if part)

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        if self.reason_needed and not self.full_reason:
            self.blame(RuleBroken("Choisissez un motif habituel ou écrivez le vôtre.", field="reason"))
            return False
        return valid

    @property
    def reason_needed(self) -> bool:
        return True


class EligibilityForm(ReasonForm):
    answer = EnumField("Votre décision", Answer, required=True)
    usual = EnumField("Motif habituel", TO_REFUSE, empty="Aucun")

    @property
    def reason_needed(self) -> bool:
        return self.answer.data is Answer.INELIGIBLE


class ReopeningForm(ReasonForm):
    usual = EnumField("Motif habituel", TO_REOPEN, empty="Aucun")


class ClosingForm(ReasonForm):
    usual = EnumField("Motif habituel", TO_CLOSE, empty="Aucun")


class ComplementsForm(Form):
    sections = ChecksField("Rubriques à rouvrir", required=True)
    offered: Sequence[AnySection] = ()
    message = TextField("Ce que l’équipe doit compléter", longest=LONGEST_REASON, required=True)
    due_on = DayField(
        "Dernier jour pour répondre", required=True, default=lambda: clock.today() + dt.timedelta(days=14)
    )

    def offer(self, sections: Sequence[AnySection]) -> None:
        self.offered = sections
        self.sections.choices = {section.value: section.label for section in sections}

    @property
    def chosen(self) -> list[AnySection]:
        return [section for section in self.offered if section.value in (self.sections.data or ())]


class ExtensionForm(Form):
    due_on = DayField("Nouveau dernier jour pour répondre", required=True)
    reason = TextField("Motif", longest=1000, required=True, description="L’équipe du dossier le recevra par courriel.")


class CancellationForm(Form):
    reason = TextField("Motif", longest=1000, required=True, description="L’équipe du dossier le recevra par courriel.")
