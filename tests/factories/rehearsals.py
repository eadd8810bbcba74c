"""Rehearsals, and calls that may be rehearsed."""

import datetime as dt
from typing import Any

from guichet.accounts.models import Account
from guichet.calls.models import Call, CallStatus
from guichet.core import clock
from guichet.core.db import db
from guichet.rehearsal.models import Rehearsal, RehearsalStatus
from guichet.rehearsal.report import Report, dump
from tests.factories.calls import make_call


def make_coming_call(**columns: Any) -> Call:
    """A draft that opens in ten days."""
    now = clock.now()
    columns.setdefault("status", CallStatus.DRAFT)
    columns.setdefault("opens_at", now + dt.timedelta(days=10))
    columns.setdefault("closes_at", now + dt.timedelta(days=40))
    return make_call(**columns)


def make_rehearsal(call: Call, asker: Account, *, told: Report | None = None, **columns: Any) -> Rehearsal:
    """One that was played, and told nothing unless `told` says more."""
    now = clock.now()
    columns.setdefault("status", RehearsalStatus.DONE)
    if columns["status"] is not RehearsalStatus.WAITING:
        columns.setdefault("started_at", now)
    if columns["status"] in {RehearsalStatus.DONE, RehearsalStatus.FAILED}:
        columns.setdefault("finished_at", now)
    if columns["status"] is RehearsalStatus.DONE:
        columns.setdefault("report", dump(told or Report()))
    columns.setdefault("expires_at", now + dt.timedelta(days=30))
    rehearsal = Rehearsal(call_id=call.id, asked_by_id=asker.id, **columns)
    db.session.add(rehearsal)
    db.session.flush()
    return rehearsal
