"""Writing the journal."""

import uuid
from typing import Any, Protocol

import msgspec

from guichet.audit.models import Audience, AuditEntry
from guichet.core.db import db


class Actor(Protocol):
    """Whoever acts: an account."""

    @property
    def id(self) -> Any: ...
    @property
    def full_name(self) -> Any: ...


class Subject(Protocol):
    """Whatever is acted upon: a row."""

    __tablename__: Any

    @property
    def id(self) -> Any: ...


def record(
    actor: Actor | None,
    action: str,
    subject: Subject,
    *,
    audience: Audience = Audience.STAFF,
    **facts: Any,
) -> None:
    """Write that `actor` (None for the clock and the worker) did `action` ("package-noun.verb") to `subject`."""
    record_by_id(actor, action, subject.__tablename__, subject.id, audience=audience, **facts)


def record_by_id(
    actor: Actor | None,
    action: str,
    subject_type: str,
    subject_id: uuid.UUID,
    *,
    audience: Audience = Audience.STAFF,
    **facts: Any,
) -> None:
    """The same, for a subject known by its table and identifier only."""
    db.session.add(
        AuditEntry(
            actor_id=actor.id if actor else None,
            actor_name=actor.full_name if actor else "Guichet",
            action=action,
            subject_type=subject_type,
            subject_id=subject_id,
            audience=audience,
            facts=msgspec.to_builtins(facts),
        )
    )
