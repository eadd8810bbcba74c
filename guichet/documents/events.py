"""What happens to a stored file, as told to the packages that refer to it."""

import uuid
from dataclasses import dataclass

from guichet.outbox.events import Event


@dataclass(frozen=True, kw_only=True)
class DocumentInfected(Event):
    """The antivirus found a file infected."""

    document_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class FilesDamaged(Event):
    """The daily check found stored files missing or altered that it had not before; `document_id` is one of them."""

    document_id: uuid.UUID
    count: int
