"""The forms around a dossier: begin it, find it in a list."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from wtforms import BooleanField, HiddenField, SelectField

from guichet.applications.forms.fields import ReferenceField
from guichet.applications.listing import LATEST, SORTS, Part, Wanted
from guichet.applications.models import ApplicationStatus
from guichet.web.fields import EnumField, LineField
from guichet.web.forms import Form


class StartForm(Form):
    organisation_id = ReferenceField("Organisation qui porte le projet", required=True)
    title = LineField("Titre du projet", longest=200, required=True, description="Vous pourrez le changer.")
    another = BooleanField("Je veux commencer un autre dossier pour le même appel")


class ListFilter(Form):
    """Sent in the address: it needs no token."""

    class Meta(Form.Meta):
        csrf = False

    mots = LineField("Mots du dossier, ou référence", longest=200)
    etat = EnumField("État", ApplicationStatus, empty="Tous")
    appel = ReferenceField("Appel à projets", empty="Tous")
    role = EnumField("Mon rôle", Part, empty="Tous")
    annee = SelectField("Année", validate_choice=False)
    releve = ReferenceField("Relève", empty="Toutes")
    nonlus = BooleanField("Messages non lus")
    tri = HiddenField()

    def offer(
        self, calls: Iterable[tuple[UUID, str]], rounds: Sequence[tuple[UUID, str]], years: Iterable[int]
    ) -> "ListFilter":
        """Leave only what leads somewhere; most calls have no rounds, and nothing is asked of them then."""
        self.releve.offer(rounds)
        if not rounds:
            del self.releve
        self.appel.offer(calls)
        self.years = {str(year): year for year in years}
        self.annee.choices = {"": "Toutes", **{year: year for year in self.years}}
        return self

    def wanted(self) -> Wanted:
        """A filter that makes no sense filters nothing."""
        self.validate()
        sound = {field.name: None if field.errors else field.data for field in self}
        return Wanted(
            words=sound["mots"] or "",
            status=sound["etat"],
            call_id=sound["appel"],
            round_id=sound.get("releve"),
            part=sound["role"],
            unread=bool(self.nonlus.data),
            year=self.years.get(sound["annee"] or ""),
            sort=sort if (sort := self.tri.data or "").removeprefix("-") in SORTS else LATEST,
        )
