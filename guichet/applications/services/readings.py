"""The dated proof that a decision was read by those it concerns, and the reminder to those who said nothing."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from guichet.accounts.models import Account
from guichet.applications import policies
from guichet.applications.events import OutcomeUnread
from guichet.applications.models import Application, ApplicationStatus, OutcomeReading
from guichet.audit import services as audit
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.core.policy import require
from guichet.outbox import services as outbox
from guichet.workflow.engine import lock

# Days that a team has to say so before it is reminded, once.
PATIENCE = dt.timedelta(days=15)
BATCH = 200


def reading_of(application: Application) -> OutcomeReading | None:
    """Who read the outcome in force, and when; None where nobody said so, or where there is none."""
    if application.outcome_published_at is None:
        return None
    rows = sa.select(OutcomeReading).where(
        OutcomeReading.application_id == application.id,
        OutcomeReading.published_at == application.outcome_published_at,
    )
    return db.session.scalar(rows.options(joinedload(OutcomeReading.account)))


def acknowledge(application: Application, *, actor: Account) -> OutcomeReading:
    """Date the reading of the published outcome; the first to say so stays. Raises RuleBroken when nothing is published."""
    lock(application)
    require(policies.can_acknowledge, actor, application)
    if application.outcome_published_at is None:
        raise RuleBroken("Aucune décision n’est publiée pour ce dossier.")
    first = reading_of(application)
    if first is not None:
        return first
    reading = OutcomeReading(
        application_id=application.id, published_at=application.outcome_published_at, account=actor
    )
    db.session.add(reading)
    db.session.flush()
    audit.record(actor, "application.acknowledge-outcome", application)
    return reading


def remind() -> int:
    """Tell the teams whose outcome was published two weeks ago and who did not say to have read it; how many, a batch at most."""
    told = db.session.scalars(_due()).all()
    # Not through the object: a reminder is no change of the content.
    db.session.execute(sa.update(Application).where(Application.id.in_(told)).values(outcome_reminded_at=clock.now()))
    for application_id in told:
        audit.record_by_id(None, "application.remind-outcome", "application", application_id)
        outbox.publish(OutcomeUnread(application_id=application_id))
    return len(told)


def is_unread() -> sa.ColumnElement[bool]:
    """Whether nobody said to have read the outcome that was published."""
    read = sa.exists().where(
        OutcomeReading.application_id == Application.id,
        OutcomeReading.published_at == Application.outcome_published_at,
    )
    return sa.and_(
        Application.outcome_published_at.is_not(None), Application.status != ApplicationStatus.WITHDRAWN, ~read
    )


def _due() -> sa.Select[uuid.UUID]:
    return (
        sa.select(Application.id)
        .where(
            is_unread(),
            Application.outcome_published_at < clock.now() - PATIENCE,
            sa.or_(
                Application.outcome_reminded_at.is_(None),
                Application.outcome_reminded_at < Application.outcome_published_at,
            ),
        )
        .order_by(Application.id)
        .limit(BATCH)
        .with_for_update(of=Application, skip_locked=True)
    )
