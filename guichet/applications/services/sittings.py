"""What the journal says of writing: each save by a button, and one line for each sitting of a page that saves by itself."""

import datetime as dt
from typing import Any

import sqlalchemy as sa

from guichet.accounts.models import Account
from guichet.applications.merging import Merge
from guichet.applications.models import Application
from guichet.audit import queries as journal
from guichet.audit import services as audit
from guichet.audit.models import Audience, AuditEntry
from guichet.core import clock
from guichet.core.db import db

SAVED = "application.save-section"
SITTING = dt.timedelta(minutes=30)


def record_save(application: Application, section: str, *, by_itself: bool, actor: Account, **facts: Any) -> None:
    """Say that `actor` saved `section`, unless the last line about the dossier says so already of the same sitting."""
    if not (by_itself and _told_lately(application, section, actor, facts.get("united"))):
        audit.record(actor, SAVED, application, audience=Audience.TEAM, section=section, **facts)


def union(merged: Merge) -> dict[str, Any]:
    """What the journal says of a save that left standing what others had changed meanwhile."""
    return {"united": sorted(merged.kept)} if merged.kept else {}


def last_writer(application: Application, section: str, *, but: Account) -> str:
    """Who saved `section` last, other than the person who asks; empty when nobody did."""
    rows = sa.select(AuditEntry.actor_name).where(
        AuditEntry.subject_id == application.id,
        AuditEntry.action == SAVED,
        AuditEntry.actor_id != but.id,
        AuditEntry.facts["section"].astext == section,
    )
    return db.session.scalar(rows.order_by(AuditEntry.number.desc()).limit(1)) or ""


def _told_lately(application: Application, section: str, actor: Account, united: list[str] | None) -> bool:
    last = journal.last_of(application)
    return (
        last is not None
        and last.action == SAVED
        and last.actor_id == actor.id
        and last.facts.get("section") == section
        and last.facts.get("united") == united
        and last.created_at > clock.now() - SITTING
    )
