"""The clock of calls."""

from celery import shared_task

from guichet.calls import services
from guichet.core.transaction import unit_of_work


@shared_task(name="calls.open_and_close", ignore_result=True)
def open_and_close() -> None:
    """Asked by the scheduler every few seconds: a call opens and closes at its hour."""
    with unit_of_work():
        services.open_and_close()
