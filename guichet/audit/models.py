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


class AuditSeal(Model):
    """A link of the journal's chain: the fingerprint of a batch of entries, mixed with the one before."""

    __tablename__ = "audit_seal"
    __table_args__ = (
        sa.UniqueConstraint("number"),
        sa.UniqueConstraint("previous_sha256"),
        sa.CheckConstraint("number > 0", name="number_positive"),
        sa.CheckConstraint("entries > 0", name="entries_positive"),
    )

    number: Mapped[int]
    entries: Mapped[int]
    previous_sha256: Mapped[str] = mapped_column(sa.String(64))
    sha256: Mapped[str] = mapped_column(sa.String(64))


class SealedEntry(Model):
    """Which seal holds which entry: entries are not sealed in the order of their numbers, since transactions overlap."""

    __tablename__ = "audit_sealed_entry"
    __table_args__ = (sa.UniqueConstraint("entry_id"), sa.Index(None, "seal_id"))

    entry_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("audit_entry.id"))
    seal_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("audit_seal.id"))
