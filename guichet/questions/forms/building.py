"""The forms of the builder: the words of a section, a question of one kind, the call to copy from."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from wtforms import BooleanField, SelectField

from guichet.questions.definition import (
    COLUMN_KINDS,
    LISTS,
    MOST_COLUMNS,
    NUMBERS,
    TEXTS,
    Condition,
    Definition,
    Kind,
    Question,
    Section,
    Test,
)
from guichet.web.fields import DayField, EnumField, LineField, NumberField, TextField, WholeField
from guichet.web.forms import Form

SINCE = "Laissez vide pour toujours la demander."


class _Asked(Form):
    """What sections and questions have in common: words, and the condition on an earlier answer."""

    title = LineField("Intitulé", longest=200, required=True)
    help = TextField("Aide", longest=500, description="Une phrase sous l’intitulé : ce qui est attendu, un exemple.")
    condition = SelectField("Demander seulement si la réponse à", choices={}, validate_choice=False, description=SINCE)
    condition_test = EnumField("Cette réponse", Test, empty="Choisir…")
    condition_values = TextField("Réponse attendue", longest=2000, description="Une par ligne s’il y en a plusieurs.")

    def offer(self, earlier: Iterable[Question]) -> None:
        self.condition.choices = {"": "Toujours", **{one.key: f"{one.key} · {one.title}" for one in earlier}}

    def read(self, thing: Section | Question) -> None:
        """Show what `thing` says."""
        self.title.data, self.help.data = thing.title, thing.help
        if thing.condition:
            self.condition.data, self.condition_test.data = thing.condition.question, thing.condition.test
            self.condition_values.data = "\n".join(thing.condition.values)

    def terms(self) -> dict[str, Any]:
        condition = None
        if self.condition.data:
            test = self.condition_test.data or Test.FILLED
            values = [] if test is Test.FILLED else _lines(self.condition_values.data)
            condition = Condition(question=self.condition.data, test=test, values=values)
        return {"title": self.title.data or "", "help": self.help.data or "", "condition": condition}


class SectionForm(_Asked):
    pass


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


class QuestionForm(_Asked):
    """All that a question of any kind may have; `keep` leaves what its kind has."""

    required = BooleanField("Réponse obligatoire pour déposer")
    unit = LineField("Unité", longest=40, description="Par exemple : postes, kWh, jours.")
    longest = WholeField("Longueur maximale, en caractères", least=1, most=5000)
    least = NumberField("Plus petite valeur", least=None)
    most = NumberField("Plus grande valeur", least=None)
    first_day = DayField("Date la plus ancienne")
    last_day = DayField("Date la plus récente")
    choices = TextField("Choix", description="Un par ligne, au moins deux.")
    formula = LineField(
        "Formule", longest=300, description="Avec les codes des questions : q1 / q2 * 100, sum(q3.c2), min(q1, q4)."
    )

    def keep(self, kind: Kind) -> None:
        for name in list(self._fields):
            needed = FIELDS.get(name)
            if needed is not None and kind not in needed:
                del self[name]

    def show(self, question: Question) -> None:
        self.read(question)
        is_date = question.kind is Kind.DATE
        shown: dict[str, Any] = {
            "required": question.required,
            "unit": question.unit,
            "longest": question.longest,
            "least": question.least,
            "most": question.most,
            "choices": "\n".join(question.choices),
            "formula": question.formula,
        }
        if is_date:
            self["first_day"].process_data(_day(question.least))
            self["last_day"].process_data(_day(question.most))
        for name, value in shown.items():
            if name in self._fields:
                self[name].data = value
        for index, column in enumerate(question.columns, start=1):
            place = f"c{index}"
            slot = next((name for name in (column.key, place) if f"{name}_title" in self._fields), place)
            self[f"{slot}_title"].data, self[f"{slot}_kind"].data = column.title, column.kind
            self[f"{slot}_unit"].data = column.unit

    def question_terms(self, kind: Kind) -> dict[str, Any]:
        held = {name: field.data for name, field in self._fields.items()}
        low, high = held.get("least"), held.get("most")
        if kind is Kind.DATE:
            low, high = held["first_day"], held["last_day"]
        return {
            **self.terms(),
            "kind": kind,
            "required": bool(held.get("required")),
            "unit": held.get("unit") or "",
            "longest": held.get("longest"),
            "least": None if low is None else str(low),
            "most": None if high is None else str(high),
            "choices": _lines(held.get("choices")),
            "formula": held.get("formula") or "",
            "columns": self._columns(kind),
        }

    def _columns(self, kind: Kind) -> list[dict[str, Any]]:
        if kind is not Kind.TABLE:
            return []
        return [
            {
                "key": slot,
                "title": self[f"{slot}_title"].data,
                "kind": self[f"{slot}_kind"].data or Kind.SHORT_TEXT,
                "unit": self[f"{slot}_unit"].data or "",
            }
            for slot in SLOTS
            if self[f"{slot}_title"].data
        ]


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


SLOTS = [f"c{number}" for number in range(1, MOST_COLUMNS + 1)]
for number, slot in enumerate(SLOTS, start=1):
    setattr(QuestionForm, f"{slot}_title", LineField(f"Colonne {number} : titre", longest=200))
    setattr(QuestionForm, f"{slot}_kind", EnumField(f"Colonne {number} : type", COLUMN_KINDS, empty="Texte court"))
    setattr(QuestionForm, f"{slot}_unit", LineField(f"Colonne {number} : unité", longest=40))

FIELDS: dict[str, frozenset[Kind]] = {
    "required": frozenset(Kind) - {Kind.COMPUTED},
    "unit": frozenset({Kind.NUMBER, Kind.COMPUTED}),
    "longest": TEXTS,
    "least": NUMBERS,
    "most": NUMBERS,
    "first_day": frozenset({Kind.DATE}),
    "last_day": frozenset({Kind.DATE}),
    "choices": LISTS,
    "formula": frozenset({Kind.COMPUTED}),
    **{f"{slot}_{part}": frozenset({Kind.TABLE}) for slot in SLOTS for part in ("title", "kind", "unit")},
}


class KindForm(Form):
    kind = EnumField("Type de la question", Kind, required=True)


class CopyForm(Form):
    source = SelectField("Appel dont copier le formulaire", choices={}, validate_choice=False)

    def offer(self, calls: Iterable[tuple[Any, str]]) -> None:
        self.source.choices = {"": "Choisir…", **{str(identifier): title for identifier, title in calls}}


def earlier_than(form: Definition, key: str | None) -> list[Question]:
    """The questions on which a condition may lean: those before the question or section `key`; all of them for a new one."""
    found: list[Question] = []
    for section in form.sections:
        if section.key == key:
            return found
        for question in section.questions:
            if question.key == key:
                return found
            found.append(question)
    return found


def before_next_in(form: Definition, section_key: str) -> list[Question]:
    """The same for a new last question of a section."""
    found: list[Question] = []
    for section in form.sections:
        found += section.questions
        if section.key == section_key:
            return found
    return found
