"""What was put right in a call once published, as everybody reads it. The journal, which nobody rewrites, is its only place."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by

from guichet.audit.models import AuditEntry
from guichet.calls.models import Call

CORRECT = "call.correct"


@dataclass(frozen=True)
class Correction:
    at: dt.datetime
    reason: str


def lines() -> sa.ScalarSelect[Any]:
    """The corrections of the call of the statement around, latest first: to be read by `read`."""
    line = sa.func.json_build_array(AuditEntry.created_at, AuditEntry.facts["reason"])
    # As text: a row with a list in it cannot be told from its doubles.
    told = sa.cast(sa.func.json_agg(aggregate_order_by(line, AuditEntry.number.desc())), sa.Text)
    rows = sa.select(told).where(AuditEntry.subject_id == Call.id, AuditEntry.action == CORRECT)
    return rows.correlate(Call).scalar_subquery()


def read(told: str | None) -> list[Correction]:
    return [Correction(dt.datetime.fromisoformat(at), reason) for at, reason in json.loads(told or "[]")]
