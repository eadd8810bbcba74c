"""What the form owes to the life of its call."""

from guichet.accounts import queries as accounts
from guichet.accounts.models import Account
from guichet.calls.events import CallCopied, CallPublished
from guichet.calls.models import Call
from guichet.core.db import db
from guichet.questions import services


def publish_form(event: CallPublished) -> None:
    """The form prepared with the call is published with it."""
    services.publish_with_call(db.session.get_one(Call, event.call_id))


def copy_form(event: CallCopied) -> None:
    """A call made like another asks the same questions, unless somebody has begun to write others."""
    actor = db.session.scalars(accounts.with_rights().where(Account.id == event.actor_id)).unique().one()
    services.copy_with_call(db.session.get_one(Call, event.call_id), event.model_id, actor=actor)
