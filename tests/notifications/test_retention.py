"""E-mails are kept a year, as the page on personal data says."""

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa

from guichet.audit.models import AuditEntry
from guichet.core import clock
from guichet.core.db import db
from guichet.notifications import retention
from guichet.notifications.models import Email, EmailStatus
from guichet.notifications.tasks import purge

A_YEAR = dt.timedelta(days=365)


def make_email(status: EmailStatus, age: dt.timedelta) -> None:
    created_at = clock.now() - age
    db.session.add(
        Email(
            key=uuid.uuid4().hex,
            notice="password_changed",
            recipient_name="Lou Agente",
            recipient_email="lou@ministere.example",
            subject="Essai",
            text_body="Bonjour,",
            html_body="<p>Bonjour,</p>",
            status=status,
            sent_at=created_at if status is EmailStatus.SENT else None,
            created_at=created_at,
        )
    )
    db.session.flush()


@pytest.mark.parametrize("status", EmailStatus)
@pytest.mark.parametrize(("days", "old"), [(-1, False), (1, True)])
def test_what_is_over_goes_after_a_year(session, status, days, old):
    make_email(status, A_YEAR + dt.timedelta(days=days))
    purge.run()
    purge.run()

    gone = old and status is not EmailStatus.QUEUED
    assert session.scalar(sa.select(sa.func.count()).select_from(Email)) == (0 if gone else 1)
    facts = session.scalars(sa.select(AuditEntry.facts).where(AuditEntry.action == "email.purge")).all()
    assert facts == ([{"count": 1}] if gone else [])


def test_a_great_many_go_in_batches(session, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    for _ in range(5):
        make_email(EmailStatus.SENT, 2 * A_YEAR)

    purge.run()

    assert session.scalar(sa.select(sa.func.count()).select_from(Email)) == 0
