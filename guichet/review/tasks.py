"""The worker's side of publications."""

from celery import shared_task

from guichet.review.services import publication


@shared_task(name="review.publish_decisions", ignore_result=True)
def publish_decisions() -> None:
    """Nudged when somebody asks for a publication, and swept by the scheduler; a second run finds nothing left to do."""
    publication.carry_out()
