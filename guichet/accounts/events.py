"""What happens to people's accounts."""

import uuid
from dataclasses import dataclass

from guichet.outbox.events import Event


@dataclass(frozen=True, kw_only=True)
class AccountEvent(Event):
    """Base: every event of an account says whose."""

    account_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class PasswordResetRequested(AccountEvent):
    """The secret is not here: it is made when the e-mail is written, and only its fingerprint is stored."""

    reset_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(AccountEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class AccountInvited(AccountEvent):
    """Somebody opened an account for this person, who chooses her own password."""

    reset_id: uuid.UUID
