"""What the team and the officer write to each other about some dossiers, and what the officer notes for the service."""

from collections.abc import Iterable
from functools import partial
from uuid import uuid4

from guichet.applications import messages
from guichet.applications.services import messages as services
from guichet.demo.seed.cast import account, whole
from guichet.demo.seed.stories import Story
from guichet.demo.seed.texts import Written, correspondence

# Hours between two messages of one day.
FIRST_HOUR, APART = 14, 0.5


def tell(stories: Iterable[Story]) -> None:
    """Every author has read what was there before she writes; what comes after her last message is not read yet."""
    told = {(story.dossier.call, story.dossier.project, story.dossier.lead): story for story in stories}
    for rank, written in enumerate(correspondence()):
        story = told[written.call, written.project, written.lead]
        story.stage.add(story.stage.at(written.day, FIRST_HOUR + rank * APART), partial(_write, story, written))


def _write(story: Story, written: Written) -> None:
    actor = account(story.officer if written.by == "officer" else story.dossier.lead)
    application = whole(story.id)
    before = messages.whole(application, actor)
    seen = before[-1].id if before else None
    services.write(application, written.body, audience=written.audience, key=uuid4(), seen=seen, actor=actor)
