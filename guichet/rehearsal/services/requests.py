"""Asking for a rehearsal, throwing its report away, forgetting the old ones."""

import datetime as dt

import sqlalchemy as sa

from guichet.accounts.models import Account
from guichet.audit import services as audit
from guichet.calls.models import Call
from guichet.calls.policies import can_manage
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.core.policy import require
from guichet.core.queue import enqueue
from guichet.rehearsal import queries
from guichet.rehearsal.models import Rehearsal
from guichet.rehearsal.policies import REHEARSED
from guichet.workflow.engine import lock

KEPT = dt.timedelta(days=30)
BATCH = 100


def ask(call: Call, *, actor: Account) -> Rehearsal:
    """Ask the worker to play the whole call. A second click gives the rehearsal that waits, or that is being played.

    Raises Forbidden for who does not manage the call, RuleBroken once it has opened.
    """
    require(can_manage, actor, call)
    # Two clicks are two requests: the second one waits, then sees the first.
    lock(call)
    if call.status not in REHEARSED:
        raise RuleBroken(f"L’appel est à l’état « {call.status.label} » : il se répète avant son ouverture seulement.")
    if asked := queries.pending(call):
        return asked
    asked = Rehearsal(call_id=call.id, asked_by_id=actor.id, expires_at=clock.now() + KEPT)
    db.session.add(asked)
    db.session.flush()
    audit.record(actor, "call.rehearse", call, rehearsal_id=asked.id)
    enqueue("rehearsal.play")
    return asked


def drop(call: Call, rehearsal: Rehearsal, *, actor: Account) -> None:
    """Throw the report away, or give up a rehearsal that waits; its files, nobody's from then on, are purged later."""
    require(can_manage, actor, call)
    db.session.execute(sa.delete(Rehearsal).where(Rehearsal.id == rehearsal.id))
    audit.record(actor, "call.drop_rehearsal", call, rehearsal_id=rehearsal.id)


def purge() -> int:
    """Forget the rehearsals that have expired, a batch at most. Returns how many."""
    rows = sa.select(Rehearsal.id).where(Rehearsal.expires_at <= clock.now()).limit(BATCH)
    gone = db.session.scalars(rows.with_for_update(skip_locked=True)).all()
    db.session.execute(sa.delete(Rehearsal).where(Rehearsal.id.in_(gone)))
    return len(gone)
