"""Telling teams that their call, or its running round, closes soon, once."""

import datetime as dt
import uuid

import sqlalchemy as sa

from guichet.applications.events import DraftDeadlineNear
from guichet.applications.models import NEVER_SUBMITTED, Application
from guichet.audit import services as audit
from guichet.audit.models import Audience
from guichet.calls import deadlines
from guichet.calls.models import Call, CallStatus
from guichet.core import clock
from guichet.core.db import db
from guichet.outbox import services as outbox

NOTICE = dt.timedelta(hours=72)
BATCH = 200


def remind_drafts() -> int:
    """Tell those whose call, or its round, closes within 72 hours and who have not submitted; returns how many, a batch at most.

    A dossier is told once for each deadline: a closing put back beyond the notice gives a new reminder.
    """
    told = db.session.scalars(_due()).all()
    # Not through the object: a reminder is no change of the content, and must not disturb who is writing it.
    db.session.execute(sa.update(Application).where(Application.id.in_(told)).values(reminded_at=clock.now()))
    for application_id in told:
        audit.record_by_id(None, "application.remind", "application", application_id, audience=Audience.TEAM)
        outbox.publish(DraftDeadlineNear(application_id=application_id))
    return len(told)


def _due() -> sa.Select[uuid.UUID]:
    now = clock.now()
    closing = deadlines.next_closing(now)
    return (
        sa.select(Application.id)
        .join(Application.call)
        .where(
            Application.status.in_(NEVER_SUBMITTED),
            Call.status == CallStatus.OPEN,
            closing > now,
            closing <= now + NOTICE,
            sa.or_(Application.reminded_at.is_(None), Application.reminded_at < closing - NOTICE),
        )
        .limit(BATCH)
        .with_for_update(of=Application, skip_locked=True)
    )
