"""Telling teams that their call closes soon, once."""

import datetime as dt
import uuid

import sqlalchemy as sa

from guichet.applications.events import DraftDeadlineNear
from guichet.applications.models import NEVER_SUBMITTED, Application
from guichet.audit import services as audit
from guichet.audit.models import Audience
from guichet.calls.models import Call, CallStatus
from guichet.core import clock
from guichet.core.db import db
from guichet.outbox import services as outbox

NOTICE = dt.timedelta(hours=72)
BATCH = 200


def remind_drafts() -> int:
    """Tell the teams whose call closes within 72 hours and who have not submitted; returns how many, a batch at most.

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
    return (
        sa.select(Application.id)
        .join(Application.call)
        .where(
            Application.status.in_(NEVER_SUBMITTED),
            Call.status == CallStatus.OPEN,
            Call.closes_at > now,
            Call.closes_at <= now + NOTICE,
            sa.or_(Application.reminded_at.is_(None), Application.reminded_at < Call.closes_at - NOTICE),
        )
        .limit(BATCH)
        .with_for_update(of=Application, skip_locked=True)
    )
