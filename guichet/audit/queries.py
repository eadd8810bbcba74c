"""Reading the journal."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from guichet.audit.models import Audience, AuditEntry
from guichet.core.db import db

TIMELINE_LENGTH = 200


def history_of(subject: Any, *audiences: Audience) -> Sequence[AuditEntry]:
    """The latest entries about `subject`, newest first, for the given audiences (all by default)."""
    wanted = audiences or tuple(Audience)
    return db.session.scalars(
        sa.select(AuditEntry)
        .where(AuditEntry.subject_id == subject.id, AuditEntry.audience.in_(wanted))
        .order_by(AuditEntry.number.desc())
        .limit(TIMELINE_LENGTH)
    ).all()


def last_of(subject: Any) -> AuditEntry | None:
    """The latest entry about `subject`."""
    return db.session.scalar(
        sa.select(AuditEntry).where(AuditEntry.subject_id == subject.id).order_by(AuditEntry.number.desc()).limit(1)
    )


def search(
    *,
    words: str = "",
    action: str = "",
    subject_id: UUID | None = None,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
) -> sa.Select[AuditEntry]:
    """The entries that match, newest first: by actor's name, action prefix, subject, and instants."""
    rows = sa.select(AuditEntry).order_by(AuditEntry.number.desc())
    if words:
        rows = rows.where(AuditEntry.actor_name.icontains(words, autoescape=True))
    if action:
        rows = rows.where(AuditEntry.action.startswith(action, autoescape=True))
    if subject_id:
        rows = rows.where(AuditEntry.subject_id == subject_id)
    if since:
        rows = rows.where(AuditEntry.created_at >= since)
    if until:
        rows = rows.where(AuditEntry.created_at < until)
    return rows
