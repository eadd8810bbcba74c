"""Who is writing which section at this moment, so that two people do not write the same one unknowingly."""

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from guichet.accounts.models import Account
from guichet.applications import policies
from guichet.applications.models import Application, Section, SectionPresence
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Forbidden

# Twice the time between two signs of life of an open page (static/drafts.js).
PRESENT_FOR = dt.timedelta(seconds=90)
# Personal data: not kept longer than it serves.
KEPT_FOR = dt.timedelta(hours=1)
BATCH = 50


def note(application: Application, section: Section, *, actor: Account) -> None:
    """Say that `actor` is writing `section`. Raises Forbidden when it is closed to her."""
    if not policies.can_edit_section(actor, application, section):
        raise Forbidden(f"La rubrique « {section.label} » n’est pas ouverte à la saisie.")
    now = clock.now()
    row = insert(SectionPresence).values(
        application_id=application.id, section=section, account_id=actor.id, since=now, seen_at=now
    )
    came_back = SectionPresence.seen_at < now - PRESENT_FOR
    db.session.execute(
        row.on_conflict_do_update(
            index_elements=["application_id", "section", "account_id"],
            set_={
                "seen_at": sa.func.greatest(SectionPresence.seen_at, row.excluded.seen_at),
                "since": sa.case((came_back, row.excluded.since), else_=SectionPresence.since),
            },
        )
    )
    _forget_the_past(now)


def _forget_the_past(now: dt.datetime) -> None:
    old = (
        sa.select(SectionPresence.id)
        .where(SectionPresence.seen_at < now - KEPT_FOR)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    db.session.execute(sa.delete(SectionPresence).where(SectionPresence.id.in_(old)))


def others(application: Application, section: Section, *, actor: Account) -> Sequence[tuple[str, dt.datetime]]:
    """Name of each other person who is writing `section`, and since when."""
    rows = (
        sa.select(Account.full_name, SectionPresence.since)
        .join(Account, Account.id == SectionPresence.account_id)
        .where(
            SectionPresence.application_id == application.id,
            SectionPresence.section == section,
            SectionPresence.account_id != actor.id,
            SectionPresence.seen_at >= clock.now() - PRESENT_FOR,
        )
        .order_by(SectionPresence.since, Account.full_name)
    )
    return [(name, since) for name, since in db.session.execute(rows)]
