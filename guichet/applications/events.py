"""What happens to a dossier, as told to the rest of the house."""

import datetime as dt
import uuid
from dataclasses import dataclass

from guichet.outbox.events import Event


@dataclass(frozen=True, kw_only=True)
class ApplicationEvent(Event):
    """Base: every event of a dossier says which."""

    application_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class EndorsementRequested(ApplicationEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class ReturnedToDraft(ApplicationEvent):
    """`reason` is what the focal point wrote to the team; empty when the team took the dossier back."""

    reason: str
    by_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class ApplicationSubmitted(ApplicationEvent):
    """First submission, or the return of complements: `version_number` tells (1 is the first)."""

    version_number: int


@dataclass(frozen=True, kw_only=True)
class ApplicationWithdrawn(ApplicationEvent):
    reason: str


@dataclass(frozen=True, kw_only=True)
class ChangesRequested(ApplicationEvent):
    change_request_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class DraftDeadlineNear(ApplicationEvent):
    """The call closes soon and the dossier is not submitted."""


@dataclass(frozen=True, kw_only=True)
class DraftRemovalNear(ApplicationEvent):
    """The draft was never submitted and its call closed long ago: it will be removed, on `until` at the earliest."""

    until: dt.date


@dataclass(frozen=True, kw_only=True)
class AttachmentInfected(ApplicationEvent):
    """The antivirus found a file of the dossier infected; `submitted` when a submitted version holds it."""

    attachment_id: uuid.UUID
    submitted: bool


@dataclass(frozen=True, kw_only=True)
class MessageEvent(ApplicationEvent):
    """Base: a message was written, by whom."""

    message_id: uuid.UUID
    author_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class MessageSent(MessageEvent):
    """Between the team, its focal point and the officers of the call."""


@dataclass(frozen=True, kw_only=True)
class NoteWritten(MessageEvent):
    """By an officer, for the service alone."""
