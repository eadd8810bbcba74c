"""Asking the database for the deadlines of calls. What they mean is said in policies."""

import datetime as dt
from uuid import UUID

import sqlalchemy as sa

from guichet.calls.models import Call, CallRound
from guichet.core.db import db


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
