"""The worker's side of the stored files."""

from celery import shared_task

from guichet.core.transaction import unit_of_work
from guichet.documents import services

# A run ends well before the worker's limit of time; the next one goes on.
MOST_SCANS = 100


@shared_task(name="documents.purge_orphans", ignore_result=True)
def purge_orphans() -> None:
    """Asked every hour by the scheduler: a batch of what nobody refers to any more."""
    services.purge_orphans()


@shared_task(name="documents.check_files", ignore_result=True)
def check_files() -> None:
    """Asked every hour by the scheduler: the files that were not checked today, as many as a run may read."""
    with unit_of_work():
        services.check_files()


@shared_task(name="documents.scan_waiting", ignore_result=True)
def scan_waiting() -> None:
    """Asked when a file comes, and every minute by the scheduler."""
    for _ in range(MOST_SCANS):
        if services.scan_next() is None:
            break
