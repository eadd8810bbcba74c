"""What waits for the antivirus: a state of the row, so that nothing is lost while it is away."""

import datetime as dt
from uuid import UUID

import sqlalchemy as sa
import structlog

from guichet.audit import services as audit
from guichet.core import clock
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from guichet.documents import antivirus, storage
from guichet.documents.antivirus import AntivirusAway, Verdict
from guichet.documents.events import DocumentInfected
from guichet.documents.models import Document, ScanState
from guichet.outbox import services as outbox

log = structlog.get_logger(__name__)

# One minute, then twice as long each time; while the antivirus is away nothing counts as an attempt.
FIRST_DELAY = dt.timedelta(minutes=1)
MOST_ATTEMPTS = 5


def scan_next() -> UUID | None:
    """Scan one waiting file, in a transaction of its own, its row locked; None when none is due or the antivirus is away.

    Files received before an antivirus was configured are taken in their turn.
    """
    url = antivirus.address()
    if not url:
        return None
    with unit_of_work():
        document = db.session.scalar(_due().with_for_update(skip_locked=True, key_share=True))
        if document is None:
            return None
        try:
            verdict = antivirus.scan(url, storage.read(document.id))
        except AntivirusAway as problem:
            log.warning("the antivirus does not answer", error=str(problem))
            document.scan_state = ScanState.PENDING
            document.next_scan_at = clock.now() + FIRST_DELAY
            return None
        except OSError as problem:
            verdict = Verdict(ScanState.UNSCANNABLE, f"file unreadable: {type(problem).__name__}")
        _note(document, verdict)
        return document.id


def _due() -> sa.Select[Document]:
    return (
        sa.select(Document)
        .where(
            Document.scan_state.in_([ScanState.PENDING, ScanState.NOT_SCANNED]),
            Document.stored_by_id.is_not(None),
            sa.or_(Document.next_scan_at.is_(None), Document.next_scan_at <= clock.now()),
        )
        # What people have just sent before what was here already.
        .order_by(Document.scan_state.desc(), Document.next_scan_at.nulls_first(), Document.created_at)
        .limit(1)
        .execution_options(populate_existing=True)
    )


def _note(document: Document, verdict: Verdict) -> None:
    document.scan_finding = verdict.finding
    document.scan_attempts += 1
    if verdict.state is ScanState.UNSCANNABLE and document.scan_attempts < MOST_ATTEMPTS:
        document.scan_state = ScanState.PENDING
        document.next_scan_at = clock.now() + FIRST_DELAY * 2 ** (document.scan_attempts - 1)
        return
    document.scan_state = verdict.state
    document.next_scan_at = None
    if verdict.state is ScanState.INFECTED:
        audit.record(None, "document.find-infected", document, finding=verdict.finding)
        outbox.publish(DocumentInfected(document_id=document.id))
