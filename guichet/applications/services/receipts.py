"""A receipt, or a letter, that could not be made: seen on its page, and asked again from there."""

import sqlalchemy as sa

from guichet.accounts.models import Account
from guichet.applications.models import Application, ApplicationVersion
from guichet.core.db import db
from guichet.outbox import services as outbox
from guichet.outbox.models import MessageStatus, OutboxMessage


def failure_of(version: ApplicationVersion) -> OutboxMessage | None:
    """What the worker gave up making the receipt of; None while it is on its way, or made."""
    rows = sa.select(OutboxMessage).where(
        OutboxMessage.status == MessageStatus.DEAD,
        OutboxMessage.handler == "make_receipt",
        OutboxMessage.payload["application_id"].astext == str(version.application_id),
        OutboxMessage.payload["version_number"].astext == str(version.number),
    )
    return db.session.scalar(rows.limit(1))


def make_again(version: ApplicationVersion, *, actor: Account) -> None:
    """Ask for the receipt once more. Twice is once; whoever reads the dossier may, since nothing of it changes."""
    failed = failure_of(version)
    if failed is not None:
        outbox.retry(failed, actor=actor)


def letter_failure_of(application: Application) -> OutboxMessage | None:
    """What the worker gave up making the letter of the dossier's decision of; None while it is on its way, or made."""
    if application.outcome_published_at is None or application.outcome_letter_id is not None:
        return None
    rows = sa.select(OutboxMessage).where(
        OutboxMessage.status == MessageStatus.DEAD,
        OutboxMessage.handler == "make_letter",
        OutboxMessage.payload["application_id"].astext == str(application.id),
    )
    return db.session.scalar(rows.order_by(OutboxMessage.created_at.desc()).limit(1))


def make_letter_again(application: Application, *, actor: Account) -> None:
    """Ask for the letter once more. Twice is once; whoever reads the dossier may, since nothing of it changes."""
    failed = letter_failure_of(application)
    if failed is not None:
        outbox.retry(failed, actor=actor)
