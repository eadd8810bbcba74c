"""The calls: written, published, opened and closed by the clock, and what happens to their envelopes."""

import datetime as dt
from decimal import Decimal
from functools import partial
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from guichet.accounts.models import Account
from guichet.calls import services
from guichet.calls.dating import CallKind
from guichet.calls.models import Applicability, Call, MovementKind, PriorityAction, ProjectFamily
from guichet.core.db import db
from guichet.demo.seed import papers, questions
from guichet.demo.seed.cast import FINANCE, OFFICER, Cast, account
from guichet.demo.seed.stage import Stage
from guichet.demo.seed.texts import CallText, GridLine, rules
from guichet.questions import services as forms

Listed = TypeVar("Listed", PriorityAction, ProjectFamily)

# What happens to the envelopes: (call, days from the anchor, kind, euros, reason).
MOVEMENTS = (
    ("past", -345, MovementKind.FREEZE, 120_000, "Mise en réserve de début d’année"),
    ("past", -262, MovementKind.THAW, 80_000, "Levée partielle de la mise en réserve"),
    ("second-life", -90, MovementKind.FREEZE, 90_000, "Gel de crédits notifié par le contrôle budgétaire"),
)
DELIBERATIONS = (("past", -345), ("second-life", -100))
RESULTS = (("past", -240),)
# A call is written three weeks before it opens, and published a week before.
WRITING, PUBLISHING = 21, 7
# The open call, which has questions of its own.
MAIN = "main"


def plan_calls(stage: Stage, cast: Cast) -> None:
    """Every scene of the calls' own lives."""
    for text in rules().calls:
        stage.add(stage.at(text.opens - WRITING, 10), partial(write, stage, cast, text))
        stage.add(stage.at(text.opens - PUBLISHING, 15), partial(publish, cast, text.key))
        stage.add(opening(stage, text), services.open_and_close)
        if text.closes is not None and text.closes < 0:
            stage.add(closing(stage, text.closes), services.open_and_close)
    for key, day in DELIBERATIONS:
        stage.add(stage.at(day, 9), partial(deliberate, cast, key))
    for key, day in RESULTS:
        stage.add(stage.at(day, 11), partial(publish_results, cast, key))
    for key, day, kind, amount, reason in MOVEMENTS:
        stage.add(stage.at(day, 16), partial(move, cast, key, kind, amount, reason))


def opening(stage: Stage, text: CallText) -> dt.datetime:
    return stage.at(text.opens, 9)


def closing(stage: Stage, day: int) -> dt.datetime:
    return stage.at(day, 18)


def kind_of(text: CallText) -> CallKind:
    if text.rounds:
        return CallKind.ROUNDS
    return CallKind.CONTINUOUS if text.closes is None else CallKind.DATED


def write(stage: Stage, cast: Cast, text: CallText) -> None:
    """The rules, the grid, what to attach, the documents offered."""
    actor = account(OFFICER)
    call = services.create(_terms(stage, text), opening=Decimal(text.envelope), actor=actor)
    cast.calls[text.key] = call.id
    for line in rules().grids[text.grid]:
        services.add_criterion(call, _criterion(line), actor=actor)
    for kind in rules().attachment_kinds:
        services.add_attachment_kind(call, kind.label, required=kind.required, actor=actor)
    for day in text.rounds:
        services.add_round(call, services.RoundTerms(label="", closes_at=closing(stage, day)), actor=actor)
    _offer_rules(call, actor)
    if text.key == MAIN:
        forms.adopt(call, questions.FORM, actor=actor)


def _terms(stage: Stage, text: CallText) -> services.Terms:
    opens_at = opening(stage, text)
    return services.Terms(
        title=text.title,
        code=f"{text.code}-{opens_at.year}",
        summary=text.summary,
        description=text.description.strip(),
        who_may_apply=text.who_may_apply.strip(),
        contact_email="contact@demo.example",
        time_zone="Europe/Paris",
        opens_at=opens_at,
        kind=kind_of(text),
        closes_at=None if text.closes is None else closing(stage, text.closes),
        amount_min=Decimal(text.amount_min),
        amount_max=Decimal(text.amount_max),
        max_rate=Decimal(50),
        reviews_required=2,
        decision_delay_days=text.decision_days,
        staff_cost_counted=True,
        endorsement_required=True,
        families=_listed(ProjectFamily, text.families),
        priority_actions=_listed(PriorityAction, text.actions),
    )


def _listed(model: type[Listed], codes: list[str]) -> list[Listed]:
    rows = sa.select(model).order_by(model.position)
    return list(db.session.scalars(rows.where(model.code.in_(codes)) if codes else rows))


def _criterion(line: GridLine) -> services.CriterionTerms:
    return services.CriterionTerms(
        title=line.title,
        description=line.description,
        weight=Decimal(line.weight),
        highest_mark=4,
        applicability=Applicability.DIGITAL_SERVICE if line.digital_service else Applicability.ALWAYS,
    )


def _offer_rules(call: Call, actor: Account) -> None:
    document = papers.call_rules(call)
    services.add_document(call, document, "Règlement de l’appel", actor=actor)


def publish(cast: Cast, key: str) -> None:
    content = (selectinload(Call.families), selectinload(Call.priority_actions), selectinload(Call.criteria))
    call = cast.call(key, *content)
    services.publish(call, actor=account(OFFICER))
    if key == MAIN:
        forms.publish(call, actor=account(OFFICER))


def deliberate(cast: Cast, key: str) -> None:
    services.start_deliberation(cast.call(key), actor=account(OFFICER))


def publish_results(cast: Cast, key: str) -> None:
    services.publish_results(cast.call(key), actor=account(OFFICER))


def move(cast: Cast, key: str, kind: MovementKind, amount: int, reason: str) -> None:
    services.move_by_hand(cast.call(key), kind, Decimal(amount), reason, actor=account(FINANCE))
