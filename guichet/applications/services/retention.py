"""Drafts that were never handed in: kept a year after their call closed, then removed, once their teams were told a month before.

Nothing is removed on the word of a clock alone: the notice must have left, and nobody have written in the dossier since.
"""

import datetime as dt
import uuid

import sqlalchemy as sa

from guichet.applications.events import DraftRemovalNear
from guichet.applications.models import NEVER_SUBMITTED, Application
from guichet.audit import services as audit
from guichet.audit.models import Audience, AuditEntry
from guichet.calls.models import Call
from guichet.core import clock
from guichet.core.db import db
from guichet.outbox import services as outbox

DRAFTS_KEPT = dt.timedelta(days=365)
NOTICE = dt.timedelta(days=30)
BATCH = 100
ANNOUNCED = "application.announce-removal"


def announce() -> int:
    """Tell the teams whose drafts will be removed in a month, once until they write again; returns how many, a batch at most."""
    due = _old_drafts(DRAFTS_KEPT - NOTICE).where(~_told_since(Application.saved_at))
    found = db.session.scalars(due).all()
    day = clock.day_of(clock.now() + NOTICE)
    for application_id in found:
        audit.record_by_id(None, ANNOUNCED, "application", application_id, audience=Audience.TEAM, until=day)
        outbox.publish(DraftRemovalNear(application_id=application_id, until=day))
    return len(found)


def remove() -> int:
    """Remove the drafts that were announced a month ago and that nobody touched since; returns how many, a batch at most."""
    long_told = _told_since(Application.saved_at, before=clock.now() - NOTICE)
    found = db.session.scalars(_old_drafts(DRAFTS_KEPT).where(long_told)).all()
    for application_id in found:
        audit.record_by_id(None, "application.purge", "application", application_id)
    db.session.flush()
    # The database empties the tables of the content (ON DELETE CASCADE); files left without a dossier are purged later.
    db.session.execute(sa.delete(Application).where(Application.id.in_(found)))
    return len(found)


def _old_drafts(age: dt.timedelta) -> sa.Select[uuid.UUID]:
    # Neither the closing nor the last writing is recent: a month to say no counts from the later of both.
    # A continuous call has no closing until somebody closes it: its drafts may still be submitted, and stay.
    before = clock.now() - age
    return (
        sa.select(Application.id)
        .join(Application.call)
        .where(Application.status.in_(NEVER_SUBMITTED), Call.closes_at < before, Application.saved_at < before)
        .order_by(Application.id)
        .limit(BATCH)
        .with_for_update(of=Application, skip_locked=True)
    )


def _told_since(
    moment: sa.orm.InstrumentedAttribute[dt.datetime], *, before: dt.datetime | None = None
) -> sa.ColumnElement[bool]:
    """Whether the removal was announced after `moment`; with `before`, that long ago, and by an e-mail that left."""
    told = sa.select(AuditEntry.id).where(
        AuditEntry.subject_id == Application.id, AuditEntry.action == ANNOUNCED, AuditEntry.created_at > moment
    )
    if before is None:
        return told.exists()
    left = sa.orm.aliased(AuditEntry)
    mailed = sa.exists().where(
        left.subject_id == Application.id, left.action == "email.sent", left.created_at >= AuditEntry.created_at
    )
    return told.where(AuditEntry.created_at < before, mailed).exists()
