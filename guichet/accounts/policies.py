"""Rights on people and organisations."""

from typing import Any

from guichet.accounts.models import Account, Role


def is_admin(actor: Account, _subject: Any = None) -> bool:
    """Administrators of the whole window: organisations, people, roles, supervision."""
    return actor.has_role(Role.ADMIN) and actor.calls_as(Role.ADMIN) is None


def can_supervise(actor: Account, _subject: Any = None) -> bool:
    """Read the journal, the outbox and the e-mails, which tell of every call: only those whose role is on the whole window.

    Auditors read, administrators also act.
    """
    return is_admin(actor) or (actor.has_role(Role.AUDITOR) and actor.calls_as(Role.AUDITOR) is None)
