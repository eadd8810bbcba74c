"""The journal: who did what, when. A trigger of the database refuses any UPDATE or DELETE."""

import datetime as dt
import enum
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from guichet.core import clock
from guichet.core.db import Model, stored


class Audience(enum.StrEnum):
    """Who may read an entry on the timeline of its subject."""

    TEAM = "team"
    STAFF = "staff"


class AuditEntry(Model):
    """One fact of the journal. `actor_id` is empty when the clock or the worker acted."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        sa.Index(None, "subject_id", "number"),
        sa.Index(None, "created_at"),
        sa.Index(None, "actor_id"),
        sa.UniqueConstraint("number"),
    )

    # A sequence gives the order inside one instant; the instant alone would not.
    number: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True))
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now, server_default=sa.func.now())
    actor_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    actor_name: Mapped[str] = mapped_column(sa.String(200))
    action: Mapped[str] = mapped_column(sa.String(80))
    subject_type: Mapped[str] = mapped_column(sa.String(60))
    subject_id: Mapped[uuid.UUID]
    audience: Mapped[Audience] = mapped_column(stored(Audience))
    facts: Mapped[dict[str, Any]]
