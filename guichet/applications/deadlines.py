"""The time to decide as SQL sees it: to sort and filter lists, by the same count as `legal_clock`, which tells it on a page."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from guichet.applications.legal_clock import RUNNING
from guichet.applications.models import Application, ChangeRequest
from guichet.calls.models import Call

Condition = sa.ColumnElement[bool]


def days_left(at: dt.datetime) -> sa.ScalarSelect[Any]:
    """Of each selected `Application`, the days left to decide at instant `at` (negative: late); NULL where nothing is owed."""
    call, start = aliased(Call), sa.func.coalesce(Application.reopened_at, Application.submitted_at)

    def day(instant: Any) -> sa.Cast[Any]:
        return sa.cast(sa.func.timezone(call.time_zone, instant), sa.Date)

    until = sa.func.coalesce(ChangeRequest.answered_at, ChangeRequest.closed_at, at)
    suspended = (
        sa.select(
            sa.func.sum(day(sa.func.greatest(until, start)) - day(sa.func.greatest(ChangeRequest.created_at, start)))
        )
        .where(ChangeRequest.application_id == Application.id)
        .correlate(Application, call)
        .scalar_subquery()
    )
    elapsed = day(at) - day(start) - sa.func.coalesce(suspended, 0)
    return (
        sa.select(call.decision_delay_days - elapsed)
        .where(call.id == Application.call_id, Application.status.in_(RUNNING))
        .correlate(Application)
        .scalar_subquery()
    )


def complements_late(at: dt.datetime) -> Condition:
    """The last day of the complements asked is over, and nothing came."""
    call = aliased(Call)
    today = sa.cast(sa.func.timezone(call.time_zone, at), sa.Date)
    return (
        sa.exists()
        .where(
            ChangeRequest.application_id == Application.id,
            call.id == Application.call_id,
            ChangeRequest.answered_at.is_(None),
            ChangeRequest.closed_at.is_(None),
            ChangeRequest.due_on < today,
        )
        .correlate(Application)
    )
