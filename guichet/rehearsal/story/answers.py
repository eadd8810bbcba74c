"""Answers to a call's own questions, drawn from their definition: whatever it asks, something that it takes. Pure."""

import datetime as dt
import enum
from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from guichet.questions.answers import Names, Refused, accepted
from guichet.questions.checks import bound
from guichet.questions.definition import MOST_ROWS, Column, Kind, Question

TEXT = "Réponse fictive, écrite pour la répétition de l’appel. "
# Around the bounds that a question does not set.
FEW, MANY, STEPS = Decimal(0), Decimal(1000), Decimal(1000)
FIRST_DAY, LAST_DAY = dt.date(2000, 1, 1), dt.date(2100, 12, 31)


class Style(enum.Enum):
    """How a dossier is filled: as most would, as far as the form goes, or with the least that it takes."""

    TYPICAL = 0
    LARGEST = 1
    LEAST = 2


class NoAnswer(ValueError):
    """No answer suits the question; the text is what the form answered last."""


def answer_to(question: Question, style: Style, names: Names, on: dt.date) -> Any:
    """An answer that the question takes, near `on` for a date; None where it asks none. Raises NoAnswer."""
    if question.kind is Kind.COMPUTED or (style is Style.LEAST and not question.required):
        return None
    reason = "Aucune réponse n’est possible."
    for candidate in _candidates(question, style, names, on):
        try:
            taken = accepted(question, candidate, names)
        except Refused as problem:
            reason = str(problem)
            continue
        if taken is not None:
            return taken
    raise NoAnswer(reason)


def _candidates(question: Question, style: Style, names: Names, on: dt.date) -> Iterator[Any]:
    """The wanted one first, then others that may do."""
    match question.kind:
        case Kind.NUMBER | Kind.AMOUNT:
            yield from _numbers(question, style)
        case Kind.DATE:
            yield from _days(question, style, on)
        case Kind.PLAN_ACTION:
            yield from names.actions
        case Kind.CHOICE | Kind.CHOICES:
            yield _chosen(question, style)
        case Kind.YES_NO:
            yield style is not Style.LEAST
        case Kind.TABLE:
            count = {Style.TYPICAL: 2, Style.LARGEST: MOST_ROWS, Style.LEAST: 1}[style]
            yield [{column.key: _cell(column, style, on) for column in question.columns}] * count
        case _:
            yield _text(question, style)


def _chosen(question: Question, style: Style) -> str | list[str]:
    if question.kind is Kind.CHOICE:
        return question.choices[-1 if style is Style.LARGEST else 0]
    return question.choices[: {Style.TYPICAL: 2, Style.LARGEST: len(question.choices), Style.LEAST: 1}[style]]


def _text(question: Question, style: Style) -> str:
    room = question.room
    wanted = {Style.TYPICAL: min(room, len(TEXT)), Style.LARGEST: room, Style.LEAST: 1}[style]
    # A space at the end would be trimmed: the largest text is as long as the question lets it be.
    return (TEXT * (wanted // len(TEXT) + 1))[:wanted].rstrip().ljust(wanted, ".")


def _numbers(question: Question, style: Style) -> Iterator[str]:
    low = bound(question.kind, question.least) if question.least is not None else None
    high = bound(question.kind, question.most) if question.most is not None else None
    low = low if low is not None else min(FEW, high if high is not None else FEW)
    high = high if high is not None else low + MANY
    wanted = {Style.TYPICAL: (low + high) / 2, Style.LARGEST: high, Style.LEAST: low}[style]
    unit = Decimal("0.01") if question.kind is Kind.AMOUNT else Decimal("0.001")
    for number in (wanted, high, low):
        for rounding in (ROUND_FLOOR, ROUND_CEILING):
            yield format(number.quantize(unit, rounding), "f")


def _days(question: Question, style: Style, on: dt.date) -> Iterator[str]:
    first = dt.date.fromisoformat(question.least) if question.least else FIRST_DAY
    last = dt.date.fromisoformat(question.most) if question.most else LAST_DAY
    first, last = max(first, FIRST_DAY), min(last, LAST_DAY)
    yield {Style.TYPICAL: min(max(on, first), last), Style.LARGEST: last, Style.LEAST: first}[style].isoformat()


def _cell(column: Column, style: Style, on: dt.date) -> Any:
    # A cell is never required, and has something in every style.
    question = Question(key=column.key, kind=column.kind, title=column.title)
    return next(_candidates(question, style, Names(), on))
