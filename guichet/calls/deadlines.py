"""Asking the database for the deadlines of calls. What they mean is said in policies."""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from guichet.audit.models import AuditEntry
from guichet.calls.models import Call, CallRound
from guichet.core.db import db

# A page shows them all.
MOST_EXTENSIONS = 10


def next_closing(at: dt.datetime) -> sa.ColumnElement[dt.datetime | None]:
    """policies.next_closing in SQL, for lists and clocks: NULL for a call that is open until further notice."""
    running = sa.select(sa.func.min(CallRound.closes_at)).where(CallRound.call_id == Call.id, CallRound.closes_at > at)
    return sa.func.coalesce(running.correlate(Call).scalar_subquery(), Call.closes_at)


def still_to_close(at: dt.datetime) -> sa.ColumnElement[bool]:
    """The reverse of policies.is_over, in SQL."""
    return sa.or_(Call.closes_at.is_(None), Call.closes_at > at)


def rounds_of(call_id: UUID) -> list[CallRound]:
    """The rounds as the database has them now, in their order."""
    rows = sa.select(CallRound).where(CallRound.call_id == call_id).order_by(CallRound.number)
    return list(db.session.scalars(rows, execution_options={"populate_existing": True}))


@dataclass(frozen=True)
class Extension:
    """More time given to a published call; `round` names the round, or is empty where the call has one closing."""

    at: dt.datetime
    round: str
    closes_at: dt.datetime
    reason: str


def extensions_of(call_id: UUID) -> list[Extension]:
    """What was told to all since the publication, the latest first: the journal is where it is written."""
    entries = (
        sa.select(AuditEntry)
        .where(AuditEntry.subject_id == call_id, AuditEntry.action == "call.extend")
        .order_by(AuditEntry.number.desc())
        .limit(MOST_EXTENSIONS)
    )
    return [
        Extension(
            one.created_at, one.facts["label"], dt.datetime.fromisoformat(one.facts["after"]), one.facts["reason"]
        )
        for one in db.session.scalars(entries)
    ]
