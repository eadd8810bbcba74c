"""The clock's side of dossiers."""

from celery import shared_task

from guichet.applications.services import exports, invitations, readings, reminders, retention
from guichet.core.transaction import unit_of_work

# A run ends well before the worker's limit of time; the next one goes on.
MOST_EXPORTS = 20


@shared_task(name="applications.remind_drafts", ignore_result=True)
def remind_drafts() -> None:
    """Every hour: each team is told once that its call closes soon."""
    told = reminders.BATCH
    while told == reminders.BATCH:
        with unit_of_work():
            told = reminders.remind_drafts()


@shared_task(name="applications.remind_complements", ignore_result=True)
def remind_complements() -> None:
    """Every hour: each team is told a week, then a day before the last day of its complements."""
    told = reminders.BATCH
    while told == reminders.BATCH:
        with unit_of_work():
            told = reminders.remind_complements()


@shared_task(name="applications.remind_outcomes", ignore_result=True)
def remind_outcomes() -> None:
    """Every hour: each team is told once that nobody of it has said to have read its decision."""
    told = readings.BATCH
    while told == readings.BATCH:
        with unit_of_work():
            told = readings.remind()


@shared_task(name="applications.remove_old_drafts", ignore_result=True)
def remove_old_drafts() -> None:
    """Every day: the old drafts that were announced go, then those that will be soon are announced."""
    for step in (retention.remove, retention.announce):
        done = retention.BATCH
        while done == retention.BATCH:
            with unit_of_work():
                done = step()


@shared_task(name="applications.make_exports", ignore_result=True)
def make_exports() -> None:
    """Asked when somebody wants a file of a dossier, and every minute by the scheduler."""
    for _ in range(MOST_EXPORTS):
        if not exports.make_next():
            break


@shared_task(name="applications.forget_invitations", ignore_result=True)
def forget_invitations() -> None:
    """Every day: the addresses of those who were invited long ago go."""
    with unit_of_work():
        invitations.forget()


@shared_task(name="applications.purge_exports", ignore_result=True)
def purge_exports() -> None:
    """Every hour: the requests that have expired go."""
    gone = exports.BATCH
    while gone == exports.BATCH:
        with unit_of_work():
            gone = exports.purge()
