"""How long the e-mails that left are kept: what /donnees-personnelles tells, done."""

import datetime as dt
import uuid

import sqlalchemy as sa

from guichet.audit import services as audit
from guichet.core import clock
from guichet.core.db import db
from guichet.notifications.models import Email, EmailStatus

EMAILS_KEPT = dt.timedelta(days=365)
BATCH = 1000


def purge() -> int:
    """Delete the e-mails written a year ago, whatever became of them, but not those that still wait; returns how many.

    The timeline of the dossier keeps that they left, to whom and when. A batch at most.
    """
    old = (
        sa.select(Email.id)
        .where(Email.status != EmailStatus.QUEUED, Email.created_at < clock.now() - EMAILS_KEPT)
        .order_by(Email.created_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    gone = db.session.execute(sa.delete(Email).where(Email.id.in_(old)).returning(Email.id)).all()
    if gone:
        audit.record_by_id(None, "email.purge", "email", uuid.UUID(int=0), count=len(gone))
    return len(gone)
