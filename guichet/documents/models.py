"""Stored files."""

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from guichet.core.db import Model, stored


class ScanState(enum.StrEnum):
    """What the antivirus said of a file; `not_scanned` where none is configured."""

    NOT_SCANNED = "not_scanned"
    PENDING = "pending"
    CLEAN = "clean"
    INFECTED = "infected"
    # Beyond what the antivirus agrees to read: a state of its own, since trying again would change nothing.
    TOO_LARGE = "too_large"
    UNSCANNABLE = "unscannable"

    @property
    def label(self) -> str:
        return {
            "not_scanned": "non analysé par l’antivirus",
            "pending": "analyse antivirus en attente",
            "clean": "sain selon l’antivirus",
            "infected": "infecté selon l’antivirus : il n’est plus distribué",
            "too_large": "trop volumineux pour l’analyse antivirus",
            "unscannable": "l’analyse antivirus n’a pas abouti",
        }[self.value]


class StorageFault(enum.StrEnum):
    """What the daily check found wrong with a stored file."""

    MISSING = "missing"
    ALTERED = "altered"

    @property
    def label(self) -> str:
        return {"missing": "Absent du stockage", "altered": "Différent de son empreinte"}[self.value]


class Document(Model):
    """A file as it was received or produced: never changed, found in the storage by its identifier."""

    __tablename__ = "document"
    __table_args__ = (
        sa.CheckConstraint("size >= 0", name="size_not_negative"),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256_is_hexadecimal"),
        sa.CheckConstraint("scan_attempts >= 0", name="scan_attempts_not_negative"),
        sa.Index("ix_document_to_scan", "created_at", postgresql_where=sa.text("scan_state = 'pending'")),
        sa.Index("ix_document_to_check", sa.text("checked_at NULLS FIRST")),
        # Whose file somebody holds is asked by its fingerprint.
        sa.Index(None, "sha256"),
        sa.Index("ix_document_faulty", "created_at", postgresql_where=sa.text("fault IS NOT NULL")),
    )

    name: Mapped[str] = mapped_column(sa.String(200))
    media_type: Mapped[str] = mapped_column(sa.String(100))
    # In bytes.
    size: Mapped[int] = mapped_column(sa.BigInteger)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    scan_state: Mapped[ScanState] = mapped_column(stored(ScanState), default=ScanState.NOT_SCANNED)
    # What the antivirus called what it found, or why it gave no answer.
    scan_finding: Mapped[str] = mapped_column(sa.String(200), default="")
    scan_attempts: Mapped[int] = mapped_column(default=0)
    next_scan_at: Mapped[dt.datetime | None]
    # When the stored bytes were last compared with the fingerprint, and what was wrong with them then.
    checked_at: Mapped[dt.datetime | None]
    fault: Mapped[StorageFault | None] = mapped_column(stored(StorageFault))
    stored_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"))
