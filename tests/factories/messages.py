"""Messages as they are stored, without the trace and the event of the use case."""

import uuid

import sqlalchemy as sa

from guichet.accounts.models import Account
from guichet.applications.models import Application, AuthorRole, Message, MessageAudience, TeamMember
from guichet.core.db import db


def make_message(
    application: Application,
    author: Account,
    *,
    body: str = "Bonjour, une question.",
    audience: MessageAudience = MessageAudience.EXCHANGE,
) -> Message:
    """A message of the lead, or of an officer when `author` is not on the team."""
    member = sa.exists().where(TeamMember.application_id == application.id, TeamMember.account_id == author.id)
    on_team = db.session.scalar(sa.select(member))
    message = Message(
        application_id=application.id,
        author_id=author.id,
        author_role=AuthorRole.LEAD if on_team else AuthorRole.OFFICER,
        audience=audience,
        body=body,
        key=uuid.uuid4(),
    )
    db.session.add(message)
    db.session.flush()
    return message
