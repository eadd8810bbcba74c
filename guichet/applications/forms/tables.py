"""The sections whose lines repeat. An empty line is ignored, a line marked « Retirer » goes away."""

import re
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any, ClassVar
from uuid import UUID

from wtforms import BooleanField, FormField, HiddenField
from wtforms.validators import ValidationError

from guichet.applications.budget import LINES_A_PAGE, Summary, summarise
from guichet.applications.forms.fields import ReferenceField, RowsField
from guichet.applications.forms.sections import SectionForm
from guichet.applications.models import BudgetCategory, CofunderKind, CofundingState, ImpactUnit
from guichet.applications.sections import MOST_INDICATORS
from guichet.core.errors import RuleBroken
from guichet.core.money import ZERO
from guichet.plans.models import EngagementLevel, PlanAction, Theme
from guichet.web.fields import DayField, EnumField, EuroField, LineField, NumberField, TextField, WholeField
from guichet.web.forms import Form

MISSING = "Ce champ est obligatoire."
# What a line has beside what is typed in it.
UNTYPED = {"removed", "line_id"}


class RowForm(Form):
    """Base of a line. `needed` are asked as soon as anything of the line is filled."""

    needed: ClassVar[tuple[str, ...]] = ()

    class Meta(Form.Meta):
        csrf = False

    removed = BooleanField("Retirer")

    @property
    def is_kept(self) -> bool:
        return not self.removed.data and not self.is_blank

    @property
    def is_blank(self) -> bool:
        typed = (field for field in self if field.short_name not in UNTYPED)
        return not any(_is_filled(field) for field in typed)

    def validate(self, extra_validators: Any = None) -> bool:
        if not self.is_kept:
            return True
        valid = super().validate(extra_validators)
        for field in (self[name] for name in self.needed):
            if field.data in (None, "") and not field.errors:
                field.errors = [MISSING]
                valid = False
        return valid


def _is_filled(field: Any) -> bool:
    if field.raw_data is not None:
        return any(str(typed).strip() for typed in field.raw_data)
    return field.data not in (None, "")


class TableForm(SectionForm):
    """Base of a section with lines, held by the field named `rows_name`, `most` at most on a page."""

    rows_name: ClassVar[str]
    most: ClassVar[int]
    # Empty lines offered at the end.
    blanks: ClassVar[int] = 2
    adding: ClassVar[str] = "Ajouter une ligne"

    @property
    def rows(self) -> Any:
        return self[self.rows_name]

    @property
    def kept(self) -> list[Any]:
        """The lines that a save would write, in order."""
        return [entry for entry in self.rows if entry.form.is_kept]

    @property
    def is_full(self) -> bool:
        return len(self.rows) >= self.most

    def add_blank(self, number: int = 1) -> None:
        """Let `number` more lines be typed, as far as the page holds them; lines marked to go are gone."""
        self.rows.entries = [entry for entry in self.rows if not entry.form.removed.data]
        for _ in range(min(number, self.most - len(self.rows))):
            self.rows.append_entry()

    def values(self) -> dict[str, Any]:
        return {**super().values(), self.rows_name: [self.row_values(entry) for entry in self.kept]}

    def row_values(self, entry: Any) -> dict[str, Any]:
        return {field.short_name: field.data for field in entry if field.short_name not in UNTYPED}

    def blame(self, problem: RuleBroken) -> None:
        """A field named "lines-2-amount" is that of the third line kept, wherever it stands on the page."""
        found = re.fullmatch(rf"{self.rows_name}-(\d+)-(\w+)", problem.field or "")
        entry = self._kept_at(int(found[1])) if found else None
        if entry is None or found is None:
            super().blame(problem)
            return
        field = entry.form[found[2]]
        field.errors = [*field.errors, problem.message]
        self.rows.errors = [entry.errors for entry in self.rows]

    def _kept_at(self, index: int) -> Any:
        return self.kept[index] if 0 <= index < len(self.kept) else None


class LinkRow(RowForm):
    """An action of the ministry's plan, or one that the dossier proposes."""

    needed = ("level_aimed",)

    plan_action_id = ReferenceField("Action du plan", empty="Aucune : je propose une action")
    proposed_title = LineField("Action proposée", longest=300)
    proposed_theme = EnumField("Thématique de l’action proposée", Theme)
    level_aimed = EnumField("Niveau d’engagement visé", EngagementLevel)

    @property
    def is_settled(self) -> bool:
        """Whether the line is chosen, hence shown short; another shows all that may be chosen."""
        return not self.errors and bool(
            self.plan_action_id.data or (self.proposed_title.data and self.proposed_theme.data)
        )

    @property
    def action_label(self) -> str:
        return next((label for _, label, chosen, *_ in self.plan_action_id.iter_choices() if chosen), "")

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        if not self.is_kept or not valid:
            return valid
        return self._is_one_or_the_other()

    def _is_one_or_the_other(self) -> bool:
        if self.plan_action_id.data and (self.proposed_title.data or self.proposed_theme.data):
            self.proposed_title.errors = ["Choisissez une action du plan, ou proposez-en une : pas les deux."]
        elif not self.plan_action_id.data and not self.proposed_title.data:
            self.plan_action_id.errors = ["Choisissez une action du plan, ou proposez-en une."]
        elif not self.plan_action_id.data and not self.proposed_theme.data:
            self.proposed_theme.errors = [MISSING]
        return not self.errors


class PlanForm(TableForm):
    rows_name, most, blanks = "links", 8, 1
    adding = "Ajouter une autre action"
    links = RowsField(FormField(LinkRow), "Lien")

    def offer(self, actions: list[PlanAction]) -> None:
        """The actions of the ministry's plans, by theme."""
        groups: dict[str, list[tuple[Any, str]]] = {}
        for action in actions:
            groups.setdefault(action.theme.label, []).append((action.id, f"{action.number}. {action.title}"))
        for entry in self.links:
            entry.form.plan_action_id.offer_groups(groups)


class MilestoneRow(RowForm):
    needed = ("label", "due_on")

    label = LineField("Jalon", longest=200)
    due_on = DayField("Date")


class CalendarForm(TableForm):
    rows_name, most = "milestones", 20
    adding = "Ajouter un jalon"
    milestones = RowsField(FormField(MilestoneRow), "Jalon")


class LineRow(RowForm):
    needed = ("category", "label", "year", "amount")

    # Which saved line this is: a budget is written page by page, by several people.
    line_id = HiddenField()
    category = EnumField("Poste", BudgetCategory)
    label = LineField("Libellé", longest=200)
    year = WholeField("Année", least=2000, most=2100)
    amount = EuroField("Dépense", least=0)
    amount_requested = EuroField("Demandé")

    def validate_amount(self, field: Any) -> None:
        if not field.errors and field.data == 0:
            raise ValidationError("Écrivez un montant supérieur à 0.")


class BudgetForm(TableForm):
    """The lines of one page of the budget; `before` and `after` are those of the other pages, kept as they are."""

    rows_name, most = "lines", LINES_A_PAGE + TableForm.blanks
    lines = RowsField(FormField(LineRow), "Ligne")

    def __init__(self, lines: Sequence[dict[str, Any]], page: int | None, **kwargs: Any) -> None:
        """`lines` are those saved; without `page`, all are on the form."""
        size = LINES_A_PAGE if page else max(1, len(lines))
        self.pages = max(1, -(-len(lines) // size))
        self.page = min(max(1, page or 1), self.pages)
        self.place = slice((self.page - 1) * size, self.page * size)
        super().__init__(data={"lines": [_shown(line) for line in lines[self.place]]}, **kwargs)
        here = {entry.form.line_id.data for entry in self.lines}
        first = next((index for index, line in enumerate(lines) if str(line["id"]) in here), len(lines))
        self.before = list(lines[:first])
        self.after = [line for line in lines[first:] if str(line["id"]) not in here]

    def restore(self, name: str, value: Any) -> None:
        """The lines of this page as they are saved."""
        super().restore(name, [_shown(line) for line in value[self.place]])
        self.before, self.after = list(value[: self.place.start]), list(value[self.place.stop :])

    def add_blank(self, number: int = 1) -> None:
        """New lines come after all others: they are typed on the last page. Those marked to go stay until they are saved so:
        a saved line that the page does not send back is one of another page."""
        for _ in range(0 if self.after else min(number, self.most - len(self.rows))):
            self.rows.append_entry()

    def row_values(self, entry: Any) -> dict[str, Any]:
        values = super().row_values(entry)
        values["amount_requested"] = values["amount_requested"] or ZERO
        return {"id": _identifier(entry.form.line_id.data), **values}

    def values(self) -> dict[str, Any]:
        values = super().values()
        return {**values, "lines": [*self.before, *values["lines"], *self.after]}

    def _kept_at(self, index: int) -> Any:
        return super()._kept_at(index - len(self.before))

    def summary(self, cofundings: Iterable[Any], *, staff_counted: bool) -> Summary:
        """The arithmetic of what is typed, saved or not; what cannot be an amount counts for nothing."""
        shares = ("amount", "amount_requested")
        rows = [{**row, **{share: max(row[share] or ZERO, ZERO) for share in shares}} for row in self.values()["lines"]]
        return summarise((SimpleNamespace(**row) for row in rows), cofundings, staff_counted=staff_counted)


def _shown(line: dict[str, Any]) -> dict[str, Any]:
    return {"line_id": str(line["id"] or ""), **line}


class CofundingRow(RowForm):
    needed = ("name", "kind", "year", "amount", "state")

    name = LineField("Cofinanceur", longest=200)
    kind = EnumField("Nature", CofunderKind)
    year = WholeField("Année", least=2000, most=2100)
    amount = EuroField("Montant", least=0)
    state = EnumField("État", CofundingState)

    def validate_amount(self, field: Any) -> None:
        if not field.errors and field.data == 0:
            raise ValidationError("Écrivez un montant supérieur à 0.")


class CofundingForm(TableForm):
    """Who else pays; a page of its own, of the section « Budget »."""

    rows_name, most = "cofundings", 10
    adding = "Ajouter un cofinancement"
    cofundings = RowsField(FormField(CofundingRow), "Cofinancement")


def _identifier(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


class IndicatorRow(RowForm):
    needed = ("label", "unit", "baseline", "target")

    label = LineField("Indicateur", longest=200)
    unit = EnumField("Unité", ImpactUnit)
    baseline = NumberField("Avant")
    target = NumberField("Après")
    measured_on = DayField("Mesuré le")


class ImpactForm(TableForm):
    rows_name, most, blanks = "indicators", MOST_INDICATORS, 1
    adding = "Ajouter un indicateur"

    impact_method = TextField(
        "Méthode d’estimation",
        description="Facteurs employés et leur version, quantités, période, incertitude, recouvrements.",
    )
    own_footprint = TextField(
        "Empreinte du projet lui-même",
        longest=2000,
        description="Ce que le projet consomme, et comment vous le limitez.",
    )
    annual_savings = EuroField("Économie attendue par an", description="0 s’il n’y en a pas.")
    savings_from_year = WholeField("À partir de l’année", least=2000, most=2100)
    rgesn_score = WholeField("Score RGESN", least=0, most=100, suffix="%")
    rgesn_version = LineField("Version du RGESN", longest=20, description="Par exemple : 2024.")
    rgesn_on = DayField("Date de l’évaluation RGESN")
    indicators = RowsField(FormField(IndicatorRow), "Indicateur")

    def leave_out_rgesn(self) -> None:
        """Asked of digital services only."""
        del self.rgesn_score, self.rgesn_version, self.rgesn_on
