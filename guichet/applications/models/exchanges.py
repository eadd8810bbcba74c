"""What passes between the team and the officer: frozen versions, complements asked, and who must not see the dossier."""

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from guichet.accounts.models import Account
from guichet.applications.models.statuses import Section
from guichet.core.db import Model, stored


class ApplicationVersion(Model):
    """The dossier exactly as it was submitted: a trigger refuses to change the content or the fingerprint."""

    __tablename__ = "application_version"
    __table_args__ = (
        sa.UniqueConstraint("application_id", "number"),
        sa.CheckConstraint("number > 0", name="number_positive"),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256_is_hexadecimal"),
        sa.Index(None, "receipt_id"),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("application.id"))
    number: Mapped[int]
    submitted_at: Mapped[dt.datetime]
    submitted_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"))
    content: Mapped[dict[str, Any]]
    sha256: Mapped[str] = mapped_column(sa.String(64))
    # Made by the worker soon after; empty until then.
    receipt_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("document.id"))

    submitted_by: Mapped[Account] = relationship(lazy="raise_on_sql")


class ChangeRequest(Model):
    """Complements asked on named sections, with a day by which to answer; only those sections reopen."""

    __tablename__ = "change_request"
    __table_args__ = (
        sa.CheckConstraint("jsonb_array_length(sections) > 0", name="names_a_section"),
        sa.Index(
            "uq_change_request_one_open", "application_id", unique=True, postgresql_where=sa.text("answered_at IS NULL")
        ),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("application.id"))
    sections: Mapped[list[str]]
    message: Mapped[str] = mapped_column(sa.Text)
    # The last day included, in the call's time zone.
    due_on: Mapped[dt.date]
    requested_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"))
    answered_at: Mapped[dt.datetime | None]

    requested_by: Mapped[Account] = relationship(lazy="raise_on_sql")


class Recusal(Model):
    """A conflict of interest: the person must not see the dossier anywhere, nor be counted, mailed or exported about it."""

    __tablename__ = "recusal"
    __table_args__ = (sa.UniqueConstraint("application_id", "account_id"), sa.Index(None, "account_id"))

    application_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("application.id", ondelete="CASCADE"))
    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"))
    reason: Mapped[str] = mapped_column(sa.String(500))


class SectionPresence(Model):
    """Somebody is writing a section: said to whoever opens it too, and forgotten soon after she leaves."""

    __tablename__ = "section_presence"
    __table_args__ = (
        sa.UniqueConstraint("application_id", "section", "account_id"),
        sa.CheckConstraint("since <= seen_at", name="since_before_seen"),
        sa.Index(None, "seen_at"),
        sa.Index(None, "account_id"),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("application.id", ondelete="CASCADE"))
    section: Mapped[Section] = mapped_column(stored(Section))
    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"))
    since: Mapped[dt.datetime]
    seen_at: Mapped[dt.datetime]
