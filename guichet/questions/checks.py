"""What a definition must respect to be kept: told in French, at the field of the builder, with its place in the form. Pure."""

import contextlib
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from guichet.questions.definition import (
    COLUMN_KINDS,
    LISTS,
    MOST_CHOICES,
    MOST_COLUMNS,
    MOST_FILES,
    MOST_QUESTIONS,
    MOST_ROWS,
    MOST_SECTIONS,
    NUMBERS,
    Condition,
    Definition,
    Kind,
    Question,
    Section,
    Test,
)
from guichet.questions.formulas import FormulaError, parse, places

# A page stays light: about so many elements for the questions of one section.
HEAVIEST = 230
LONGEST_TITLE, LONGEST_HELP = 200, 500


@dataclass(frozen=True)
class Problem:
    """`path` is the place in the form (« sections[0].questions[2] »), `field` what to correct there."""

    path: str
    field: str
    message: str


def problems(definition: Definition) -> list[Problem]:
    """All that is wrong with a definition, in its order."""
    found = [*_whole(definition)]
    for index, section in enumerate(definition.sections):
        path = f"sections[{index}]"
        found += [Problem(path, field, message) for field, message in _section(section, definition)]
        for number, question in enumerate(section.questions):
            place = f"{path}.questions[{number}]"
            found += [Problem(place, field, message) for field, message in _question(question, definition)]
    return found


def _whole(definition: Definition) -> Iterator[Problem]:
    if len(definition.sections) > MOST_SECTIONS:
        yield Problem("sections", "title", f"Un formulaire a {MOST_SECTIONS} rubriques au plus.")
    if sum(question.kind is Kind.FILE for question in definition.questions) > MOST_FILES:
        yield Problem("sections", "title", f"Un formulaire demande {MOST_FILES} fichiers au plus.")
    codes = [question.key for question in definition.questions] + [section.key for section in definition.sections]
    if len(set(codes)) < len(codes):
        yield Problem("sections", "key", "Deux questions ou deux rubriques portent le même code.")
    numbers = [int(code[1:]) for code in codes if re.fullmatch(r"[qs][1-9][0-9]{0,5}", code)]
    if len(numbers) < len(codes) or any(number > definition.last for number in numbers):
        yield Problem("sections", "key", "Un code s’écrit « q » ou « s » suivi d’un nombre déjà donné.")
    elif definition.last > 10**6:
        yield Problem("sections", "key", "Ce formulaire a épuisé ses codes : copiez-le dans un autre appel.")


Told = Iterator[tuple[str, str]]


def _section(section: Section, definition: Definition) -> Told:
    if not section.key.startswith("s"):
        yield "key", "Le code d’une rubrique commence par « s »."
    yield from _words(section.title, section.help)
    if len(section.questions) > MOST_QUESTIONS:
        yield "title", f"Une rubrique a {MOST_QUESTIONS} questions au plus."
    elif sum(weight(question) for question in section.questions) > HEAVIEST:
        yield "title", "Cette rubrique est trop longue pour une page : répartissez ses questions."
    if section.condition:
        before = [one.key for one in definition.questions]
        first = section.questions[0].key if section.questions else None
        earlier = before[: before.index(first)] if first else _before_section(section, definition)
        yield from _condition(section.condition, earlier, definition)


def _before_section(section: Section, definition: Definition) -> list[str]:
    sections = definition.sections[: definition.sections.index(section)]
    return [question.key for one in sections for question in one.questions]


def weight(question: Question) -> int:
    """About how many elements a question takes on a page."""
    match question.kind:
        case Kind.TABLE:
            return 10 + MOST_ROWS * (3 + 2 * len(question.columns))
        case Kind.CHOICES:
            return 4 + 3 * len(question.choices)
        case Kind.CHOICE:
            return 5 + len(question.choices)
        case Kind.PLAN_ACTION:
            return 50
        case Kind.YES_NO:
            return 10
        case _:
            return 6


def _words(title: str, help_text: str) -> Told:
    if not title.strip():
        yield "title", "Écrivez un intitulé."
    if len(title) > LONGEST_TITLE:
        yield "title", f"{LONGEST_TITLE} caractères au plus."
    if len(help_text) > LONGEST_HELP:
        yield "help", f"{LONGEST_HELP} caractères au plus."


def _question(question: Question, definition: Definition) -> Told:
    if not question.key.startswith("q"):
        yield "key", "Le code d’une question commence par « q »."
    yield from _words(question.title, question.help)
    if len(question.unit) > 40:
        yield "unit", "40 caractères au plus."
    if question.longest is not None and question.longest < 1:
        yield "longest", "Écrivez un nombre d’au moins 1."
    yield from _limits(question)
    if question.kind in LISTS:
        yield from _choices(question.choices)
    if question.kind is Kind.TABLE:
        yield from _columns(question)
    if question.kind is Kind.COMPUTED:
        yield from _formula(question, definition)
    if question.condition:
        codes = [one.key for one in definition.questions]
        yield from _condition(question.condition, codes[: codes.index(question.key)], definition)


def _limits(question: Question) -> Told:
    bounds = []
    for field, value in (("least", question.least), ("most", question.most)):
        try:
            bounds.append(None if value is None else bound(question.kind, value))
        except ValueError:
            words = "une date" if question.kind is Kind.DATE else "un nombre"
            yield field, f"Écrivez {words}, ou laissez vide."
            return
    low, high = bounds
    if low is not None and high is not None and low > high:
        yield "most", "La plus grande valeur est en dessous de la plus petite."


def bound(kind: Kind, text: str) -> Decimal:
    """A bound as a number (days count from year 1). Raises ValueError."""
    if kind is Kind.DATE:
        return Decimal(dt.date.fromisoformat(text).toordinal())
    try:
        value = Decimal(text)
    except InvalidOperation as problem:
        raise ValueError(text) from problem
    if kind not in NUMBERS or not value.is_finite() or abs(value) >= 10**13:
        raise ValueError(text)
    return value


def _choices(choices: list[str]) -> Told:
    if len(choices) < 2:
        yield "choices", "Écrivez au moins deux choix, un par ligne."
    if len(choices) > MOST_CHOICES:
        yield "choices", f"{MOST_CHOICES} choix au plus."
    if len(set(choices)) < len(choices):
        yield "choices", "Deux choix disent la même chose."
    if any(not choice.strip() or len(choice) > 200 for choice in choices):
        yield "choices", "Un choix a entre 1 et 200 caractères."


def _columns(question: Question) -> Told:
    columns = question.columns
    if not columns:
        yield "columns", "Donnez un titre à une colonne au moins."
    keys = [column.key for column in columns]
    allowed = {f"c{number}" for number in range(1, MOST_COLUMNS + 1)}
    if len(set(keys)) < len(keys) or not set(keys) <= allowed:
        yield "columns", f"Un tableau a {MOST_COLUMNS} colonnes au plus, de codes différents."
    for column in columns:
        if not column.title.strip() or len(column.title) > LONGEST_TITLE or len(column.unit) > 40:
            yield "columns", "Chaque colonne a un titre de 200 caractères au plus."
        if column.kind not in COLUMN_KINDS:
            yield "columns", "Une colonne contient un texte court, un nombre, un montant, une date, oui ou non."


def _condition(condition: Condition, earlier: list[str], definition: Definition) -> Told:
    asked = definition.question(condition.question)
    if asked is None or condition.question not in earlier:
        yield "condition", "Une condition porte sur une question placée avant."
        return
    if condition.test is Test.FILLED:
        return
    if not condition.values:
        yield "condition_values", "Écrivez la réponse attendue."
    elif condition.test is not Test.ONE_OF and len(condition.values) > 1:
        yield "condition_values", "Écrivez une seule réponse, ou choisissez « est l’une de »."
    elif len(condition.values) > MOST_CHOICES or any(len(value) > 200 for value in condition.values):
        yield "condition_values", f"{MOST_CHOICES} réponses au plus, de 200 caractères."
    offered = {Kind.YES_NO: ["Oui", "Non"]}.get(asked.kind, asked.choices)
    if offered and not set(condition.values) <= set(offered):
        listed = ", ".join(f"« {one} »" for one in offered)
        yield "condition_values", f"La réponse attendue est l’une de : {listed}."
    if asked.kind not in {Kind.CHOICE, Kind.CHOICES, Kind.YES_NO, Kind.SHORT_TEXT, Kind.NUMBER, Kind.AMOUNT}:
        yield "condition", "De cette question, on peut seulement demander si elle est remplie."


def _formula(question: Question, definition: Definition) -> Told:
    try:
        named = places(parse(question.formula))
    except FormulaError as problem:
        yield "formula", str(problem)
        return
    for place in sorted(named):
        if message := _place(place, definition):
            yield "formula", message
    if question.key in _reached(question.key, definition):
        yield "formula", "Cette formule dépend d’elle-même."


def _place(place: str, definition: Definition) -> str:
    key, _, column = place.partition(".")
    asked = definition.question(key)
    if asked is None:
        return f"Aucune question ne porte le code « {key} »."
    if column:
        numeric = asked.kind is Kind.TABLE and any(one.key == column and one.kind in NUMBERS for one in asked.columns)
        return "" if numeric else f"« {place} » n’est pas une colonne de nombres ou de montants."
    if asked.kind not in NUMBERS and asked.kind is not Kind.COMPUTED:
        return f"La question « {key} » n’est ni un nombre, ni un montant, ni une valeur calculée."
    return ""


def _reached(start: str, definition: Definition) -> set[str]:
    """The questions on which a question stands, by its formula or by conditions, however far."""
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        named = _leans_on(waiting.pop(), definition)
        waiting += named - reached
        reached |= named
    return reached


def _leans_on(key: str, definition: Definition) -> set[str]:
    asked, section = definition.question(key), definition.section_of(key)
    if asked is None or section is None:
        return set()
    named = {condition.question for condition in (asked.condition, section.condition) if condition}
    if asked.kind is Kind.COMPUTED:
        with contextlib.suppress(FormulaError):
            named |= {place.partition(".")[0] for place in places(parse(asked.formula))}
    return named
