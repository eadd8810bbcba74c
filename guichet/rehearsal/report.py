"""What a rehearsal tells, as plain values: kept as JSON, read by the pages. Pure."""

import datetime as dt
import enum
from decimal import Decimal
from typing import Any

import msgspec


class Place(enum.StrEnum):
    """The page of the call where what stopped the story is mended."""

    CALL = "call"
    RULES = "rules"
    CRITERIA = "criteria"
    ENVELOPE = "envelope"
    ROUNDS = "rounds"
    ATTACHMENTS = "attachments"
    QUESTIONS = "questions"

    @property
    def label(self) -> str:
        return {
            "call": "Voir l’appel",
            "rules": "Modifier les règles",
            "criteria": "Modifier les critères",
            "envelope": "Ouvrir la page de l’enveloppe",
            "rounds": "Ouvrir la page des relèves",
            "attachments": "Modifier les pièces demandées",
            "questions": "Modifier le formulaire de l’appel",
        }[self.value]


class Obstacle(msgspec.Struct, kw_only=True):
    """What stops the story, in the words of the rule, and where to mend it (`anchor`: the field of the form of the rules)."""

    message: str
    place: Place
    anchor: str = ""


class Step(msgspec.Struct, kw_only=True):
    """A step of the story, played at the instant at which it would be; `remarks` are what deserves a look without stopping."""

    title: str
    at: dt.datetime
    said: list[str] = []
    remarks: list[str] = []
    obstacles: list[Obstacle] = []


class Mail(msgspec.Struct, kw_only=True):
    """An e-mail that would leave: to which roles, to how many people of the window who hold them on every call.

    `copies` counts those of the same words that several events of the step would send.
    """

    step: str
    at: dt.datetime
    to: list[str]
    others: int
    subject: str
    text: str
    copies: int = 1


class Rank(msgspec.Struct, kw_only=True):
    """A dossier before the committee: amounts in euros, mean out of 100; `funded` when the envelope reaches it."""

    rank: int
    reference: str
    title: str
    mean: Decimal | None
    requested: Decimal
    cumulative: Decimal
    funded: bool
    outcome: str
    granted: Decimal | None


class Sight(msgspec.Struct, kw_only=True):
    """How many of the dossiers somebody may read, at each of the report's moments."""

    who: str
    seen: list[int]


class Report(msgspec.Struct, kw_only=True):
    """The whole story, as far as it went."""

    dossiers: int = 0
    steps: list[Step] = []
    mails: list[Mail] = []
    ranking: list[Rank] = []
    # Euros: what the committee had to share.
    envelope: Decimal | None = None
    moments: list[str] = []
    sights: list[Sight] = []

    @property
    def obstacles(self) -> list[Obstacle]:
        return [obstacle for step in self.steps for obstacle in step.obstacles]


def dump(report: Report) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(report)
    return plain


def load(plain: Any) -> Report:
    """Raises msgspec.ValidationError for anything but a report."""
    return msgspec.convert(plain, Report)
