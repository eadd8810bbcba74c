"""A form of a call's own questions, as plain values: sections, questions, conditions, formulas. Pure.

A question is known by a short code (« q3 ») that never changes and is never given twice: answers are kept under it from one
version of the form to the next, and formulas name questions by it, whatever their titles become.
"""

import enum
from collections.abc import Iterator
from typing import Any

import msgspec

MOST_SECTIONS, MOST_QUESTIONS, MOST_CHOICES, MOST_COLUMNS, MOST_ROWS, MOST_FILES = 8, 12, 20, 5, 12, 10


class Kind(enum.StrEnum):
    SHORT_TEXT = "short_text"
    LONG_TEXT = "long_text"
    NUMBER = "number"
    AMOUNT = "amount"
    CHOICE = "choice"
    CHOICES = "choices"
    YES_NO = "yes_no"
    DATE = "date"
    FILE = "file"
    TABLE = "table"
    PLAN_ACTION = "plan_action"
    COMPUTED = "computed"

    @property
    def label(self) -> str:
        return _KINDS[self]


_KINDS = {
    Kind.SHORT_TEXT: "Texte court",
    Kind.LONG_TEXT: "Texte long",
    Kind.NUMBER: "Nombre",
    Kind.AMOUNT: "Montant en euros",
    Kind.CHOICE: "Un choix parmi plusieurs",
    Kind.CHOICES: "Plusieurs choix",
    Kind.YES_NO: "Oui ou non",
    Kind.DATE: "Date",
    Kind.FILE: "Fichier",
    Kind.TABLE: "Tableau",
    Kind.PLAN_ACTION: "Action du plan du ministère",
    Kind.COMPUTED: "Valeur calculée",
}
TEXTS = frozenset({Kind.SHORT_TEXT, Kind.LONG_TEXT})
NUMBERS = frozenset({Kind.NUMBER, Kind.AMOUNT})
LISTS = frozenset({Kind.CHOICE, Kind.CHOICES})
COLUMN_KINDS = (Kind.SHORT_TEXT, Kind.NUMBER, Kind.AMOUNT, Kind.DATE, Kind.YES_NO)


class Test(enum.StrEnum):
    """What a condition asks of the answer to an earlier question."""

    # Not a class of tests, whatever pytest thinks of its name.
    __test__ = False

    EQUALS = "equals"
    ONE_OF = "one_of"
    IS_NOT = "is_not"
    FILLED = "filled"

    @property
    def label(self) -> str:
        return {"equals": "est", "one_of": "est l’une de", "is_not": "n’est pas", "filled": "est remplie"}[self.value]


class _Plain(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Values that are compared and copied, never changed in place."""


class Condition(_Plain, frozen=True):
    question: str
    test: Test
    values: list[str] = []


class Column(_Plain, frozen=True):
    key: str
    title: str
    kind: Kind
    unit: str = ""


class Question(_Plain, frozen=True):
    key: str
    kind: Kind
    title: str
    help: str = ""
    required: bool = False
    unit: str = ""
    # Characters of a text; bounds of a number, written out, or days (ISO) of a date.
    longest: int | None = None
    least: str | None = None
    most: str | None = None
    choices: list[str] = []
    columns: list[Column] = []
    formula: str = ""
    condition: Condition | None = None

    @property
    def room(self) -> int:
        """The characters that a text may have."""
        ceiling = 200 if self.kind is Kind.SHORT_TEXT else 5000
        return min(self.longest or ceiling, ceiling)


class Section(_Plain, frozen=True):
    key: str
    title: str
    help: str = ""
    condition: Condition | None = None
    questions: list[Question] = []


class Definition(_Plain, frozen=True):
    sections: list[Section] = []
    # The last number given to a question or a section: a code that was taken away is not given again.
    last: int = 0

    @property
    def questions(self) -> Iterator[Question]:
        return (question for section in self.sections for question in section.questions)

    def question(self, key: str) -> Question | None:
        return next((question for question in self.questions if question.key == key), None)

    def section(self, key: str) -> Section | None:
        return next((section for section in self.sections if section.key == key), None)

    def section_of(self, question: str) -> Section | None:
        return next((section for section in self.sections for one in section.questions if one.key == question), None)


def dump(definition: Definition) -> dict[str, Any]:
    """The definition as the database keeps it."""
    plain: dict[str, Any] = msgspec.to_builtins(definition)
    return plain


def load(plain: Any) -> Definition:
    """Raises msgspec.ValidationError, which names the place, for anything but a definition."""
    return msgspec.convert(plain, Definition)


def told(condition: Condition, definition: Definition) -> str:
    """A condition in words."""
    question = definition.question(condition.question)
    title = question.title if question else condition.question
    values = " ou ".join(f"« {value} »" for value in condition.values)
    return f"« {title} » {condition.test.label} {values}".rstrip()
