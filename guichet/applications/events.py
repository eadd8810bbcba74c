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
    by_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class ChangesRequested(ApplicationEvent):
    change_request_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class ChangesExtended(ApplicationEvent):
    """The last day to complete was put off."""

    change_request_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class ChangesCancelled(ApplicationEvent):
    """Complements asked by mistake: nothing is awaited any more."""

    change_request_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class ChangesDueSoon(ApplicationEvent):
    """The last day to complete, `due_on`, comes in a week or in a day, and nothing is answered yet."""

    change_request_id: uuid.UUID
    due_on: dt.date


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
class OutcomeUnread(ApplicationEvent):
    """Two weeks after its publication nobody of the team has said to have read the outcome."""


@dataclass(frozen=True, kw_only=True)
class TeamInvited(ApplicationEvent):
    """The secret is not here: it is made when the e-mail is written. `again` when the same address is asked once more."""

    invitation_id: uuid.UUID
    again: bool


@dataclass(frozen=True, kw_only=True)
class MemberEvent(ApplicationEvent):
    """Base: what happens to a person of the team, by whom."""

    account_id: uuid.UUID
    by_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class MemberAdded(MemberEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class MemberJoined(MemberEvent):
    """The invited person said yes; `by_id` is who had invited her."""


@dataclass(frozen=True, kw_only=True)
class MemberRemoved(MemberEvent):
    """Taken off the team, or gone by herself: `by_id` tells."""


@dataclass(frozen=True, kw_only=True)
class MemberRoleChanged(MemberEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class LeadProposed(ApplicationEvent):
    transfer_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class LeadDeclined(ApplicationEvent):
    transfer_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class LeadTransferred(ApplicationEvent):
    """`imposed` when the former lead had left, so that nobody had to accept."""

    former_id: uuid.UUID | None
    lead_id: uuid.UUID
    imposed: bool


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
