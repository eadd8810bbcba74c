"""Rehearsals of calls: who asked, how far it is, what it told. What was played is nowhere: it was undone."""

import datetime as dt
import enum
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from guichet.accounts.models import Account
from guichet.core.db import Model, stored
from guichet.documents.models import Document


class RehearsalStatus(enum.StrEnum):
    """`done` also when a rule of the call stopped the story: the report says which."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"

    @property
    def label(self) -> str:
        return {"waiting": "En attente", "running": "En cours", "done": "Jouée", "failed": "En échec"}[self.value]

    @property
    def tone(self) -> str:
        return {"waiting": "neutral", "running": "info", "done": "success", "failed": "error"}[self.value]


PENDING = frozenset({RehearsalStatus.WAITING, RehearsalStatus.RUNNING})


class Rehearsal(Model):
    """One dry run of a call, kept until it expires. `obstacle` says in a sentence where the story stopped, if it did."""

    __tablename__ = "rehearsal"
    __table_args__ = (
        sa.CheckConstraint("(status = 'waiting') = (started_at IS NULL)", name="started_unless_waiting"),
        sa.CheckConstraint("(status IN ('done', 'failed')) = (finished_at IS NOT NULL)", name="finished_at_iff_over"),
        sa.CheckConstraint("(status = 'done') = (report IS NOT NULL)", name="report_iff_done"),
        sa.CheckConstraint("obstacle = '' OR status = 'done'", name="obstacle_only_when_done"),
        sa.CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        # Asked twice is asked once.
        sa.Index(
            "uq_rehearsal_one_at_a_time",
            "call_id",
            unique=True,
            postgresql_where=sa.text("status IN ('waiting', 'running')"),
        ),
        sa.Index(None, "call_id", "created_at"),
        sa.Index(None, "expires_at"),
    )

    call_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("call.id", ondelete="CASCADE"))
    asked_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"))
    status: Mapped[RehearsalStatus] = mapped_column(stored(RehearsalStatus), default=RehearsalStatus.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]
    expires_at: Mapped[dt.datetime]
    obstacle: Mapped[str] = mapped_column(sa.String(500), default="")
    # See report.py: read with `report.load`.
    report: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))

    asked_by: Mapped[Account] = relationship(lazy="raise_on_sql")
    files: Mapped[list["RehearsalFile"]] = relationship(lazy="raise_on_sql", order_by="RehearsalFile.position")


class RehearsalFile(Model):
    """A document that the story produced: held by the rehearsal alone, and gone with it."""

    __tablename__ = "rehearsal_file"
    __table_args__ = (sa.UniqueConstraint("rehearsal_id", "position"), sa.UniqueConstraint("document_id"))

    rehearsal_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("rehearsal.id", ondelete="CASCADE"))
    document_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("document.id"))
    position: Mapped[int]
    label: Mapped[str] = mapped_column(sa.String(200))

    document: Mapped[Document] = relationship(lazy="raise_on_sql")
