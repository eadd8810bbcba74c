"""The outbox: what is owed to the handlers of the events that happened."""

import datetime as dt
import enum
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from guichet.core import clock
from guichet.core.db import Model, stored


class MessageStatus(enum.StrEnum):
    PENDING = "pending"
    DONE = "done"
    DEAD = "dead"

    @property
    def label(self) -> str:
        return {"pending": "En attente", "done": "Traité", "dead": "En échec"}[self.value]

    @property
    def tone(self) -> str:
        return {"pending": "info", "done": "success", "dead": "error"}[self.value]


class OutboxMessage(Model):
    """One event owed to one handler, written in the transaction of the event."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        sa.UniqueConstraint("event_id", "handler"),
        sa.CheckConstraint("(status = 'done') = (done_at IS NOT NULL)", name="done_at_iff_done"),
        sa.CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        sa.Index("ix_outbox_message_due", "next_attempt_at", postgresql_where=sa.text("status = 'pending'")),
        sa.Index("ix_outbox_message_dead", "created_at", postgresql_where=sa.text("status = 'dead'")),
    )

    event_id: Mapped[uuid.UUID]
    kind: Mapped[str] = mapped_column(sa.String(80))
    handler: Mapped[str] = mapped_column(sa.String(80))
    payload: Mapped[dict[str, Any]]
    status: Mapped[MessageStatus] = mapped_column(stored(MessageStatus), default=MessageStatus.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    last_error: Mapped[str] = mapped_column(sa.Text, default="")
    done_at: Mapped[dt.datetime | None]
