"""The postman of the past: what was queued in a scene is sent at once, all together, to the demonstration's own mailbox."""

import datetime as dt
import mailbox
from pathlib import Path

import sqlalchemy as sa

from guichet.audit import services as audit
from guichet.core import clock
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from guichet.notifications.catalogue import BY_TEMPLATE
from guichet.notifications.models import Email, EmailStatus
from guichet.notifications.services import ERASED
from guichet.notifications.smtp import compose


class Postman:
    """Leaves the traces that a mail server's yes leaves; keeps the e-mails written after `since`, if there is a mailbox."""

    def __init__(self, sender: str, folder: Path | None, since: dt.datetime) -> None:
        self._sender = sender
        self._mailbox = mailbox.Maildir(folder, create=True) if folder else None
        self._since = since

    def deliver(self) -> None:
        """Send all that waits: in one transaction, where a worker would take one for each."""
        with unit_of_work():
            waiting = sa.select(Email).where(Email.status == EmailStatus.QUEUED).order_by(Email.created_at, Email.id)
            for email in db.session.scalars(waiting):
                self._keep(email)
                self._mark(email)

    def _keep(self, email: Email) -> None:
        if self._mailbox is not None and email.created_at >= self._since:
            content = bytes(compose(email, self._sender))
            self._mailbox.add(f"Delivered-To: {email.recipient_email}\r\n".encode() + content)

    def _mark(self, email: Email) -> None:
        notice = BY_TEMPLATE[email.notice]
        email.status, email.sent_at, email.attempts = EmailStatus.SENT, clock.now(), 1
        if notice.secret:
            email.text_body = email.html_body = ERASED
        audit.record_by_id(
            None,
            "email.sent",
            email.subject_type,
            email.subject_id or email.id,
            audience=notice.audience,
            email_id=email.id,
            recipient=email.recipient_name,
            subject=email.subject,
        )
