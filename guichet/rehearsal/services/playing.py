"""The worker's part: take a rehearsal that waits, play it in a transaction that is undone, keep its report in another.

A worker killed in the middle leaves nothing, not even a story begun: the rehearsal is taken up again once its lease is over.
"""

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
import structlog

from guichet.accounts import queries as accounts
from guichet.calls.models import Call
from guichet.calls.policies import can_manage
from guichet.core import clock
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from guichet.documents import services as documents
from guichet.rehearsal.models import Rehearsal, RehearsalFile, RehearsalStatus
from guichet.rehearsal.report import dump
from guichet.rehearsal.story import Told, play

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 3
# Longer than the worker lets a task run: what a killed worker was playing is played again, not twice at once.
LEASE = dt.timedelta(minutes=6)


def play_next() -> bool:
    """Play one rehearsal, in transactions of its own; False when none is due."""
    with unit_of_work():
        taken = _take()
    if taken is None:
        return False
    rehearsal_id, attempt, call_id = taken
    try:
        told = play(call_id)
    except Exception:
        log.exception("a rehearsal failed", rehearsal_id=str(rehearsal_id))
        with unit_of_work():
            _give_up(rehearsal_id, attempt)
    else:
        with unit_of_work():
            _keep(rehearsal_id, attempt, told)
    return True


def _take() -> tuple[UUID, int, UUID] | None:
    """Count the attempt before it is made: a worker that dies of a call must not die of it for ever."""
    now = clock.now()
    stale = sa.and_(Rehearsal.status == RehearsalStatus.RUNNING, Rehearsal.started_at < now - LEASE)
    rows = sa.select(Rehearsal).where(sa.or_(Rehearsal.status == RehearsalStatus.WAITING, stale))
    rows = rows.order_by(Rehearsal.created_at).limit(1).execution_options(populate_existing=True)
    while rehearsal := db.session.scalar(rows.with_for_update(skip_locked=True)):
        is_over = rehearsal.attempts >= MOST_ATTEMPTS or not _may_still(rehearsal)
        rehearsal.status, rehearsal.started_at = RehearsalStatus.RUNNING, now
        if is_over:
            _fail(rehearsal)
            db.session.flush()
            continue
        rehearsal.attempts += 1
        return rehearsal.id, rehearsal.attempts, rehearsal.call_id
    return None


def _may_still(rehearsal: Rehearsal) -> bool:
    """Her rights are judged again: she may have left since she asked."""
    actor = accounts.active(rehearsal.asked_by_id)
    return actor is not None and can_manage(actor, db.session.get_one(Call, rehearsal.call_id))


def _mine(rehearsal_id: UUID, attempt: int) -> Rehearsal | None:
    """The rehearsal, unless it was thrown away or taken over since this attempt began."""
    rows = sa.select(Rehearsal).where(
        Rehearsal.id == rehearsal_id,
        Rehearsal.status == RehearsalStatus.RUNNING,
        Rehearsal.attempts == attempt,
    )
    return db.session.scalar(rows.with_for_update().execution_options(populate_existing=True))


def _keep(rehearsal_id: UUID, attempt: int, told: Told) -> None:
    rehearsal = _mine(rehearsal_id, attempt)
    if rehearsal is None:
        return
    rehearsal.status, rehearsal.finished_at = RehearsalStatus.DONE, clock.now()
    rehearsal.report = dump(told.report)
    if obstacles := told.report.obstacles:
        rehearsal.obstacle = obstacles[0].message[:500]
    for position, paper in enumerate(told.papers, start=1):
        document = documents.keep_made(paper.content, name=paper.name)
        db.session.add(
            RehearsalFile(rehearsal_id=rehearsal.id, document_id=document.id, position=position, label=paper.label)
        )


def _give_up(rehearsal_id: UUID, attempt: int) -> None:
    """The next round tries again, a few times."""
    rehearsal = _mine(rehearsal_id, attempt)
    if rehearsal is None:
        return
    if attempt >= MOST_ATTEMPTS:
        _fail(rehearsal)
    else:
        rehearsal.status, rehearsal.started_at = RehearsalStatus.WAITING, None


def _fail(rehearsal: Rehearsal) -> None:
    rehearsal.status, rehearsal.finished_at = RehearsalStatus.FAILED, clock.now()
