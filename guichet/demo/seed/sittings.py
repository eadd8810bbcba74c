"""The committee: sessions planned, dossiers placed, decisions prepared, published, their letters sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from guichet.applications.models import Application
from guichet.core.db import db
from guichet.demo.seed.cast import CHAIR, OFFICER, Cast, account, processed
from guichet.demo.seed.stage import Stage
from guichet.demo.seed.stories import Story
from guichet.demo.seed.texts import Dossier
from guichet.demo.seed.writing import tens
from guichet.review.models import CommitteeSession, Decision, DecisionStatus, Outcome
from guichet.review.services import committee, decision, publication


@dataclass(frozen=True)
class Sitting:
    """A session; days from the anchor. `held` in the future: it is still to come, and `published` has no meaning."""

    key: str
    call: str
    title: str
    place: str
    planned: int
    placed: int
    held: int
    prepared: int
    published: int = 0

    @property
    def is_over(self) -> bool:
        return self.held < 0


SITTINGS = (
    Sitting("past-1", "past", "Comité de sélection", "Ségur, salle 3 et visioconférence", -312, -300, -290, -290, -286),
    Sitting("past-2", "past", "Comité complémentaire", "Visioconférence", -260, -256, -250, -250, -248),
    Sitting("second-life-1", "second-life", "Premier comité", "Ségur, salle 1", -62, -57, -45, -45, -42),
    Sitting("second-life-2", "second-life", "Second comité", "Ségur, salle 1 et visioconférence", -25, -18, 9, -4),
)
AWARDED_LATER = (
    "Crédits libérés par la levée de la mise en réserve : le projet est retenu dans l’ordre de la liste complémentaire."
)


def tell(stage: Stage, cast: Cast, stories: Sequence[Story]) -> None:
    for sitting in SITTINGS:
        scene = Scenes(stage, cast, sitting, [story for story in stories if concerns(sitting, story.dossier)])
        stage.add(stage.at(sitting.planned, 11), scene.plan)
        stage.add(stage.at(sitting.placed, 11), scene.place)
        for number, story in enumerate(scene.stories):
            stage.add(stage.at(sitting.prepared, 14 + number / 6), partial(scene.prepare, story))
        if sitting.is_over:
            stage.add(stage.at(sitting.held, 18), scene.close)
            stage.add(stage.at(sitting.published, 11), scene.ask_publication)


def concerns(sitting: Sitting, dossier: Dossier) -> bool:
    return sitting.key in {dossier.session, dossier.second_session}


class Scenes:
    """The scenes of one session."""

    def __init__(self, stage: Stage, cast: Cast, sitting: Sitting, stories: Sequence[Story]) -> None:
        self.stage, self.cast, self.sitting, self.stories = stage, cast, sitting, stories

    def plan(self) -> None:
        sitting = self.sitting
        held_at = self.stage.at(sitting.held, 14)
        session = committee.plan(
            self.cast.call(sitting.call), sitting.title, held_at, sitting.place, actor=account(OFFICER)
        )
        self.cast.sessions[sitting.key] = session.id

    def place(self) -> None:
        applications = [processed(story.id) for story in self.stories]
        committee.place(self._session(), applications, actor=account(OFFICER))

    def prepare(self, story: Story) -> None:
        wanted = self._wanted(story.dossier)
        if wanted is None:
            return
        outcome, reason, conditions = wanted
        application = processed(story.id)
        amount = tens(float(application.amount_requested) * story.dossier.share) if outcome is Outcome.AWARDED else None
        decision.prepare(application, self._session(), outcome, amount, reason, conditions, actor=account(CHAIR))

    def _wanted(self, dossier: Dossier) -> tuple[Outcome, str, str] | None:
        """The outcome in this session, its reason and its conditions; None while nothing is decided."""
        if self.sitting.key == dossier.second_session:
            return Outcome.AWARDED, AWARDED_LATER, ""
        outcome = dossier.outcome or dossier.prepared
        if outcome is None:
            return None
        return outcome, dossier.reason, dossier.conditions

    def close(self) -> None:
        committee.close(self._session(), actor=account(CHAIR))

    def ask_publication(self) -> None:
        rows = (
            sa.select(Decision)
            .join(Decision.application)
            .join(Application.call)
            .options(contains_eager(Decision.application).contains_eager(Application.call))
            .where(Decision.session_id == self._session().id, Decision.status == DecisionStatus.PREPARED)
            .order_by(Application.reference)
        )
        publication.ask(self._session(), db.session.scalars(rows).all(), actor=account(CHAIR))

    def _session(self) -> CommitteeSession:
        session_id = self.cast.sessions[self.sitting.key]
        return db.session.get_one(CommitteeSession, session_id, options=[joinedload(CommitteeSession.call)])
