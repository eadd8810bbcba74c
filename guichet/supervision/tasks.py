"""The worker says that it works, and counts what it leaves to do."""

from celery import shared_task

from guichet.core.transaction import unit_of_work
from guichet.supervision import services


@shared_task(name="supervision.heartbeat", ignore_result=True)
def heartbeat() -> None:
    """Asked every few seconds by the scheduler: a silence means that one of the two is dead."""
    with unit_of_work():
        services.beat("worker")
