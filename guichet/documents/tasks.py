"""The worker's side of the stored files."""

from celery import shared_task

from guichet.core.transaction import unit_of_work
from guichet.documents import services


@shared_task(name="documents.purge_orphans", ignore_result=True)
def purge_orphans() -> None:
    """Asked every day by the scheduler."""
    with unit_of_work():
        services.purge_orphans()
