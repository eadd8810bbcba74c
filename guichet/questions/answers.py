"""Answers to a form: which questions are asked, what an answer may be, what it reads as. Pure.

An answer is a plain value of JSON: a text, a number or an amount written out, a day (ISO), a label or labels of the choices,
true or false, the identifier of a file or of an action, a list of rows. Nothing answered is None.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from guichet.questions.checks import bound
from guichet.questions.definition import MOST_ROWS, TEXTS, Condition, Definition, Kind, Question, Section, Test
from guichet.questions.formulas import evaluate, parse
from guichet.web.filters import day, euros, number
from guichet.web.forms import clean

_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,13}(?:[.,][0-9]{1,6})?")
NOT_COMPUTABLE = "Non calculable"
LARGEST = Decimal("9999999999.99")


class Refused(ValueError):
    """An answer that the question does not take; the text is for the person."""


@dataclass(frozen=True)
class Names:
    """What answers may point to, each with its words: the ministry's own actions, the dossier's files."""

    actions: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)


Answers = Mapping[str, Any]


def accepted(question: Question, value: Any, names: Names) -> Any:
    """`value` in its one form, or None for no answer. Raises Refused for what the question does not take."""
    if value is None or value in ("", []) or question.kind is Kind.COMPUTED:
        return None
    match question.kind:
        case Kind.CHOICES:
            return _labels(question, value)
        case Kind.TABLE:
            return _rows(question, value)
        case Kind.PLAN_ACTION:
            return _one_of(names.actions, value, "Choisissez une action du plan de votre ministère.")
        case Kind.FILE:
            return _one_of(names.files, value, "Ce fichier n’est pas une pièce du dossier.")
    return _single(question, value)


def _single(question: Question, value: Any) -> Any:
    if question.kind is Kind.YES_NO:
        if not isinstance(value, bool):
            raise Refused("Répondez par oui ou par non.")
        return value
    if not isinstance(value, str):
        raise Refused("Cette réponse ne se lit pas.")
    match question.kind:
        case Kind.CHOICE:
            return _one_of(question.choices, value, "Choisissez une valeur de la liste.")
        case Kind.DATE:
            return _day(question, value)
        case kind if kind in TEXTS:
            return _text(question, value)
        case _:
            return _number(question, value)


def _one_of(offered: Any, value: Any, message: str) -> str:
    if not isinstance(value, str) or value not in offered:
        raise Refused(message)
    return value


def _text(question: Question, value: str) -> str | None:
    text: str = clean(value)
    if len(text) > question.room:
        raise Refused(f"{question.room} caractères au plus.")
    return text or None


def _number(question: Question, value: str) -> str:
    places = 2 if question.kind is Kind.AMOUNT else 3
    try:
        found = Decimal(value)
        if not abs(found) <= LARGEST:
            raise Refused("Le nombre est trop grand.")
        found = found.quantize(Decimal(1).scaleb(-places))
    except InvalidOperation as problem:
        raise Refused("Écrivez un nombre, par exemple 1 234,50.") from problem
    if question.kind is Kind.AMOUNT and question.least is None and found < 0:
        raise Refused("Écrivez un montant d’au moins 0.")
    _within(question, found, lambda limit: number(limit, 3))
    return format(found, "f")


def _day(question: Question, value: str) -> str:
    try:
        found = dt.date.fromisoformat(value)
    except ValueError as problem:
        raise Refused("Écrivez une date, par exemple 23/11/2026.") from problem
    if not 2000 <= found.year <= 2100:
        raise Refused("La date doit être comprise entre 2000 et 2100.")
    _within(question, Decimal(found.toordinal()), lambda limit: "du " + day(dt.date.fromordinal(int(limit))))
    return found.isoformat()


def _within(question: Question, value: Decimal, words: Any) -> None:
    what = "une date à partir" if question.kind is Kind.DATE else "un nombre d’au moins"
    if question.least is not None and value < (least := bound(question.kind, question.least)):
        raise Refused(f"Écrivez {what} {words(least)}.")
    what = "une date au plus tard le" if question.kind is Kind.DATE else "un nombre d’au plus"
    if question.most is not None and value > (most := bound(question.kind, question.most)):
        raise Refused(f"Écrivez {what} {words(most).removeprefix('du ')}.")


def _labels(question: Question, value: Any) -> list[str]:
    if not isinstance(value, list) or any(not isinstance(one, str) or one not in question.choices for one in value):
        raise Refused("Choisissez parmi les valeurs de la liste.")
    return [choice for choice in question.choices if choice in value]


def _rows(question: Question, value: Any) -> list[dict[str, Any]] | None:
    if not isinstance(value, list) or any(not isinstance(row, dict) for row in value):
        raise Refused("Ce tableau ne se lit pas.")
    if len(value) > MOST_ROWS:
        raise Refused(f"Ce tableau a {MOST_ROWS} lignes au plus : regroupez les lignes, ou joignez un fichier.")
    columns = [Question(key=one.key, kind=one.kind, title=one.title) for one in question.columns]
    if any(set(row) - {column.key for column in columns} for row in value):
        raise Refused("Ce tableau a d’autres colonnes.")
    rows = [{column.key: accepted(column, row.get(column.key), Names()) for column in columns} for row in value]
    return [row for row in rows if any(cell is not None for cell in row.values())] or None


@dataclass(frozen=True)
class Sheet:
    """A form and what was answered to it: kept as stored, read through `value`, which knows only what is asked and valid."""

    definition: Definition
    stored: Answers
    names: Names = field(default_factory=Names)
    # What was worked out already: a formula that names a formula twice, and so on, would double at each step.
    known: dict[str, Any] = field(default_factory=dict, init=False, compare=False, repr=False)

    def valid(self, question: Question) -> Any:
        """What was answered, asked or not; None when it does not suit the question (any more)."""
        try:
            return accepted(question, self.stored.get(question.key), self.names)
        except Refused:
            return None

    def fits(self, question: Question) -> bool:
        """Whether nothing stored under the question's code is refused by it."""
        try:
            accepted(question, self.stored.get(question.key), self.names)
        except Refused:
            return False
        return question.kind is not Kind.COMPUTED or self.stored.get(question.key) is None

    def is_shown(self, section: Section) -> bool:
        return section.condition is None or self._holds(section.condition)

    def is_asked(self, question: Question) -> bool:
        section = self.definition.section_of(question.key)
        if section is None or not self.is_shown(section):
            return False
        return question.condition is None or self._holds(question.condition)

    def value(self, question: Question) -> Any:
        """What counts: the answer to a question that is asked, or its computed value."""
        if question.key not in self.known:
            found = self._computed if question.kind is Kind.COMPUTED else self.valid
            self.known[question.key] = found(question) if self.is_asked(question) else None
        return self.known[question.key]

    def asked(self, section: Section) -> Iterator[Question]:
        return (question for question in section.questions if self.is_asked(question))

    def shown(self) -> Iterator[Section]:
        """The sections that ask something."""
        return (section for section in self.definition.sections if self.is_shown(section) and section.questions)

    def text(self, question: Question) -> str:
        """What counts, in words; one line for each row or choice."""
        value = self.value(question)
        if value is None:
            return NOT_COMPUTABLE if question.kind is Kind.COMPUTED else ""
        return in_words(question, value, self.names)

    def _holds(self, condition: Condition) -> bool:
        asked = self.definition.question(condition.question)
        value = self.value(asked) if asked else None
        if condition.test is Test.FILLED:
            return value is not None
        said = {_comparable(one) for one in (value if isinstance(value, list) else [value]) if one is not None}
        meets = bool(said & {_comparable(one) for one in condition.values})
        return not meets if condition.test is Test.IS_NOT else meets

    def _computed(self, question: Question) -> str | None:
        found = evaluate(parse(question.formula), self._at)
        return None if found is None else format(found.quantize(Decimal("0.001")).normalize(), "f")

    def _at(self, place: str) -> Decimal | list[Decimal | None] | None:
        key, _, column = place.partition(".")
        asked = self.definition.question(key)
        value = self.value(asked) if asked else None
        if column:
            return [_decimal(row.get(column)) for row in value or ()]
        return _decimal(value)


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


def _comparable(value: Any) -> str:
    """« 2 », « 2,0 » and « 2.000 » are one answer; so are two writings of one text."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    text = str(value).strip().casefold()
    return format(Decimal(text.replace(",", ".")).normalize(), "f") if _PLAIN_NUMBER.fullmatch(text) else text


def in_words(question: Question, value: Any, names: Names) -> str:
    """A valid answer as people read it."""
    told = _WORDS.get(question.kind)
    return told(question, value, names) if told else str(value)


_WORDS: dict[Kind, Callable[[Question, Any, Names], str]] = {
    Kind.AMOUNT: lambda _question, value, _names: euros(Decimal(value)),
    Kind.NUMBER: lambda question, value, _names: f"{number(Decimal(value), 3)} {question.unit}".strip(),
    Kind.COMPUTED: lambda question, value, _names: f"{number(Decimal(value), 3)} {question.unit}".strip(),
    Kind.DATE: lambda _question, value, _names: day(dt.date.fromisoformat(value)),
    Kind.YES_NO: lambda _question, value, _names: "Oui" if value else "Non",
    Kind.CHOICES: lambda _question, value, _names: "\n".join(value),
    Kind.TABLE: lambda question, value, _names: "\n".join(_row_in_words(question, row) for row in value),
    Kind.PLAN_ACTION: lambda _question, value, names: names.actions.get(value, ""),
    Kind.FILE: lambda _question, value, names: names.files.get(value, ""),
}


def _row_in_words(question: Question, row: Mapping[str, Any]) -> str:
    cells = (
        (column.title, Question(key=column.key, kind=column.kind, title="", unit=column.unit), row.get(column.key))
        for column in question.columns
    )
    return " ; ".join(
        f"{title} : {in_words(cell, value, Names())}" for title, cell, value in cells if value is not None
    )
