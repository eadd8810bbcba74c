"""The questions of a call in its file: guichet/subscriptions.py joins them to it."""

from guichet.accounts.models import Account
from guichet.calls.models import Call
from guichet.calls.registry import Chapter
from guichet.questions import policies, portable, queries, services
from guichet.questions.definition import Definition, load


def said_by(call: Call, actor: Account) -> Definition | None:
    """The latest version for who runs the call; who only follows it reads the published one, as applicants do."""
    find = queries.latest_of if policies.can_read_form(actor, call) else queries.published_of
    form = find(call.id)
    return load(form.definition) if form and form.definition.get("sections") else None


def keep(call: Call, definition: Definition, actor: Account) -> None:
    """The form of a new call, to be read again before it is published with it."""
    services.adopt(call, definition, actor=actor)


QUESTIONS = Chapter(said_by=said_by, write=portable.write, read=portable.read, keep=keep)
