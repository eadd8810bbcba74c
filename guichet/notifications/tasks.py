"""The worker's side of the e-mails."""

import functools

from celery import shared_task
from flask import current_app

from guichet.config import Settings
from guichet.core.transaction import unit_of_work
from guichet.notifications import retention, services
from guichet.notifications.smtp import Mailer


@shared_task(name="notifications.send_queued", ignore_result=True)
def send_queued() -> None:
    """Nudged when e-mails are queued, and every few seconds by the scheduler."""
    settings: Settings = current_app.extensions["settings"]
    services.send_queued(_mailer(settings.mail_url, settings.mail_from))


@shared_task(name="notifications.purge", ignore_result=True)
def purge() -> None:
    """Asked every day by the scheduler, a transaction for each batch."""
    gone = retention.BATCH
    while gone == retention.BATCH:
        with unit_of_work():
            gone = retention.purge()


@functools.cache
def _mailer(mail_url: str, sender: str) -> Mailer:
    # One connection for the life of the worker's process.
    return Mailer(mail_url, sender)
