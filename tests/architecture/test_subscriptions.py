"""Every event has its handlers, every notice its texts, every task that is asked for exists."""

import re
from pathlib import Path

import pytest

from guichet.blueprints import BEAT_SCHEDULE
from guichet.notifications.catalogue import BY_TEMPLATE, NOTICES
from guichet.notifications.handlers import notify
from guichet.outbox.events import Event
from guichet.subscriptions import SUBSCRIPTIONS

ROOT = Path(__file__).parents[2]
# Facts that nobody is told of yet: they are in the journal.
UNHEARD = {"CallOpened", "CallClosed"}


def concrete_events(base=Event):
    """Events with nothing below them: the others are bases."""
    for event in base.__subclasses__():
        below = list(concrete_events(event))
        yield from below or [event]


def test_every_event_is_subscribed_or_known_to_be_unheard():
    # msgspec-like tools may rebuild classes; names are what the outbox stores.
    events = {event.__name__ for event in concrete_events() if event.__module__.startswith("guichet.")}
    assert events - {event.__name__ for event in SUBSCRIPTIONS} - UNHEARD == set()


def test_every_event_that_notifies_has_notices():
    notifying = {event for event, handlers in SUBSCRIPTIONS.items() if notify in handlers.values()}
    assert notifying == set(NOTICES)


@pytest.mark.parametrize("template", BY_TEMPLATE)
def test_every_notice_has_its_texts(template):
    folder = ROOT / "templates" / "emails" / template
    assert {path.name for path in folder.iterdir()} == {"subject.txt", "body.txt"}


def test_every_folder_of_texts_is_a_notice():
    folders = {path.name for path in (ROOT / "templates" / "emails").iterdir() if path.is_dir()}
    assert folders == set(BY_TEMPLATE)


def test_every_task_that_is_asked_for_exists(app):
    known = set(app.extensions["celery"].tasks)
    asked = {entry["task"] for entry in BEAT_SCHEDULE.values()}
    for path in (ROOT / "guichet").rglob("*.py"):
        if "node_modules" not in path.parts:
            asked |= set(re.findall(r'enqueue\(\s*"([^"]+)"', path.read_text(encoding="utf-8")))
    assert asked - known == set()
