"""The worker's side of the journal."""

from celery import shared_task

from guichet.audit import chain
from guichet.core.transaction import unit_of_work


@shared_task(name="audit.seal", ignore_result=True)
def seal() -> None:
    """Asked every minute by the scheduler; two at once seal nothing twice."""
    with unit_of_work():
        chain.seal()
