"""Filters of the officer's desk, read from the address."""

from collections.abc import Sequence
from uuid import UUID

from wtforms import BooleanField, SelectField

from guichet.applications.models import NEVER_SUBMITTED, ApplicationStatus
from guichet.review.queries.desk import BY_DELAY, ORDERS, Delay, Wanted
from guichet.web.fields import EnumField, LineField
from guichet.web.forms import Form

Choices = Sequence[tuple[UUID, str]]


class DeskFilter(Form):
    mots = LineField("Titre ou numéro", longest=100)
    appel = SelectField("Appel", validate_choice=False)
    releve = SelectField("Relève", validate_choice=False)
    ministere = SelectField("Ministère", validate_choice=False)
    etat = EnumField("État", [status for status in ApplicationStatus if status not in NEVER_SUBMITTED], empty="Tous")
    delai = EnumField("Délais", Delay, empty="Tous")
    attente = BooleanField("Attend une action de ma part")
    nonlus = BooleanField("Messages non lus")
    nonlue = BooleanField("Décision non lue")

    def offer(self, calls: Choices, rounds: Choices, ministries: Choices) -> None:
        self.offered = {str(one): one for one, _ in (*calls, *rounds, *ministries)}
        self.appel.choices = {"": "Tous"} | {str(call_id): title for call_id, title in calls}
        self.releve.choices = {"": "Toutes"} | {str(round_id): name for round_id, name in rounds}
        if not rounds:
            # Most calls have none.
            del self.releve
        self.ministere.choices = {"": "Tous"} | {str(ministry_id): name for ministry_id, name in ministries}

    def wanted(self, order: str) -> Wanted:
        return Wanted(
            # A stranger to the list filters nothing.
            call_id=self.offered.get(self.appel.data),
            round_id=self.offered.get(self.releve.data) if "releve" in self else None,
            ministry_id=self.offered.get(self.ministere.data),
            status=self.etat.data if isinstance(self.etat.data, ApplicationStatus) else None,
            words=(self.mots.data or "")[:100],
            awaiting=bool(self.attente.data),
            unread=bool(self.nonlus.data),
            outcome_unread=bool(self.nonlue.data),
            delay=self.delai.data if isinstance(self.delai.data, Delay) else None,
            order=order if order in {*ORDERS, *BY_DELAY} else "depot",
        )
