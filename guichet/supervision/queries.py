"""What an administrator watches: late and failed messages, e-mails, signs of life."""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from guichet.core import clock
from guichet.core.db import db
from guichet.documents.models import Document, ScanState
from guichet.notifications.models import Email, EmailStatus
from guichet.outbox.models import MessageStatus, OutboxMessage
from guichet.supervision.models import Heartbeat

# A message older than this is late: the scheduler passes every fifteen seconds.
LATE = dt.timedelta(minutes=2)


@dataclass(frozen=True)
class Backlog:
    """Counts and ages (None when nothing waits) of what has not left."""

    messages_pending: int
    messages_dead: int
    oldest_message: dt.timedelta | None
    emails_queued: int
    emails_failed: int
    oldest_email: dt.timedelta | None
    worker_seen: dt.timedelta | None

    @property
    def is_late(self) -> bool:
        return any(age is not None and age > LATE for age in (self.oldest_message, self.oldest_email))


def backlog() -> Backlog:
    """The state of the outbox, of the e-mails and of the worker. Three statements."""
    pending, dead, oldest = db.session.execute(
        sa.select(
            sa.func.count().filter(OutboxMessage.status == MessageStatus.PENDING),
            sa.func.count().filter(OutboxMessage.status == MessageStatus.DEAD),
            sa.func.min(OutboxMessage.created_at).filter(OutboxMessage.status == MessageStatus.PENDING),
        ).where(OutboxMessage.status != MessageStatus.DONE)
    ).one()
    queued, failed, oldest_email = db.session.execute(
        sa.select(
            sa.func.count().filter(Email.status == EmailStatus.QUEUED),
            sa.func.count().filter(Email.status == EmailStatus.FAILED),
            sa.func.min(Email.created_at).filter(Email.status == EmailStatus.QUEUED),
        ).where(Email.status.in_([EmailStatus.QUEUED, EmailStatus.FAILED]))
    ).one()
    seen = db.session.scalar(sa.select(Heartbeat.seen_at).where(Heartbeat.process == "worker"))
    return Backlog(pending, dead, _age(oldest), queued, failed, _age(oldest_email), _age(seen))


def _age(moment: dt.datetime | None) -> dt.timedelta | None:
    return None if moment is None else clock.now() - moment


def messages(status: MessageStatus | None, *, late: bool = False) -> sa.Select[OutboxMessage]:
    """Messages of the outbox, the oldest first while they wait, the newest first otherwise."""
    rows = sa.select(OutboxMessage)
    if late:
        due_before = clock.now() - LATE
        rows = rows.where(OutboxMessage.status == MessageStatus.PENDING, OutboxMessage.created_at < due_before)
    elif status is not None:
        rows = rows.where(OutboxMessage.status == status)
    waiting = late or status is MessageStatus.PENDING
    return rows.order_by(OutboxMessage.created_at if waiting else OutboxMessage.created_at.desc(), OutboxMessage.id)


def emails(status: EmailStatus | None, words: str = "") -> sa.Select[Email]:
    """The e-mail journal, newest first, by state and by words of the recipient or of the subject."""
    rows = sa.select(Email).order_by(Email.created_at.desc(), Email.id)
    if status is not None:
        rows = rows.where(Email.status == status)
    if words:
        matches = [column.icontains(words, autoescape=True) for column in (Email.recipient_name, Email.subject)]
        rows = rows.where(sa.or_(*matches, Email.recipient_email == words.lower()))
    return rows


@dataclass(frozen=True)
class Files:
    """Stored files that somebody should look at."""

    damaged: int
    infected: int
    to_scan: int


# What no run will put right by itself.
_TO_SEE = sa.or_(
    Document.fault.is_not(None),
    Document.scan_state.in_([ScanState.INFECTED, ScanState.UNSCANNABLE, ScanState.TOO_LARGE]),
)


def files_in_trouble() -> Files:
    """One statement."""
    return Files(
        *db.session.execute(
            sa.select(
                sa.func.count().filter(Document.fault.is_not(None)),
                sa.func.count().filter(Document.scan_state == ScanState.INFECTED),
                sa.func.count().filter(Document.scan_state == ScanState.PENDING),
            ).where(sa.or_(_TO_SEE, Document.scan_state == ScanState.PENDING))
        ).one()
    )


def files() -> sa.Select[Document]:
    """The stored files that are damaged, infected or could not be scanned; damaged ones first, then the latest."""
    return sa.select(Document).where(_TO_SEE).order_by(Document.fault, Document.created_at.desc(), Document.id)
