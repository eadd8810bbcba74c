"""What was put right, or given more time, in a call once published. The journal, which nobody rewrites, is its only place."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by

from guichet.audit.models import AuditEntry
from guichet.calls.models import Call

CORRECT, EXTEND = "call.correct", "call.extend"


@dataclass(frozen=True)
class Correction:
    at: dt.datetime
    reason: str


@dataclass(frozen=True)
class Extension:
    """More time given to a published call; `round` names the round, or is empty where the call has one closing."""

    at: dt.datetime
    round: str
    closes_at: dt.datetime
    reason: str


def lines(action: str) -> sa.ScalarSelect[Any]:
    """What the journal says of the call of the statement around, latest first: to be read by `corrected` or `extended`."""
    line = sa.func.json_build_array(AuditEntry.created_at, AuditEntry.facts)
    # As text: a row with a list in it cannot be told from its doubles.
    told = sa.cast(sa.func.json_agg(aggregate_order_by(line, AuditEntry.number.desc())), sa.Text)
    rows = sa.select(told).where(AuditEntry.subject_id == Call.id, AuditEntry.action == action)
    return rows.correlate(Call).scalar_subquery()


def corrected(told: str | None) -> list[Correction]:
    return [Correction(dt.datetime.fromisoformat(at), facts["reason"]) for at, facts in json.loads(told or "[]")]


def extended(told: str | None) -> list[Extension]:
    read = dt.datetime.fromisoformat
    return [
        Extension(read(at), facts["label"], read(facts["after"]), facts["reason"])
        for at, facts in json.loads(told or "[]")
    ]
