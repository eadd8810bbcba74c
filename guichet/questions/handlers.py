"""What the form owes to the life of its call."""

from guichet.calls.events import CallPublished
from guichet.calls.models import Call
from guichet.core.db import db
from guichet.questions import services


def publish_form(event: CallPublished) -> None:
    """The form prepared with the call is published with it."""
    services.publish_with_call(db.session.get_one(Call, event.call_id))
