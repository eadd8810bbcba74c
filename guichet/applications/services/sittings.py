"""What the journal says of writing: each save by a button, and one line for each sitting of a page that saves by itself."""

import datetime as dt
from typing import Any

from guichet.accounts.models import Account
from guichet.applications.models import Application
from guichet.audit import queries as journal
from guichet.audit import services as audit
from guichet.audit.models import Audience
from guichet.core import clock

SAVED = "application.save-section"
SITTING = dt.timedelta(minutes=30)


def record_save(application: Application, section: str, *, by_itself: bool, actor: Account, **facts: Any) -> None:
    """Say that `actor` saved `section`, unless the last line about the dossier says so already of the same sitting."""
    if not (by_itself and _told_lately(application, section, actor)):
        audit.record(actor, SAVED, application, audience=Audience.TEAM, section=section, **facts)


def _told_lately(application: Application, section: str, actor: Account) -> bool:
    last = journal.last_of(application)
    return (
        last is not None
        and last.action == SAVED
        and last.actor_id == actor.id
        and last.facts.get("section") == section
        and last.created_at > clock.now() - SITTING
    )
