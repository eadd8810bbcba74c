"""Which handlers an event has. The table itself is guichet/subscriptions.py; the factory hands it over at start."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from guichet.outbox.events import Event
from guichet.outbox.models import OutboxMessage

Handler = Callable[[Any], None]
Subscriptions = Mapping[type[Event], Mapping[str, Handler]]

_subscriptions: dict[str, tuple[type[Event], Mapping[str, Handler]]] = {}


def subscribe(table: Subscriptions) -> None:
    """Take `table` as the one and only list of subscriptions."""
    _subscriptions.clear()
    _subscriptions.update({event.__name__: (event, handlers) for event, handlers in table.items()})


def handlers_of(event: Event) -> Mapping[str, Handler]:
    """Handlers owed this event; none for an event nobody subscribed to."""
    _, handlers = _subscriptions.get(type(event).__name__, (type(event), {}))
    return handlers


def resolve(message: OutboxMessage) -> tuple[Handler, Event]:
    """The handler and the rebuilt event of `message`. Raises KeyError when neither exists any more."""
    event_class, handlers = _subscriptions[message.kind]
    return handlers[message.handler], msgspec.convert(message.payload, event_class, strict=False)
