"""Looking among the funded projects; read from the address, nothing is changed by it."""

from wtforms import SelectField

from guichet.applications.forms.fields import ReferenceField
from guichet.applications.funded import Choices, Order, Wanted
from guichet.web.fields import EnumField, LineField
from guichet.web.forms import Form


class FundedFilter(Form):
    """Sent in the address: it needs no token. A filter that makes no sense filters nothing."""

    class Meta(Form.Meta):
        csrf = False

    mots = LineField("Mots du projet", longest=200)
    action = SelectField("Action prioritaire", validate_choice=False)
    ministere = ReferenceField("Ministère", empty="Tous")
    appel = ReferenceField("Appel à projets", empty="Tous")
    annee = SelectField("Année", validate_choice=False)
    tri = EnumField("Ordre", Order, empty="Selon les mots")

    def offer(self, choices: Choices) -> "FundedFilter":
        self.years = {str(year): year for year in choices.years}
        self.action.choices = {"": "Toutes", **dict(choices.actions)}
        self.annee.choices = {"": "Toutes", **{year: year for year in self.years}}
        self.ministere.offer(choices.ministries)
        self.appel.offer(choices.calls)
        return self

    def wanted(self) -> Wanted:
        self.validate()
        sound = {field.name: None if field.errors else field.data for field in self}
        return Wanted(
            words=sound["mots"] or "",
            action=sound["action"] or None,
            ministry_id=sound["ministere"],
            call_id=sound["appel"],
            year=self.years.get(sound["annee"] or ""),
            order=sound["tri"] or Order.RELEVANCE,
        )
