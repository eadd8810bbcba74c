"""The forms around a dossier: begin it, say who writes it, find it in a list."""

from typing import Any
from uuid import UUID

from wtforms import BooleanField

from guichet.applications.forms.fields import ReferenceField
from guichet.applications.models import ApplicationStatus
from guichet.web.fields import EnumField, LineField
from guichet.web.forms import Form


class StartForm(Form):
    organisation_id = ReferenceField("Organisation qui porte le projet", required=True)
    title = LineField("Titre du projet", longest=200, required=True, description="Vous pourrez le changer.")
    another = BooleanField("Je veux commencer un autre dossier pour le même appel")


class MemberForm(Form):
    email = LineField(
        "Adresse électronique",
        longest=254,
        required=True,
        description="Celle d’un porteur de projet de votre ministère, déjà inscrit sur le guichet.",
    )


class ListFilter(Form):
    """Sent in the address: it needs no token."""

    class Meta(Form.Meta):
        csrf = False

    def wanted(self) -> dict[str, Any]:
        """What queries.listed takes; a filter that makes no sense filters nothing."""
        valid = {field.name: None if field.errors else field.data for field in self}
        return {
            "status": valid["etat"],
            "call_id": valid["appel"],
            "round_id": valid.get("releve"),
            "words": valid["mots"] or "",
        }

    mots = LineField("Titre ou référence", longest=200)
    etat = EnumField("État", ApplicationStatus, empty="Tous")
    appel = ReferenceField("Appel à projets", empty="Tous")
    releve = ReferenceField("Relève", empty="Toutes")

    def offer(self, calls: list[tuple[UUID, str]], rounds: list[tuple[UUID, str]]) -> None:
        """Let one of each be chosen; most calls have no rounds, and nothing is asked of them then."""
        self.appel.offer(calls)
        self.releve.offer(rounds)
        if not rounds:
            del self.releve
