"""Who may still be told: an e-mail shows nothing that the pages would not show its reader now.

Asked when the e-mail is written and again when it leaves: meanwhile a person may have been recused, have left her team, her
ministry or her role, or have had her account closed.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from guichet.accounts import queries as accounts
from guichet.accounts.models import Account
from guichet.applications.models import Application, MessageAudience, Recusal
from guichet.applications.queries import corresponds, for_processing, visible_to
from guichet.audit.models import Audience
from guichet.core.db import db
from guichet.review.models import Assignment, CommitteeSession, SessionItem
from guichet.review.queries.committee import READERS, shown_to
from guichet.review.queries.evaluations import asked_of


def entitled(
    people: Iterable[UUID],
    subject_type: str,
    subject_id: UUID,
    audience: Audience,
    thread: MessageAudience | None = None,
) -> list[Account]:
    """Those of `people` whose account is open and who may read what the e-mail is about, by name. A statement, then one each.

    With `thread`, only those who take part in the messages of that audience.
    """
    rows = accounts.with_rights().where(Account.id.in_(set(people)), Account.active).order_by(Account.full_name)
    # Read afresh: the rights of a moment ago may have ended.
    found = db.session.scalars(rows.execution_options(populate_existing=True)).unique().all()
    if subject_type != Application.__tablename__:
        return list(found)
    return [person for person in found if _may_read(person, subject_id, audience, thread)]


def concerned(people: Iterable[UUID], subject_type: str, subject_id: UUID, _audience: Audience) -> list[Account]:
    """Those of `people` whose account is open and whom no conflict of interest keeps from the dossier, on its team or not.

    For what is told to who leaves a dossier, or does not read it yet.
    """
    found = entitled(people, "", subject_id, Audience.TEAM)
    if subject_type != Application.__tablename__:
        return found
    recused = set(db.session.scalars(sa.select(Recusal.account_id).where(Recusal.application_id == subject_id)))
    return [person for person in found if person.id not in recused]


def _may_read(actor: Account, application_id: UUID, audience: Audience, thread: MessageAudience | None) -> bool:
    ways: list[sa.Select[Any]]
    if thread is not None:
        ways = [sa.select(Application).where(Application.id == application_id, corresponds(actor, thread))]
    elif audience is Audience.TEAM:
        ways = [visible_to(actor).where(Application.id == application_id)]
    else:
        ways = [
            for_processing(actor).where(Application.id == application_id),
            asked_of(actor).where(Assignment.application_id == application_id),
            _in_session(actor).where(SessionItem.application_id == application_id),
        ]
    return bool(db.session.scalar(sa.select(sa.or_(*(way.exists() for way in ways)))))


def _in_session(actor: Account) -> sa.Select[SessionItem]:
    scopes = [actor.calls_as(role) for role in READERS]
    rows = sa.select(SessionItem).join(SessionItem.session).join(SessionItem.application).where(shown_to(actor))
    if None in scopes:
        return rows
    return rows.where(CommitteeSession.call_id.in_({call_id for scope in scopes for call_id in scope or ()}))
