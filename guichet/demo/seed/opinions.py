"""What reviewers think of a dossier: marks, justifications, advice. The same each time, different from one to another."""

import random
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa

from guichet.applications.models import ENVIRONMENTAL_UNITS, Application, ApplicationIndicator
from guichet.calls.models import Criterion
from guichet.core.db import db
from guichet.demo.seed.texts import Dossier, opinions
from guichet.demo.seed.writing import filled, project_of
from guichet.review.models import Recommendation
from guichet.review.ranking import weighted_mean
from guichet.review.services.scoring import Opinion
from guichet.web.filters import euros, number

# Means, out of 100, from which an opinion is favourable, or reserved.
FAVOURABLE, RESERVED = 66, 45


@dataclass(frozen=True)
class Given:
    """A mark, as the arithmetic of means reads it."""

    criterion_id: UUID
    mark: int | None


def opinion_on(
    application: Application, criteria: list[Criterion], dossier: Dossier, reviewer: str, *, finished: bool = True
) -> Opinion:
    """The opinion of `reviewer`; an unfinished one stops half-way down the grid, without advice."""
    dice = random.Random(f"{dossier.call} {dossier.project} {dossier.lead} {reviewer}")  # noqa: S311 - repeatable
    facts = facts_of(application, dossier)
    marks = {criterion.id: _mark(dossier.quality, dice) for criterion in criteria}
    reasons = {criterion.id: _reason(criterion, marks[criterion.id], facts, dice) for criterion in criteria}
    if not finished:
        kept = {criterion.id for criterion in criteria[: len(criteria) // 2]}
        return Opinion({key: (marks[key], reasons[key]) for key in kept}, None, "", "")
    advice = _advice([Given(key, mark) for key, mark in marks.items()], criteria)
    return Opinion(
        marks={key: (mark, reasons[key]) for key, mark in marks.items()},
        recommendation=advice,
        comment_to_committee=opinions().committee[advice].format(**facts),
        comment_to_applicant=opinions().applicant[advice].format(**facts),
    )


def _mark(quality: int, dice: random.Random) -> int:
    return max(0, min(4, round(quality * 0.8 - 0.1 + dice.uniform(-0.9, 0.7))))


def _reason(criterion: Criterion, mark: int, facts: dict[str, str], dice: random.Random) -> str:
    remarks = opinions().criteria[criterion.title]
    told = remarks.high if mark >= 3 else remarks.mid if mark == 2 else remarks.low
    if remarks.none and not facts["savings"]:
        told = remarks.none
    return dice.choice(told).format(**facts)


def _advice(given: list[Given], criteria: list[Criterion]) -> Recommendation:
    mean = weighted_mean(given, criteria)
    if mean >= FAVOURABLE:
        return Recommendation.FAVOURABLE
    return Recommendation.RESERVED if mean >= RESERVED else Recommendation.UNFAVOURABLE


def facts_of(application: Application, dossier: Dossier) -> dict[str, str]:
    """What a remark may quote of the dossier."""
    project = project_of(dossier)
    rows = sa.select(ApplicationIndicator).where(ApplicationIndicator.unit.in_(ENVIRONMENTAL_UNITS))
    rows = rows.where(ApplicationIndicator.application_id == application.id).order_by(ApplicationIndicator.position)
    told = db.session.scalars(rows).first()
    if told is None:
        raise LookupError(dossier.project)
    strong = filled(project.strong, dossier)
    return {
        "effect": f"{number(told.target - told.baseline, _places(told.target))} {told.unit.label}",
        "indicator": told.label,
        "strong": strong,
        "strong_start": strong[0].upper() + strong[1:],
        "weak": filled(project.weak, dossier),
        "time": str(project.time),
        "months": str(project.milestones[0].months),
        "savings": euros(application.annual_savings) if application.annual_savings else "",
        "requested": euros(application.amount_requested),
        "rgesn": str(project.rgesn),
    }


def _places(value: Decimal) -> int:
    return 0 if value == int(value) else 2
