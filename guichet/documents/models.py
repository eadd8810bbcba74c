"""Stored files."""

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


class Document(Model):
    """A file as it was received or produced: never changed, found in the storage by its identifier."""

    __tablename__ = "document"
    __table_args__ = (
        sa.CheckConstraint("size >= 0", name="size_not_negative"),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256_is_hexadecimal"),
    )

    name: Mapped[str] = mapped_column(sa.String(200))
    media_type: Mapped[str] = mapped_column(sa.String(100))
    # In bytes.
    size: Mapped[int] = mapped_column(sa.BigInteger)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    scan_state: Mapped[ScanState] = mapped_column(stored(ScanState), default=ScanState.NOT_SCANNED)
    stored_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"))
