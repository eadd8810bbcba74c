"""Third act: the committee ranks the dossiers against the envelope, decides, and the decisions are published."""

from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from guichet.applications.models import Application
from guichet.calls import services as calls
from guichet.core import clock
from guichet.core.db import db
from guichet.core.money import ZERO
from guichet.documents.models import Document
from guichet.plans.models import ActionChange, ChangedField, EngagementLevel, PlanAction, Progress
from guichet.rehearsal.report import Rank
from guichet.rehearsal.story.stage import Stage
from guichet.review.models import CommitteeSession, Decision, DecisionStatus, Outcome
from guichet.review.queries import committee as queries
from guichet.review.queries.decisions import publishable
from guichet.review.ranking import Place, rank
from guichet.review.services import committee, decision
from guichet.web.filters import euros

REASON = "Motif fictif, écrit pour la répétition de l’appel."


@dataclass(frozen=True)
class Decided:
    """What the story decides of a dossier; `amount` in euros, for an award."""

    outcome: Outcome
    amount: Decimal | None = None


def rank_dossiers(stage: Stage) -> None:
    officer = stage.cast.officer
    session = committee.plan(stage.call, "Séance fictive", clock.now(), "", actor=officer)
    stage.session_id = session.id
    placeable = list(db.session.scalars(queries.placeable(session, officer)))
    committee.place(session, placeable, actor=officer)
    db.session.flush()
    places, money = _places(stage)
    stage.report.envelope = money.to_share
    stage.report.ranking = [_told(place) for place in places]
    reached = sum(place.funded for place in places)
    stage.say(
        f"Les {len(places)} dossiers sont à l’ordre du jour. L’enveloppe, {euros(money.to_share)}, "
        f"suffit à {reached} d’entre eux."
    )


def _places(stage: Stage) -> tuple[list[Place[queries.Line]], queries.Money]:
    """The ranking as the chair's page shows it."""
    session = _session(stage)
    money = queries.money(session, stage.cast.chair)
    return rank(queries.lines(session, stage.cast.chair), money.to_share), money


def _session(stage: Stage) -> CommitteeSession:
    if stage.session_id is None:
        raise RuntimeError("no session was planned")
    return queries.one_for(stage.cast.chair, stage.session_id)


def _told(place: Place[queries.Line]) -> Rank:
    line = place.candidate
    return Rank(
        rank=place.rank,
        reference=line.reference,
        title=line.title,
        mean=line.scores.mean,
        requested=line.amount_requested,
        cumulative=place.cumulative,
        funded=place.funded,
        outcome="",
        granted=None,
    )


def decide(stage: Stage) -> None:
    """The best is awarded, the last rejected; between them, awarded as far as the envelope goes, waitlisted beyond."""
    chair, session = stage.cast.chair, _session(stage)
    places, money = _places(stage)
    left = money.left
    for place, shown in zip(places, stage.report.ranking, strict=True):
        decided = _decided(place, left, last=place.rank == len(places))
        if place.rank == 1 and not place.funded:
            stage.remark(
                f"L’enveloppe, {euros(left)}, ne suffit pas au dossier le mieux classé, qui demande "
                f"{euros(place.candidate.amount_requested)} : le comité ne peut lui en accorder qu’une part."
            )
        left -= decided.amount or ZERO
        application = queries.on_agenda(session, chair, place.candidate.application_id)
        reason = "" if decided.outcome is Outcome.AWARDED else REASON
        decision.prepare(application, session, decided.outcome, decided.amount, reason, "", actor=chair)
        db.session.flush()
        shown.outcome, shown.granted = decided.outcome.label, decided.amount
    committee.close(session, actor=chair)
    stage.say(f"Le président prépare les décisions et clôt la séance. Il reste {euros(left)} dans l’enveloppe.")


def _decided(place: Place[queries.Line], left: Decimal, *, last: bool) -> Decided:
    asked = place.candidate.amount_requested
    if last:
        return Decided(Outcome.REJECTED)
    if place.funded:
        return Decided(Outcome.AWARDED, asked)
    return Decided(Outcome.AWARDED, min(asked, left)) if place.rank == 1 and left else Decided(Outcome.WAITLISTED)


def publish(stage: Stage) -> None:
    officer = stage.cast.officer
    rows = (
        sa.select(Decision)
        .join(Decision.application)
        .where(Decision.session_id == stage.session_id, Decision.status == DecisionStatus.PREPARED)
        .options(publishable())
        .order_by(Application.reference)
    )
    decisions = list(db.session.scalars(rows.execution_options(populate_existing=True)).unique())
    for one in decisions:
        decision.publish(one, actor=officer)
        stage.deliver()
        letter = db.session.scalars(
            sa.select(Document).join(Decision, Decision.letter_id == Document.id).where(Decision.id == one.id)
        ).one()
        stage.keep(letter, f"Lettre de décision ({one.outcome.label.lower()})")
    calls.publish_results(stage.call, actor=officer)
    stage.say(f"{len(decisions)} décisions publiées, chacune avec sa lettre ; les résultats de l’appel sont annoncés.")
    stage.say(*_plan_changes(stage))
    stage.look("Décision")


def _plan_changes(stage: Stage) -> list[str]:
    """What the decisions did to the plans of the fictitious ministries."""
    rows = (
        sa.select(ActionChange, PlanAction.title)
        .join(ActionChange.action)
        .where(ActionChange.application_id.in_(stage.dossiers))
        .order_by(ActionChange.reference, PlanAction.title, ActionChange.field)
    )
    return [
        f"Plan d’action, dossier {change.reference} : « {title} », {change.field.label.lower()} : {_word(change)}."
        for change, title in db.session.execute(rows)
    ]


def _word(change: ActionChange) -> str:
    match change.field:
        case ChangedField.FUNDING:
            return euros(Decimal(change.after or 0))
        case ChangedField.PROGRESS:
            return Progress(change.after).label.lower()
        case _:
            return EngagementLevel(change.after).label.lower()
