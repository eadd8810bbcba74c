"""The clock's side of dossiers."""

from celery import shared_task

from guichet.applications.services import reminders, retention
from guichet.core.transaction import unit_of_work


@shared_task(name="applications.remind_drafts", ignore_result=True)
def remind_drafts() -> None:
    """Every hour: each team is told once that its call closes soon."""
    told = reminders.BATCH
    while told == reminders.BATCH:
        with unit_of_work():
            told = reminders.remind_drafts()


@shared_task(name="applications.remove_old_drafts", ignore_result=True)
def remove_old_drafts() -> None:
    """Every day: the old drafts that were announced go, then those that will be soon are announced."""
    for step in (retention.remove, retention.announce):
        done = retention.BATCH
        while done == retention.BATCH:
            with unit_of_work():
                done = step()
