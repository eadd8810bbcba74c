"""Review: who is asked to score a dossier, what each answers and gives."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import sqlalchemy as sa

from guichet.accounts.models import Account
from guichet.core.db import db
from guichet.demo.seed.cast import account, ministry_of, person, processed, reviewers
from guichet.demo.seed.opinions import opinion_on
from guichet.demo.seed.stories import Story
from guichet.demo.seed.texts import Dossier
from guichet.review.models import Assignment
from guichet.review.queries import assignments
from guichet.review.queries import evaluations as queries
from guichet.review.ranking import applicable
from guichet.review.services import assignment as assigning
from guichet.review.services import scoring

CONFLICT, DECLINED, DRAFTED = "conflict", "declined", "drafted"
OPINION_GIVEN = "completed"
ACCEPTING = frozenset({"accepted", DRAFTED, OPINION_GIVEN})


@dataclass(frozen=True)
class Calendar:
    """Days from the anchor: assignment, answers, first opinions, end of the review, and the day by which to score."""

    assigned: int
    answered: int
    scored: int
    closed: int
    due: int


CALENDARS = {"past": Calendar(-338, -334, -323, -303, -305), "second-life": Calendar(-95, -92, -84, -60, -64)}


def calendar_of(dossier: Dossier) -> Calendar:
    """The main call reviews as dossiers come; a late review leaves some days from now."""
    if dossier.call in CALENDARS:
        usual = CALENDARS[dossier.call]
        late = dossier.fate == "under-review"
        return Calendar(usual.assigned, usual.answered, usual.scored, usual.closed, 4 if late else usual.due)
    day = dossier.day
    return Calendar(day + 10, day + 12, day + 17, 0, 14)


def tell(story: Story) -> None:
    """The scenes of the review of an eligible dossier."""
    days = calendar_of(story.dossier)
    asked = list(_asked(story))
    for name, state in asked:
        reading = Reading(story, name)
        story.then(days.assigned, partial(reading.assign, days.due))
        if state == "cancelled":
            story.then(days.assigned + 1, reading.cancel)
    for name, state in asked:
        _tell_answer(story, Reading(story, name), state, days.answered)
    for number, (name, state) in enumerate(asked):
        reading = Reading(story, name)
        if state == OPINION_GIVEN:
            story.then(days.scored + number * 4, reading.hand_in)
        if state == DRAFTED:
            story.then(days.scored, reading.draft)
    if story.dossier.fate != "under-review":
        story.then(days.closed, partial(_close, story))


def _asked(story: Story) -> Iterator[tuple[str, str]]:
    """(name, state) of each reviewer of the dossier: those of its text, else two or three of other ministries."""
    dossier = story.dossier
    if dossier.declined and dossier.reviewers:
        yield dossier.declined, DECLINED
    for one in dossier.reviewers:
        name, _, state = one.partition(":")
        yield name, state or OPINION_GIVEN
    if dossier.reviewers:
        return
    free = [name for name in reviewers() if ministry_of(name) is not story.ministry]
    wanted = 3 if story.rank % 6 == 0 else 2
    for place in range(wanted):
        yield free[(story.rank + place * 2) % len(free)], OPINION_GIVEN


def _tell_answer(story: Story, reading: "Reading", state: str, day: int) -> None:
    if state in ACCEPTING:
        story.then(day, reading.accept)
    if state == CONFLICT:
        story.then(day, reading.declare_conflict)
    if state == DECLINED:
        story.then(day, reading.decline)


class Reading:
    """One reviewer and one dossier."""

    def __init__(self, story: Story, name: str) -> None:
        self.story, self.name = story, name

    @property
    def assignment_id(self) -> UUID:
        rows = sa.select(Assignment.id).join(Assignment.reviewer).where(Account.email == person(self.name).email)
        return db.session.scalars(rows.where(Assignment.application_id == self.story.id)).one()

    def assign(self, due: int) -> None:
        story = self.story
        day = story.stage.day(due)
        assigning.assign(processed(story.id), account(self.name), day, actor=account(story.officer))

    def cancel(self) -> None:
        assignment = assignments.one_of(processed(self.story.id), self.assignment_id)
        assigning.unassign(assignment, actor=account(self.story.officer))

    def accept(self) -> None:
        actor = account(self.name)
        scoring.accept(queries.one_for(actor, self.assignment_id), actor=actor)

    def declare_conflict(self) -> None:
        actor = account(self.name)
        assignment = queries.one_for(actor, self.assignment_id)
        scoring.declare_conflict(assignment, self.story.dossier.conflict_reason, actor=actor)

    def decline(self) -> None:
        actor = account(self.name)
        assignment = queries.one_for(actor, self.assignment_id)
        scoring.decline(assignment, self.story.dossier.declined_reason, actor=actor)

    def draft(self) -> None:
        self._give(finished=False)

    def hand_in(self) -> None:
        self._give(finished=True)

    def _give(self, *, finished: bool) -> None:
        actor = account(self.name)
        evaluation = queries.written_by(actor, self.assignment_id)
        application = evaluation.assignment.application
        criteria = applicable(application.call.criteria, application)
        opinion = opinion_on(application, criteria, self.story.dossier, self.name, finished=finished)
        use_case = scoring.hand_in if finished else scoring.save_draft
        use_case(evaluation, opinion, version=evaluation.version, actor=actor)


def _close(story: Story) -> None:
    assigning.close_review(processed(story.id), actor=account(story.officer))
