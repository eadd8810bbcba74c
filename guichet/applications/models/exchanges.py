"""What passes between the team and the officer: frozen versions, complements asked, and who must not see the dossier."""

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from guichet.accounts.models import Account
from guichet.applications.models.statuses import ApplicationStatus, RequestClosure, Section
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
    """Complements asked on named sections, with a day by which to answer; only those sections reopen.

    It ends answered, or closed without an answer: the dossier is then again what was submitted.
    """

    __tablename__ = "change_request"
    __table_args__ = (
        sa.CheckConstraint("jsonb_array_length(sections) > 0", name="names_a_section"),
        sa.CheckConstraint("answered_at IS NULL OR closed_at IS NULL", name="ends_once"),
        sa.CheckConstraint("(closed_at IS NULL) = (closure IS NULL)", name="closed_at_iff_closed"),
        sa.CheckConstraint("closure <> 'cancelled' OR closing_reason <> ''", name="cancellation_has_a_reason"),
        sa.CheckConstraint("(extended_from IS NULL) = (extension_reason = '')", name="extension_has_a_reason"),
        sa.CheckConstraint("due_on > extended_from", name="extended_to_a_later_day"),
        sa.Index(
            "uq_change_request_one_open",
            "application_id",
            unique=True,
            postgresql_where=sa.text("answered_at IS NULL AND closed_at IS NULL"),
        ),
        sa.Index(None, "application_id"),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("application.id"))
    sections: Mapped[list[str]]
    message: Mapped[str] = mapped_column(sa.Text)
    # The last day included, in the call's time zone.
    due_on: Mapped[dt.date]
    # The day it was before the latest extension, and why it moved; the journal tells the others.
    extended_from: Mapped[dt.date | None]
    extension_reason: Mapped[str] = mapped_column(sa.Text, default="")
    requested_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"))
    # Where the dossier was, and returns if the request is cancelled.
    asked_from: Mapped[ApplicationStatus] = mapped_column(
        stored(ApplicationStatus, name="asked_from"), default=ApplicationStatus.SUBMITTED
    )
    answered_at: Mapped[dt.datetime | None]
    closed_at: Mapped[dt.datetime | None]
    closure: Mapped[RequestClosure | None] = mapped_column(stored(RequestClosure))
    closing_reason: Mapped[str] = mapped_column(sa.Text, default="")
    # When the team was reminded of the last day, a week and a day before; an extension forgets both.
    week_reminded_at: Mapped[dt.datetime | None]
    day_reminded_at: Mapped[dt.datetime | None]
    # The dossier's content when complements were asked (see rewriting.py), until the request ends.
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), deferred=True)
    # What the team had written when the request was closed without its answer: for it alone to read.
    unsent: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), deferred=True)

    requested_by: Mapped[Account] = relationship(lazy="raise_on_sql")

    @property
    def is_open(self) -> bool:
        return self.answered_at is None and self.closed_at is None

    @property
    def ended_at(self) -> dt.datetime | None:
        return self.answered_at or self.closed_at


class OutcomeReading(Model):
    """Who first said to have read an outcome, for its team; `published_at` tells which outcome, where there were several."""

    __tablename__ = "outcome_reading"
    __table_args__ = (
        sa.UniqueConstraint("application_id", "published_at"),
        sa.CheckConstraint("created_at >= published_at", name="read_once_published"),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("application.id", ondelete="CASCADE"))
    published_at: Mapped[dt.datetime]
    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"))

    account: Mapped[Account] = relationship(lazy="raise_on_sql")


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
