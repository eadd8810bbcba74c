"""The life of each dossier up to the officer's decision on its eligibility."""

import datetime as dt
from collections.abc import Callable
from functools import partial
from uuid import UUID

from guichet.accounts.models import Account
from guichet.applications import priorities as order
from guichet.applications.models import Section
from guichet.applications.services import complements, drafting, lead, priorities, submission, team
from guichet.demo.seed import writing
from guichet.demo.seed.cast import (
    Cast,
    account,
    focal_point_of,
    ministry_of,
    office_of,
    officer_for,
    person,
    processed,
    whole,
)
from guichet.demo.seed.stage import Stage
from guichet.demo.seed.texts import Dossier, rules
from guichet.review.services import eligibility

S = Section
# A dossier is written in two sittings; these are days before it is handed in.
SITTINGS = (
    (-9, (S.PROJECT, S.SOLUTION, S.TEAM, S.PLAN, S.CALENDAR)),
    (-3, (S.BUDGET, S.IMPACT, S.OPENNESS, S.ATTACHMENTS)),
)
ASKED = -1
MINUTES = dt.timedelta(minutes=20)


class Story:
    """One dossier: its scenes follow one another, each later than the one before."""

    def __init__(self, stage: Stage, cast: Cast, dossier: Dossier, rank: int) -> None:
        self.stage, self.cast, self.dossier, self.rank = stage, cast, dossier, rank
        self.ministry = ministry_of(dossier.lead)
        self.officer = officer_for(self.ministry)
        self._id: UUID | None = None
        self._last: dt.datetime | None = None

    @property
    def id(self) -> UUID:
        if self._id is None:
            raise LookupError(self.dossier.project)
        return self._id

    def then(self, day: int, act: Callable[[], object]) -> None:
        """Play `act` on that day, at an hour of this dossier's own, and in any case after the scene before."""
        at = self.stage.at(day, 9 + self.rank % 15 / 2)
        if self._last is not None:
            at = max(at, self._last + MINUTES)
        self._last = at
        self.stage.add(at, act)

    # ---- Acts of the team -------------------------------------------------------------------------------------------

    def begin(self) -> None:
        actor = account(self.dossier.lead)
        application = drafting.create(
            self.cast.call(self.dossier.call),
            organisation=self.cast.organisation(office_of(self.dossier.lead).key),
            title=writing.title_of(self.dossier),
            another=True,
            actor=actor,
        )
        self._id = application.id

    def welcome(self) -> None:
        email = person(self.dossier.colleague).email
        team.bring_in(whole(self.id), email=email, actor=account(self.dossier.lead))

    def invite(self) -> None:
        team.bring_in(whole(self.id), email=self.dossier.invited, actor=account(self.dossier.lead))

    def propose_lead(self) -> None:
        receiver = account(self.dossier.colleague)
        lead.propose(whole(self.id), receiver.id, actor=account(self.dossier.lead))

    def write(self, sections: tuple[Section, ...]) -> None:
        actor = account(self.dossier.lead)
        writing.write(self.cast, self.dossier, whole(self.id), sections, actor=actor)

    def ask_endorsement(self) -> None:
        submission.request_endorsement(whole(self.id), actor=account(self.dossier.lead))

    def answer(self) -> None:
        actor = account(self.dossier.lead)
        application = whole(self.id)
        writing.amend(application, self.dossier, actor=actor)
        submission.resubmit(application, actor=actor)

    def withdraw(self) -> None:
        submission.withdraw(whole(self.id), self.dossier.reason, actor=account(self.dossier.lead))

    # ---- Acts of the focal point ------------------------------------------------------------------------------------

    def send_back(self) -> None:
        submission.return_to_draft(whole(self.id), self.dossier.sent_back, actor=self._focal_point())

    def endorse(self) -> None:
        actor, application = self._focal_point(), whole(self.id)
        submission.endorse(application, actor=actor)
        seen = order.fingerprint(order.order_for(actor, application))
        priorities.confirm(application.call, application.ministry_id, seen=seen, actor=actor)

    def _focal_point(self) -> Account:
        return account(focal_point_of(self.ministry))

    # ---- Acts of the officer ----------------------------------------------------------------------------------------

    def ask_complements(self, due: int) -> None:
        complements.request_changes(
            processed(self.id),
            self.dossier.complements,
            self.dossier.asked,
            self.stage.day(due),
            actor=account(self.officer),
        )

    def extend_complements(self, due: int) -> None:
        complements.extend(processed(self.id), self.stage.day(due), self.dossier.extended, actor=account(self.officer))

    def declare_eligible(self) -> None:
        eligibility.declare_eligible(processed(self.id), actor=account(self.officer))

    def declare_ineligible(self, reason: str) -> None:
        eligibility.declare_ineligible(processed(self.id), reason, actor=account(self.officer))

    def reopen(self) -> None:
        eligibility.reopen(processed(self.id), self.dossier.reopened, actor=account(self.officer))

    def close(self) -> None:
        eligibility.close_without_follow_up(processed(self.id), self.dossier.reason, actor=account(self.officer))


def tell(story: Story) -> None:
    """The scenes of a dossier until it is eligible, or until it stops before."""
    dossier = story.dossier
    if dossier.fate == "draft":
        _tell_draft(story)
        return
    _tell_submission(story, awaiting=dossier.fate == "awaiting")
    if dossier.fate not in {"awaiting", "submitted"} or dossier.complements:
        _tell_processing(story)


def _tell_draft(story: Story) -> None:
    day, sections = story.dossier.day, tuple(story.dossier.sections)
    story.then(day - 3, story.begin)
    half = max(1, len(sections) // 2)
    story.then(day - 3, partial(story.write, sections[:half]))
    if story.dossier.colleague:
        story.then(day - 2, story.welcome)
    if sections[half:]:
        story.then(day, partial(story.write, sections[half:]))
    if story.dossier.invited:
        story.then(-1, story.invite)
    if story.dossier.proposes_lead:
        story.then(-1, story.propose_lead)


def _tell_submission(story: Story, *, awaiting: bool) -> None:
    day = story.dossier.day
    opens = next(call.opens for call in rules().calls if call.key == story.dossier.call)
    story.then(max(day + SITTINGS[0][0], opens), story.begin)
    for before, sections in SITTINGS:
        story.then(max(day + before, opens), partial(story.write, sections))
    story.then(day + ASKED, story.ask_endorsement)
    if story.dossier.sent_back:
        story.then(day + ASKED, story.send_back)
        story.then(day, partial(story.write, (S.CALENDAR,)))
        story.then(day, story.ask_endorsement)
    if not awaiting:
        story.then(day, story.endorse)


def _tell_processing(story: Story) -> None:
    """What the officer and the team do of a submitted dossier."""
    dossier, day = story.dossier, story.dossier.day
    if dossier.complements:
        answered = dossier.fate != "changes-requested"
        # An open request leaves the team some days from now; an answered one had two weeks.
        asked = day + 3 if answered else -4
        story.then(asked, partial(story.ask_complements, day + 17 if answered else 12))
        if dossier.extended:
            story.then(asked + 2, partial(story.extend_complements, day + 31 if answered else 26))
        if not answered:
            return
        story.then(day + 9, story.answer)
    match dossier.fate:
        case "ineligible":
            story.then(day + 6, partial(story.declare_ineligible, dossier.reason))
        case "closed":
            story.then(day + 5, story.close)
        case "withdrawn":
            story.then(day + 8, story.withdraw)
        case "submitted":
            return
        case _:
            _tell_eligibility(story)


def _tell_eligibility(story: Story) -> None:
    day = story.dossier.day
    if story.dossier.reopened:
        reason = "Le devis que le règlement demande pour une location n’est pas joint."
        story.then(day + 4, partial(story.declare_ineligible, reason))
        story.then(day + 8, story.reopen)
    story.then(day + (12 if story.dossier.complements else 7), story.declare_eligible)
