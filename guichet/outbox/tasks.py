"""The worker's side of the outbox."""

from celery import shared_task

from guichet.outbox import services


@shared_task(name="outbox.deliver_due", ignore_result=True)
def deliver_due() -> None:
    """Nudged after each commit that published something, and every few seconds by the scheduler."""
    services.deliver_all_due()
