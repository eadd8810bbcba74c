"""Telling teams that their call, or its running round, closes soon, once."""

import datetime as dt
import uuid

import sqlalchemy as sa

from guichet.applications.events import ChangesDueSoon, DraftDeadlineNear
from guichet.applications.models import NEVER_SUBMITTED, Application, ApplicationStatus, ChangeRequest
from guichet.applications.services.complements import DAY, WEEK
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


def remind_complements() -> int:
    """Tell the teams whose last day to complete comes in a week, then in a day, and who have not answered; how many, a batch
    at most.

    Each is told once of each, for each last day; the request's own message counts when it came as late.
    """
    due = _complements_due()
    told = db.session.execute(due.order_by(ChangeRequest.due_on).limit(BATCH)).all()
    for request, is_tomorrow in told:
        request.week_reminded_at = request.week_reminded_at or clock.now()
        if is_tomorrow:
            request.day_reminded_at = clock.now()
        audit.record_by_id(
            None,
            "application.remind_complements",
            "application",
            request.application_id,
            audience=Audience.TEAM,
            due_on=request.due_on,
        )
        outbox.publish(
            ChangesDueSoon(application_id=request.application_id, change_request_id=request.id, due_on=request.due_on)
        )
    return len(told)


def _complements_due() -> sa.Select[ChangeRequest, bool]:
    """The open requests to be told of, and whether their last day is tomorrow or today, on the calendar of their call."""
    left = ChangeRequest.due_on - sa.cast(sa.func.timezone(Call.time_zone, clock.now()), sa.Date)
    return (
        sa.select(ChangeRequest, left <= DAY)
        .join(Application, Application.id == ChangeRequest.application_id)
        .join(Application.call)
        .where(
            Application.status == ApplicationStatus.CHANGES_REQUESTED,
            ChangeRequest.answered_at.is_(None),
            ChangeRequest.closed_at.is_(None),
            left >= 0,
            sa.or_(
                sa.and_(left <= WEEK, ChangeRequest.week_reminded_at.is_(None)),
                sa.and_(left <= DAY, ChangeRequest.day_reminded_at.is_(None)),
            ),
        )
        .with_for_update(of=ChangeRequest, skip_locked=True)
    )
