"""What people ask to take away of a dossier, and the worker makes: one row a request, until it expires."""

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from guichet.core import clock
from guichet.core.db import Model, stored
from guichet.documents.models import Document


class ExportKind(enum.StrEnum):
    PDF = "pdf"
    ARCHIVE = "archive"

    @property
    def label(self) -> str:
        return {"pdf": "Dossier complet (PDF)", "archive": "Archive du dossier (ZIP)"}[self.value]


class ExportStatus(enum.StrEnum):
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"

    @property
    def label(self) -> str:
        return {"waiting": "En préparation", "done": "Prêt", "failed": "En échec"}[self.value]

    @property
    def tone(self) -> str:
        return {"waiting": "info", "done": "success", "failed": "error"}[self.value]


class DossierExport(Model):
    """A dossier as one person may read it at one instant, made into a file that she alone fetches."""

    __tablename__ = "dossier_export"
    __table_args__ = (
        sa.CheckConstraint("(status = 'done') = (document_id IS NOT NULL)", name="document_iff_done"),
        sa.CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        # Asked twice is asked once.
        sa.Index(
            "uq_dossier_export_one_waiting",
            "application_id",
            "asked_by_id",
            "kind",
            unique=True,
            postgresql_where=sa.text("status = 'waiting'"),
        ),
        sa.Index(None, "asked_by_id", "application_id"),
        sa.Index(None, "expires_at"),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("application.id", ondelete="CASCADE"))
    asked_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"))
    kind: Mapped[ExportKind] = mapped_column(stored(ExportKind))
    status: Mapped[ExportStatus] = mapped_column(stored(ExportStatus), default=ExportStatus.WAITING)
    # What she could read when it was made: served only for as long as that is what she may read.
    scope: Mapped[str] = mapped_column(sa.String(40))
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[dt.datetime]
    document_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("document.id"))

    document: Mapped[Document | None] = relationship(lazy="raise_on_sql")
