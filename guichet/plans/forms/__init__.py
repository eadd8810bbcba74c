"""The forms of plans: shape and plain values; the rules are in the use cases."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from wtforms import BooleanField, SelectField
from wtforms import Form as PlainForm

from guichet.calls.models import PriorityAction
from guichet.plans.models import ActionIndicator, ActionPlan, EngagementLevel, Progress, Theme
from guichet.plans.queries import Wanted
from guichet.plans.services import ActionTerms
from guichet.web.fields import DayField, EnumField, LineField, NumberField, TextField, WholeField
from guichet.web.forms import Form

# A measure is a decimal of 16 digits, 3 of them after the comma.
LARGEST_MEASURE = 10**12


class PlanFilter(PlainForm):
    """Read from the address: no token, nothing is changed by it."""

    class Meta:
        locales = ("fr",)

    ministere = SelectField("Ministère", validate_choice=False)
    thematique = EnumField("Thématique", Theme, empty="Toutes")
    niveau = EnumField("Niveau visé", EngagementLevel, empty="Tous")

    def offer(self, plans: Sequence[ActionPlan]) -> "PlanFilter":
        self.ministere.choices = {"": "Tous"} | {str(plan.ministry_id): plan.ministry.short_name for plan in plans}
        return self

    @property
    def wanted(self) -> Wanted:
        """What the address asks for; what it says wrong counts for nothing."""
        theme, level = self.thematique.data, self.niveau.data
        return Wanted(
            ministry_id=_uuid(self.ministere.data),
            theme=theme if isinstance(theme, Theme) else None,
            level=level if isinstance(level, EngagementLevel) else None,
        )


class ThemeFilter(PlainForm):
    thematique = EnumField("Thématique", Theme)

    @property
    def theme(self) -> Theme | None:
        return self.thematique.data if isinstance(self.thematique.data, Theme) else None


class PlanForm(Form):
    title = LineField("Titre", longest=200, required=True)
    first_year = WholeField("Première année", least=2000, most=2100, required=True)
    last_year = WholeField("Dernière année", least=2000, most=2100, required=True)


class ActionForm(Form):
    title = LineField("Intitulé", longest=300, required=True)
    theme = EnumField("Thématique", Theme, required=True)
    description = TextField("Description", longest=5_000)
    pilot_name = LineField("Pilote", longest=200)
    priority_action_id = SelectField("Action prioritaire", coerce=str)
    level_reached = EnumField("Niveau d’engagement atteint", EngagementLevel, empty="Aucun pour le moment")
    level_target = EnumField("Niveau d’engagement visé", EngagementLevel, required=True)
    progress = EnumField("Avancement", Progress, required=True, default=Progress.TO_DO)
    key_action = BooleanField("Action clé du plan")
    starts_on = DayField("Début")
    due_on = DayField("Échéance")

    def offer(self, actions: Sequence[PriorityAction]) -> None:
        self.priority_action_id.choices = {"": "Aucune"} | {str(action.id): action.label for action in actions}

    @property
    def terms(self) -> ActionTerms:
        """What was typed, once validated."""
        typed: dict[str, Any] = {name: data for name, data in self.data.items() if name != "csrf_token"}
        for name in ("description", "pilot_name"):
            typed[name] = typed[name] or ""
        return ActionTerms(**{**typed, "priority_action_id": _uuid(typed["priority_action_id"])})


class IndicatorForm(Form):
    label = LineField("Indicateur", longest=200, required=True)
    unit = LineField("Unité", longest=40, required=True, description="Par exemple : %, kg CO2e, mois.")
    baseline = NumberField("Valeur de départ", least=-LARGEST_MEASURE, most=LARGEST_MEASURE)
    target = NumberField("Cible", least=-LARGEST_MEASURE, most=LARGEST_MEASURE)


class MeasureForm(Form):
    indicator_id = SelectField("Indicateur", coerce=str)
    year = WholeField("Année", least=2000, most=2100, required=True)
    value = NumberField("Valeur mesurée", least=-LARGEST_MEASURE, most=LARGEST_MEASURE, required=True)

    def offer(self, indicators: Sequence[ActionIndicator]) -> None:
        self.indicator_id.choices = {str(line.id): f"{line.label} ({line.unit})" for line in indicators}

    @property
    def measure(self) -> tuple[UUID, int, Decimal]:
        """Indicator, year, value: what was typed, once validated."""
        return UUID(self.indicator_id.data), int(self.year.data), self.value.data or Decimal(0)


class UndoForm(Form):
    reason = TextField("Motif", longest=500, required=True, description="Lu par tous ceux qui lisent le plan.")


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
