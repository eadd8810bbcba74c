"""The forms of messages: one for each audience, so that nobody has to choose it, nor can mistake it."""

import uuid

from wtforms import HiddenField

from guichet.applications.models.messages import LONGEST_BODY
from guichet.core.errors import RuleBroken
from guichet.web.fields import TextField
from guichet.web.forms import OnceForm


class SeenForm(OnceForm):
    """`seen` is the last message that the page showed: what came since is not read."""

    seen = HiddenField()

    @property
    def last_seen(self) -> uuid.UUID | None:
        """None when no message was shown, or when the field was tampered with."""
        try:
            return uuid.UUID(self.seen.data or "")
        except ValueError:
            return None


class WordsForm(SeenForm):
    """Base of the two forms by which one writes."""

    body: TextField

    @property
    def text(self) -> str:
        return self.body.data or ""

    def refuse(self, problem: RuleBroken) -> None:
        """Show `problem`, with the words kept, under a new key: the one that came may have been used."""
        self.blame(problem)
        self.key.data = str(uuid.uuid4())


class MessageForm(WordsForm):
    body = TextField("Votre message", longest=LONGEST_BODY, required=True, id="message")


class NoteForm(WordsForm):
    body = TextField("Votre note", longest=LONGEST_BODY, required=True, id="note")
