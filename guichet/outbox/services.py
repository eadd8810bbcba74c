"""Publishing events in the caller's transaction, and delivering them each in a transaction of its own."""

import contextlib
import datetime as dt
from collections.abc import Iterator
from contextvars import ContextVar
from uuid import UUID

import msgspec
import sqlalchemy as sa
import structlog

from guichet.audit import services as audit
from guichet.audit.services import Actor
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.core.queue import enqueue
from guichet.core.transaction import unit_of_work
from guichet.outbox.events import Event
from guichet.outbox.models import MessageStatus, OutboxMessage
from guichet.outbox.registry import handlers_of, resolve

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 8
FIRST_DELAY = dt.timedelta(minutes=1)
BATCH = 200


def publish(event: Event) -> None:
    """Owe `event` to each of its handlers: rolled back with the caller, delivered soon after its commit."""
    payload = msgspec.to_builtins(event)
    messages = [
        OutboxMessage(event_id=event.event_id, kind=type(event).__name__, handler=handler, payload=payload)
        for handler in handlers_of(event)
    ]
    held = _held.get()
    if held is not None:
        held += messages
        return
    db.session.add_all(messages)
    if messages:
        enqueue("outbox.deliver_due")


_held: ContextVar[list[OutboxMessage] | None] = ContextVar("messages_held", default=None)


@contextlib.contextmanager
def messages_held() -> Iterator[list[OutboxMessage]]:
    """Write none of the messages owed inside the block: the caller takes them from the list, and delivers them herself."""
    messages: list[OutboxMessage] = []
    token = _held.set(messages)
    try:
        yield messages
    finally:
        _held.reset(token)


def deliver_all_due() -> int:
    """Deliver every message whose hour has come; returns how many were delivered."""
    delivered = 0
    while due := _due_ids():
        delivered += sum(deliver(message_id) for message_id in due)
    return delivered


def _due_ids() -> list[UUID]:
    # Due before this round began: a message that fails goes to the future, so the loop of rounds ends.
    with unit_of_work():
        return list(
            db.session.scalars(
                sa.select(OutboxMessage.id)
                .where(OutboxMessage.status == MessageStatus.PENDING, OutboxMessage.next_attempt_at <= clock.now())
                .order_by(OutboxMessage.next_attempt_at)
                .limit(BATCH)
                .with_for_update(skip_locked=True)
            )
        )


def deliver(message_id: UUID) -> bool:
    """Run the handler and mark the message done, in one transaction; on failure keep the error and back off.

    Returns False when another worker has it, when it is not due any more, or when the handler failed.
    """
    try:
        with unit_of_work():
            message = db.session.scalar(
                sa.select(OutboxMessage)
                .where(OutboxMessage.id == message_id, OutboxMessage.status == MessageStatus.PENDING)
                .with_for_update(skip_locked=True)
                .execution_options(populate_existing=True)
            )
            if message is None:
                return False
            handler, event = resolve(message)
            handler(event)
            message.status = MessageStatus.DONE
            message.done_at = clock.now()
    except Exception as problem:
        log.exception("outbox delivery failed", message_id=str(message_id))
        with unit_of_work():
            _keep_failure(message_id, problem)
        return False
    return True


def _keep_failure(message_id: UUID, problem: Exception) -> None:
    message = db.session.get_one(OutboxMessage, message_id, with_for_update=True)
    message.attempts += 1
    message.last_error = f"{type(problem).__name__}: {problem}"[:2000]
    message.next_attempt_at = clock.now() + FIRST_DELAY * 2 ** (message.attempts - 1)
    if message.attempts >= MOST_ATTEMPTS:
        message.status = MessageStatus.DEAD


def retry(message: OutboxMessage, *, actor: Actor) -> None:
    """Give a dead message another round of attempts, at once. Raises RuleBroken when it is not dead."""
    db.session.refresh(message, with_for_update=True)
    if message.status is not MessageStatus.DEAD:
        raise RuleBroken("Ce message n’est pas en échec : il n’y a rien à relancer.")
    message.status = MessageStatus.PENDING
    message.attempts = 0
    message.next_attempt_at = clock.now()
    audit.record(actor, "outbox-message.retry", message, kind=message.kind, handler=message.handler)
    enqueue("outbox.deliver_due")
