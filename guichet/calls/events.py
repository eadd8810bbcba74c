"""What happens to calls."""

import uuid
from dataclasses import dataclass

from guichet.outbox.events import Event


@dataclass(frozen=True, kw_only=True)
class CallPublished(Event):
    call_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class CallOpened(Event):
    call_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class CallClosed(Event):
    call_id: uuid.UUID
