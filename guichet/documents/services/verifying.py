"""The daily check of the storage: is each file that we know there, and is it still what was received?"""

import datetime as dt
import hashlib

import sqlalchemy as sa
import structlog

from guichet.core import clock
from guichet.core.db import db
from guichet.documents import storage
from guichet.documents.events import FilesDamaged
from guichet.documents.models import Document, StorageFault
from guichet.outbox import services as outbox

log = structlog.get_logger(__name__)

# A run reads this much at most, so that a large storage is checked in several; each file once a day at most.
MOST_FILES = 500
MOST_BYTES = 1_000_000_000
AGAIN_AFTER = dt.timedelta(days=1)
LOCK = 20_261_129


def check_files() -> int:
    """Compare stored files with their fingerprints, those checked longest ago first. Returns how many were found damaged anew.

    The administrators are told once of each: a fault that was known is not news.
    """
    if not db.session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(LOCK))):
        return 0
    read, news = 0, []
    for document in db.session.scalars(_due()).all():
        if read and read + document.size > MOST_BYTES:
            break
        read += document.size
        try:
            fault = _fault_of(document)
        except OSError as problem:
            # The storage itself is away: that is no fault of a file.
            log.error("the storage cannot be read", error=type(problem).__name__)
            break
        if fault and document.fault is None:
            log.error("a stored file is damaged", document_id=str(document.id), fault=fault.value)
            news.append(document)
        document.fault, document.checked_at = fault, clock.now()
    if news:
        outbox.publish(FilesDamaged(document_id=news[0].id, count=len(news)))
    return len(news)


def _due() -> sa.Select[Document]:
    before = clock.now() - AGAIN_AFTER
    return (
        sa.select(Document)
        .where(sa.or_(Document.checked_at.is_(None), Document.checked_at <= before))
        .order_by(Document.checked_at.nulls_first(), Document.id)
        .limit(MOST_FILES)
        .with_for_update(skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    )


def _fault_of(document: Document) -> StorageFault | None:
    digest = hashlib.sha256()
    try:
        for piece in storage.read(document.id):
            digest.update(piece)
    except FileNotFoundError:
        return StorageFault.MISSING
    return None if digest.hexdigest() == document.sha256 else StorageFault.ALTERED
