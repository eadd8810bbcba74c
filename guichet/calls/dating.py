"""How a call is dated: by one closing, by several rounds, or for as long as nobody closes it. Pure values, no table here."""

import datetime as dt
import enum
import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

# A page shows them all.
MOST_ROUNDS = 12


class CallKind(enum.StrEnum):
    """What ends the time to submit."""

    DATED = "dated"
    ROUNDS = "rounds"
    CONTINUOUS = "continuous"

    @property
    def label(self) -> str:
        return {
            "dated": "Une seule clôture",
            "rounds": "Par relèves",
            "continuous": "Appel continu",
        }[self.value]


@dataclass(frozen=True)
class Round:
    """A round as it is read with its call: dossiers submitted before `closes_at`, and after the round before, are its own."""

    id: uuid.UUID
    number: int
    label: str
    closes_at: dt.datetime

    @property
    def name(self) -> str:
        """What it is called: its own words, or its rank."""
        return self.label or ("1re relève" if self.number == 1 else f"{self.number}e relève")


class Rounds(sa.TypeDecorator[tuple[Round, ...]]):
    """The rounds of a call, as the database gathers them in one value; in their order."""

    impl = JSONB
    cache_ok = True

    def process_result_value(self, value: Any, _dialect: sa.Dialect) -> tuple[Round, ...]:
        return tuple(
            Round(
                uuid.UUID(one["id"]),
                one["number"],
                one["label"],
                dt.datetime.fromisoformat(one["closes_at"]).astimezone(dt.UTC),
            )
            for one in value or ()
        )
