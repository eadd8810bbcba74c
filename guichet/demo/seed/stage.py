"""The stage: scenes set in the past, played in the order of their instants, each followed by its e-mails.

The anchor is the beginning, universal time, of the Monday of the week in which the demonstration is made: everything that
happened did so before it, the open call is open for weeks after it, and each day of the story always falls on the same
day of the week. Days in the texts count from it.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from guichet.core import clock
from guichet.core.db import db
from guichet.core.queue import nudges_held
from guichet.core.transaction import unit_of_work
from guichet.demo.seed.postman import Postman
from guichet.outbox import services as outbox
from guichet.outbox.models import MessageStatus, OutboxMessage
from guichet.review.services import publication

PARIS = ZoneInfo("Europe/Paris")
# The worker does each of its tasks so long after the one before; scenes are further apart.
DELAY, APART = dt.timedelta(seconds=3), dt.timedelta(seconds=20)

Act = Callable[[], object]


def monday() -> dt.datetime:
    """The anchor of a demonstration made now."""
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return today - dt.timedelta(days=today.weekday())


@dataclass(frozen=True, order=True)
class Scene:
    """`rank` keeps the order in which scenes of one instant were written."""

    at: dt.datetime
    rank: int
    act: Act = field(compare=False)


class Stage:
    """Plays the scenes, and does the worker's part after each: what it asks for is done some seconds later."""

    def __init__(self, anchor: dt.datetime, postman: Postman) -> None:
        self.anchor = anchor
        self._postman = postman
        self._scenes: list[Scene] = []

    def day(self, number: int) -> dt.date:
        """The day so many days from the anchor; a weekend's work is done on the Friday before."""
        day = self.anchor.date() + dt.timedelta(days=number)
        return day - dt.timedelta(days=max(0, day.weekday() - 4))

    def at(self, number: int, hour: float = 10) -> dt.datetime:
        """An instant of that day, Paris time: 9.5 is half past nine."""
        midnight = dt.datetime.combine(self.day(number), dt.time(), PARIS)
        # The hour is of the clock on the wall, also on the days when it changes.
        return midnight.replace(hour=int(hour), minute=int(hour % 1 * 60)).astimezone(dt.UTC)

    def add(self, at: dt.datetime, act: Act) -> None:
        """Have `act` played at that instant, in a transaction."""
        self._scenes.append(Scene(at, len(self._scenes), act))

    def play(self, *, unposted: int = 0) -> None:
        """Play all scenes; the e-mails of the last `unposted` ones stay queued, to leave when the worker starts."""
        scenes, self._scenes = sorted(self._scenes), []
        at = scenes[0].at
        for number, scene in enumerate(scenes, start=1):
            # The journal is read in the order in which it was written: its instants must follow.
            at = max(scene.at, at + APART)
            left_to_the_worker = {"notifications.send_queued"} if number > len(scenes) - unposted else set()
            self._play(scene.act, at, left_to_the_worker)

    def _play(self, act: Act, at: dt.datetime, left_to_the_worker: set[str]) -> None:
        with nudges_held() as asked:
            with clock.travel_to(at), unit_of_work():
                act()
            for delay, task in enumerate(self._tasks, start=1):
                if task in asked and task not in left_to_the_worker:
                    with clock.travel_to(at + delay * DELAY):
                        self._tasks[task]()
        # Like a page's: what the next scene needs, it reads.
        db.session.remove()

    @property
    def _tasks(self) -> dict[str, Callable[[], object]]:
        """What a scene may ask of the worker, in the order in which one leads to the other."""
        return {
            "review.publish_decisions": publication.carry_out,
            "outbox.deliver_due": _deliver_owed,
            "notifications.send_queued": self._postman.deliver,
        }


def _deliver_owed() -> None:
    """What the outbox owes, each message in a transaction of its own. Nothing else is due here, and nobody else delivers."""
    owed = sa.select(OutboxMessage.id).where(OutboxMessage.status == MessageStatus.PENDING)
    for message_id in db.session.scalars(owed.order_by(OutboxMessage.next_attempt_at, OutboxMessage.id)).all():
        outbox.deliver(message_id)
