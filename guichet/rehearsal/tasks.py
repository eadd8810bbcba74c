"""The worker's side of rehearsals."""

from celery import shared_task

from guichet.core.transaction import unit_of_work
from guichet.rehearsal.services import playing, requests

# A run ends well before the worker's limit of time; the next one goes on.
MOST_PLAYED = 5


@shared_task(name="rehearsal.play", ignore_result=True)
def play() -> None:
    """Asked when somebody wants a rehearsal, and every minute by the scheduler."""
    for _ in range(MOST_PLAYED):
        if not playing.play_next():
            break


@shared_task(name="rehearsal.purge", ignore_result=True)
def purge() -> None:
    """Every hour: the rehearsals that have expired go."""
    gone = requests.BATCH
    while gone == requests.BATCH:
        with unit_of_work():
            gone = requests.purge()
