"""Second act: the dossiers are found eligible, given to reviewers and scored."""

import datetime as dt
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa

from guichet.accounts.models import Account
from guichet.applications.eligibility import judged
from guichet.applications.models import Application
from guichet.calls import services as calls
from guichet.core import clock
from guichet.core.db import db
from guichet.rehearsal.report import Place
from guichet.rehearsal.story.blocked import Blocked
from guichet.rehearsal.story.dossiers import PROFILES, Profile
from guichet.rehearsal.story.stage import Stage, reviewers
from guichet.review.models import Assignment, Evaluation, Recommendation
from guichet.review.queries import desk, evaluations
from guichet.review.ranking import applicable
from guichet.review.services import assignment as assigning
from guichet.review.services import eligibility, scoring
from guichet.review.services.scoring import Opinion
from guichet.web.filters import day, number

# Days that reviewers are given.
TERM = dt.timedelta(days=10)
# What each reviewer takes off the marks of the one before.
SEVERITY = Decimal("0.05")
COMMENT = "Appréciation fictive, écrite pour la répétition de l’appel."


def close_call(stage: Stage) -> None:
    by_clock = stage.call.closes_at is not None
    calls.close_now(stage.call, actor=None if by_clock else stage.cast.officer)
    who = "L’horloge clôt le dépôt" if by_clock else "Le chargé d’instruction clôt cet appel continu"
    stage.say(f"{who} : plus aucun dossier n’est reçu.")


def judge(stage: Stage) -> None:
    for dossier in stage.dossiers:
        application = desk.one_for(stage.cast.officer, dossier)
        for verdict in judged(application):
            if not verdict.holds:
                stage.remark(f"{application.reference} : {verdict.message}")
        eligibility.declare_eligible(application, actor=stage.cast.officer)
        stage.say(f"{application.reference} est déclaré recevable.")


def assign(stage: Stage) -> None:
    due_on = clock.today(stage.call.time_zone) + TERM
    for dossier in stage.dossiers:
        application = desk.one_for(stage.cast.officer, dossier)
        for reviewer in stage.cast.reviewers:
            assigning.assign(application, reviewer, due_on, actor=stage.cast.officer)
            db.session.flush()
    stage.say(f"Chaque dossier est confié à {reviewers(stage)}, à noter au plus tard le {day(due_on)}.")


def score(stage: Stage) -> None:
    for dossier, profile in zip(stage.dossiers, PROFILES, strict=True):
        means = []
        for place, reviewer in enumerate(stage.cast.reviewers):
            evaluation = _opened(dossier, reviewer)
            opinion = _opinion(evaluation.assignment.application, profile, place)
            scoring.hand_in(evaluation, opinion, version=evaluation.version, actor=reviewer)
            db.session.flush()
            means.append(evaluation.mean)
        stage.say(f"« {profile.title} » : {' ; '.join(number(mean, 2) for mean in means)} sur 100.")
    stage.look("Évaluation")


def _opened(dossier: UUID, reviewer: Account) -> Evaluation:
    """She declares no conflict, and the grid opens."""
    asked = sa.select(Assignment.id).where(Assignment.application_id == dossier, Assignment.reviewer_id == reviewer.id)
    assignment_id = db.session.scalars(asked).one()
    scoring.accept(evaluations.one_for(reviewer, assignment_id), actor=reviewer)
    db.session.flush()
    return evaluations.written_by(reviewer, assignment_id)


def _opinion(application: Application, profile: Profile, place: int) -> Opinion:
    """The marks of the reviewer at that place among those of the dossier: each is a little more severe than the one before."""
    criteria = applicable(application.call.criteria, application)
    if not criteria:
        raise Blocked(
            "Aucun critère ne s’applique à un projet qui n’est pas un service numérique : il ne pourrait pas être noté.",
            Place.CRITERIA,
        )
    part = max(profile.quality - place * SEVERITY, Decimal(0))
    marks = {one.id: (round(one.highest_mark * part), COMMENT) for one in criteria}
    return Opinion(marks, Recommendation.FAVOURABLE, COMMENT, COMMENT)


def close_review(stage: Stage) -> None:
    for dossier in stage.dossiers:
        assigning.close_review(desk.one_for(stage.cast.officer, dossier), actor=stage.cast.officer)
    calls.start_deliberation(stage.call, actor=stage.cast.officer)
    stage.say("Les avis sont tous rendus : les dossiers passent au comité, et l’appel en délibération.")
