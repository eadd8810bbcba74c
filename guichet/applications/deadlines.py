"""The time to decide as SQL sees it: to sort and filter lists, by the same count as `legal_clock`, which tells it on a page."""

import functools
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from guichet.applications.legal_clock import RUNNING
from guichet.applications.models import Application, ChangeRequest
from guichet.calls.models import Call
from guichet.core import clock

Condition = sa.ColumnElement[bool]


def _now() -> sa.BindParameter[Any]:
    """The instant at which the statement runs, by the product's own clock."""
    return sa.bindparam("now", callable_=clock.now, type_=sa.DateTime(timezone=True), unique=True)


# Built once: nobody changes them, and the time is asked when they run.


@functools.cache
def days_left() -> sa.ScalarSelect[Any]:
    """Of each selected `Application`, the days left to decide (negative: late); NULL where nothing is owed or announced."""
    call, start = aliased(Call), sa.func.coalesce(Application.reopened_at, Application.submitted_at)

    def day(instant: Any) -> sa.Cast[Any]:
        return sa.cast(sa.func.timezone(call.time_zone, instant), sa.Date)

    since = sa.func.greatest(ChangeRequest.created_at, start)
    until = sa.func.greatest(sa.func.coalesce(ChangeRequest.answered_at, ChangeRequest.closed_at, _now()), start)
    suspended = (
        sa.select(sa.func.coalesce(sa.func.sum(day(until) - day(since)), 0))
        .where(ChangeRequest.application_id == Application.id)
        .correlate(Application, call)
        .scalar_subquery()
    )
    elapsed = day(_now()) - day(start) - suspended
    return (
        sa.select(call.decision_delay_days - elapsed)
        .where(call.id == Application.call_id, Application.status.in_(RUNNING))
        .correlate(Application)
        .scalar_subquery()
    )


@functools.cache
def complements_late() -> Condition:
    """The last day of the complements asked is over, and nothing came."""
    call = aliased(Call)
    today = sa.cast(sa.func.timezone(call.time_zone, _now()), sa.Date)
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
