"""The clock's side of dossiers."""

from celery import shared_task

from guichet.applications.services import reminders
from guichet.core.transaction import unit_of_work


@shared_task(name="applications.remind_drafts", ignore_result=True)
def remind_drafts() -> None:
    """Every hour: each team is told once that its call closes soon."""
    told = reminders.BATCH
    while told == reminders.BATCH:
        with unit_of_work():
            told = reminders.remind_drafts()
