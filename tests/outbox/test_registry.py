"""Which handlers an event has."""

import dataclasses
import enum
import typing

import msgspec
import pytest

from guichet.outbox import registry
from guichet.outbox.events import Event
from guichet.outbox.models import OutboxMessage
from guichet.subscriptions import SUBSCRIPTIONS


@pytest.fixture(autouse=True)
def subscribed(monkeypatch):
    monkeypatch.setattr(registry, "_subscriptions", {})
    registry.subscribe(SUBSCRIPTIONS)


SAMPLES = {
    "UUID": "00000000-0000-0000-0000-000000000001",
    "int": 1,
    "str": "x",
    "bool": True,
    "datetime": "2026-11-23T10:00:00Z",
    "date": "2026-11-23",
}


def sample(kind):
    """A value of that type, as JSON holds it."""
    if typing.get_origin(kind) in {tuple, list}:
        return []
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return next(iter(kind)).value
    return SAMPLES.get(getattr(kind, "__name__", ""))


def example(event_class):
    """The payload of an event of that class."""
    kinds = typing.get_type_hints(event_class)
    return {field.name: sample(kinds[field.name]) for field in dataclasses.fields(event_class)}


@pytest.mark.parametrize("event_class", SUBSCRIPTIONS, ids=lambda event_class: event_class.__name__)
def test_every_event_of_the_table_survives_the_outbox(event_class):
    payload = example(event_class)
    event = msgspec.convert(payload, event_class, strict=False)

    stored = msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(event)))

    for name, handler in SUBSCRIPTIONS[event_class].items():
        message = OutboxMessage(kind=event_class.__name__, handler=name, payload=stored)
        assert registry.resolve(message) == (handler, event)


def test_every_event_of_the_table_is_frozen_and_has_its_own_identity():
    for event_class in SUBSCRIPTIONS:
        assert issubclass(event_class, Event)
        one, other = (
            msgspec.convert(example(event_class) | {"event_id": i}, event_class, strict=False) for i in _two()
        )
        assert one != other
        with pytest.raises(dataclasses.FrozenInstanceError):
            one.event_id = other.event_id


def _two():
    return ("00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002")


def test_two_events_never_share_a_name():
    names = [event_class.__name__ for event_class in SUBSCRIPTIONS]

    assert len(names) == len(set(names))
