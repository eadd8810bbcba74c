"""Writing about a dossier: to one another, or for the service alone. What is written is never changed."""

from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from guichet.accounts.models import Account
from guichet.applications import messages, policies
from guichet.applications.events import MessageSent, NoteWritten
from guichet.applications.models import Application, AuthorRole, Message, MessageAudience, MessageReading
from guichet.applications.models.messages import LONGEST_BODY
from guichet.audit import services as audit
from guichet.audit.models import Audience
from guichet.core.db import db
from guichet.core.errors import Forbidden, NotFound, RuleBroken
from guichet.core.policy import require
from guichet.outbox import services as outbox
from guichet.workflow.engine import lock

ALLOWED = {MessageAudience.EXCHANGE: policies.can_exchange, MessageAudience.INTERNAL: policies.can_note}


def write(
    application: Application,
    body: str,
    *,
    audience: MessageAudience,
    key: UUID | None,
    seen: UUID | None,
    actor: Account,
) -> Message:
    """Write `body` to `audience`; what was shown to the author, up to the message `seen`, is read by her.

    The same `key` again is a second click: it gives the message already written. Raises RuleBroken (field `body` for what
    is wrong in it) when the dossier is closed to messages, or when the key has already written something else.
    """
    lock(application)
    require(ALLOWED[audience], actor, application)
    part = policies.part_of(actor, application)
    if written := _written(application, key, body, audience, actor):
        return written
    _check(application, body, audience)
    message = Message(
        id=uuid4(),
        application_id=application.id,
        author_id=actor.id,
        author_role=part,
        audience=audience,
        body=body,
        key=key or uuid4(),
    )
    db.session.add(message)
    if seen is not None:
        _note_reading(application, seen, actor)
    _tell(message, application, actor)
    return message


def mark_read(application: Application, seen: UUID | None, *, actor: Account) -> None:
    """Note that `actor` has read the messages up to the one `seen`. Never goes back; changes nothing for others.

    Raises Forbidden for who only watches, NotFound for a message that she may not read.
    """
    if policies.part_of(actor, application) is None:
        raise Forbidden("Vous lisez ces messages sans y prendre part.")
    if seen is None or not _note_reading(application, seen, actor):
        raise NotFound("Ce message n’existe pas, ou vous n’y avez pas accès.")


def _written(
    application: Application, key: UUID | None, body: str, audience: MessageAudience, actor: Account
) -> Message | None:
    if key is None:
        return None
    rows = sa.select(Message).where(Message.application_id == application.id, Message.key == key)
    found = db.session.scalar(rows)
    if found and (found.author_id, found.audience, found.body) != (actor.id, audience, body):
        # Back to the page by the browser's button, then other words: nothing of them is lost, nor sent twice.
        raise RuleBroken("Ce formulaire a déjà envoyé un autre message : relisez celui-ci, puis envoyez-le.")
    return found


def _check(application: Application, body: str, audience: MessageAudience) -> None:
    if application.status not in policies.WRITTEN_WHILE[audience]:
        raise RuleBroken(f"Le dossier est « {application.status.label} » : on n’y écrit plus de message.")
    if not any(character.isprintable() and not character.isspace() for character in body):
        raise RuleBroken("Écrivez votre message.", field="body")
    if len(body) > LONGEST_BODY:
        raise RuleBroken(f"{LONGEST_BODY} caractères au plus.", field="body")


def _note_reading(application: Application, seen: UUID, actor: Account) -> bool:
    """Whether `seen` is a message that she may read; if so, she has."""
    message = messages.one_for(actor, application, seen)
    if message is None:
        return False
    mine = insert(MessageReading).values(
        id=uuid4(), account_id=actor.id, application_id=application.id, read_up_to=message.number
    )
    further = sa.func.greatest(MessageReading.read_up_to, mine.excluded.read_up_to)
    keys = [MessageReading.account_id, MessageReading.application_id]
    db.session.execute(mine.on_conflict_do_update(index_elements=keys, set_={"read_up_to": further}))
    return True


def _tell(message: Message, application: Application, actor: Account) -> None:
    """Its line on the timeline and its event: neither holds its words."""
    told = {"application_id": application.id, "message_id": message.id, "author_id": actor.id}
    if message.audience is MessageAudience.INTERNAL:
        audit.record(actor, "application.write-note", application, audience=Audience.STAFF, message_id=message.id)
        outbox.publish(NoteWritten(**told))
        return
    to_team = message.author_role is AuthorRole.OFFICER
    action = "application.write-to-team" if to_team else "application.write-to-service"
    audit.record(actor, action, application, audience=Audience.TEAM, message_id=message.id)
    outbox.publish(MessageSent(**told))
