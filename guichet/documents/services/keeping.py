"""Keeping files: those that people send, those that the house makes, and the sweeping of what nobody refers to."""

import datetime as dt
import io
import uuid
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO
from uuid import UUID

import sqlalchemy as sa
import structlog

from guichet.audit.services import Actor
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.core.queue import enqueue
from guichet.core.transaction import unit_of_work
from guichet.documents import accepted, antivirus, storage
from guichet.documents.models import Document, ScanState

log = structlog.get_logger(__name__)

# A transaction that stored a file is over long before: a file without its row is then nobody's.
ORPHAN_AFTER = dt.timedelta(days=1)
BATCH = 500
# Any number, the same everywhere: two workers never purge at once.
LOCK = 20_261_128


def store(upload: BinaryIO, *, name: str, actor: Actor) -> Document:
    """Keep a file that `actor` sends. Raises RuleBroken (field "file") when it is not one that we take.

    Whoever attaches it to something writes the audit line, with the fingerprint.
    """
    name = accepted.clean_name(name)
    media_type = accepted.format_of(upload, name).media_type
    document = _keep(upload, name, media_type, actor)
    if antivirus.address():
        document.scan_state = ScanState.PENDING
        enqueue("documents.scan_waiting")
    return document


def keep_made(content: bytes | BinaryIO, *, name: str, media_type: str = "application/pdf") -> Document:
    """Keep a document that the house itself made, in memory or in a file open at its start."""
    made = io.BytesIO(content) if isinstance(content, bytes) else content
    return _keep(made, name, media_type, None)


def _keep(content: BinaryIO, name: str, media_type: str, actor: Actor | None) -> Document:
    document = Document(id=uuid.uuid4(), name=name, media_type=media_type, stored_by_id=actor.id if actor else None)
    try:
        saved = storage.save(document.id, content)
    except OSError as problem:
        log.error("storage refused a file", error=f"{type(problem).__name__}: {problem.strerror}")
        raise RuleBroken(
            "Le stockage est indisponible : le fichier n’a pas été enregistré. Rien d’autre n’est perdu ; réessayez plus tard.",
            field="file",
        ) from problem
    document.size, document.sha256 = saved.size, saved.sha256
    db.session.add(document)
    db.session.flush()
    return document


def purge_orphans() -> int:
    """Remove what nobody refers to any more, a day later: rows, then files, a batch at most. Returns how many files.

    The rows go first, in a transaction of their own: a file whose row came back with a rollback would be missed for ever.
    """
    before = clock.now() - ORPHAN_AFTER
    with unit_of_work():
        if not _alone():
            return 0
        left = sa.select(Document.id).where(Document.created_at < before, *_unreferenced()).limit(BATCH)
        db.session.execute(sa.delete(Document).where(Document.id.in_(left)))
    with unit_of_work():
        if not _alone():
            return 0
        orphans = islice(_without_row(storage.written_before(before)), BATCH)
        return sum(1 for identifier in orphans if storage.delete(identifier))


def _alone() -> bool:
    return bool(db.session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(LOCK))))


def _unreferenced() -> list[sa.ColumnElement[bool]]:
    """No foreign key of any table holds the document: the packages above are known by their tables only."""
    keys = (key for table in db.metadata.tables.values() for key in table.foreign_keys)
    holders = [key.parent for key in keys if key.column is Document.__table__.c.id]
    return [~sa.exists().where(holder == Document.id) for holder in holders]


def _without_row(identifiers: Iterator[UUID]) -> Iterator[UUID]:
    while batch := set(islice(identifiers, BATCH)):
        yield from batch - set(db.session.scalars(sa.select(Document.id).where(Document.id.in_(batch))))
