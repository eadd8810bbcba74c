"""What an event is: something that happened, told in the past tense, with identifiers and plain values only."""

import uuid
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all events; `event_id` makes every effect of the event recognisable, hence idempotent."""

    event_id: uuid.UUID = field(default_factory=uuid.uuid4)
