"""What somebody has begun in a call, as the page of the call offers it back."""

from uuid import UUID

import sqlalchemy as sa

from guichet.accounts.models import Account, Role
from guichet.applications import queries
from guichet.applications.models import Application
from guichet.applications.services.sittings import SAVED
from guichet.audit.models import AuditEntry
from guichet.calls.registry import Begun
from guichet.core.db import db

WRITING = (
    SAVED,
    "application.create",
    "application.attach",
    "application.replace-attachment",
    "application.remove-attachment",
)


def by(actor: Account, call_id: UUID) -> list[Begun]:
    """The drafts that `actor` helps to write, last saved first; nothing is asked for who writes none."""
    if not actor.has_role(Role.APPLICANT):
        return []
    last = (
        sa.select(AuditEntry.actor_name)
        .where(AuditEntry.subject_id == Application.id, AuditEntry.action.in_(WRITING))
        .order_by(AuditEntry.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = queries.begun_by(actor, call_id).with_only_columns(
        Application.id, Application.title, Application.saved_at, last, maintain_column_froms=True
    )
    found = db.session.execute(rows.order_by(None).order_by(Application.saved_at.desc(), Application.id))
    return [Begun(id=key, title=title, saved_at=saved_at, saved_by=name or "") for key, title, saved_at, name in found]
