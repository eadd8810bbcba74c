"""Finding the rehearsals of a call. Whoever asks has the right to manage it."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import defer, joinedload, selectinload

from guichet.calls.models import Call
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import NotFound
from guichet.rehearsal.models import PENDING, Rehearsal, RehearsalFile


def of_call(call: Call) -> sa.Select[Any]:
    """Those that have not expired, latest first, without their long reports."""
    rows = _kept(call).options(defer(Rehearsal.report), joinedload(Rehearsal.asked_by, innerjoin=True))
    return rows.order_by(Rehearsal.created_at.desc(), Rehearsal.id)


def pending(call: Call) -> Rehearsal | None:
    """The one that waits or is being played."""
    return db.session.scalar(sa.select(Rehearsal).where(Rehearsal.call_id == call.id, Rehearsal.status.in_(PENDING)))


def one_of(call: Call, rehearsal_id: UUID) -> Rehearsal:
    """The rehearsal of this call, with its files. Raises NotFound for another call's, an expired one, or none."""
    files = selectinload(Rehearsal.files).joinedload(RehearsalFile.document, innerjoin=True)
    rows = _kept(call).where(Rehearsal.id == rehearsal_id)
    found = db.session.scalar(rows.options(files, joinedload(Rehearsal.asked_by, innerjoin=True)))
    if found is None:
        raise NotFound("Cette répétition n’existe pas, ou elle a été supprimée.")
    return found


def _kept(call: Call) -> sa.Select[Rehearsal]:
    return sa.select(Rehearsal).where(Rehearsal.call_id == call.id, Rehearsal.expires_at > clock.now())
