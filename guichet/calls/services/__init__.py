"""The use cases of calls, one module for each use."""

from guichet.calls.services.envelope import move_by_hand, move_envelope
from guichet.calls.services.references import next_reference

__all__ = ["move_by_hand", "move_envelope", "next_reference"]
