"""E-mails: a row with a state before it is an SMTP call."""

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from guichet.core import clock
from guichet.core.db import Model, stored


class EmailStatus(enum.StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        return {"queued": "En attente d’envoi", "sent": "Envoyé", "failed": "En échec", "cancelled": "Annulé"}[
            self.value
        ]

    @property
    def tone(self) -> str:
        return {"queued": "info", "sent": "success", "failed": "error", "cancelled": "neutral"}[self.value]


class Email(Model):
    """One message to one person. `key` (event and person) makes it unique, and is its Message-ID."""

    __tablename__ = "email"
    __table_args__ = (
        sa.UniqueConstraint("key"),
        sa.CheckConstraint("(status = 'sent') = (sent_at IS NOT NULL)", name="sent_at_iff_sent"),
        sa.CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        sa.Index("ix_email_due", "next_attempt_at", postgresql_where=sa.text("status = 'queued'")),
        sa.Index(None, "subject_id"),
        sa.Index(None, "created_at"),
        sa.Index("ix_email_failed", "created_at", postgresql_where=sa.text("status = 'failed'")),
    )

    key: Mapped[str] = mapped_column(sa.String(200))
    notice: Mapped[str] = mapped_column(sa.String(80))
    recipient_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    recipient_name: Mapped[str] = mapped_column(sa.String(200))
    recipient_email: Mapped[str] = mapped_column(sa.String(254))
    subject: Mapped[str] = mapped_column(sa.String(300))
    text_body: Mapped[str] = mapped_column(sa.Text)
    html_body: Mapped[str] = mapped_column(sa.Text)
    # What the message is about: a row of `subject_type` (an application, an account…).
    subject_type: Mapped[str] = mapped_column(sa.String(60), default="")
    subject_id: Mapped[uuid.UUID | None]
    status: Mapped[EmailStatus] = mapped_column(stored(EmailStatus), default=EmailStatus.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    last_error: Mapped[str] = mapped_column(sa.Text, default="")
    sent_at: Mapped[dt.datetime | None]
