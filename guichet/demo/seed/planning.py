"""The ministries' action plans: entered when the window opened, followed since."""

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from guichet.accounts.models import Account
from guichet.calls.models import PriorityAction
from guichet.core.db import db
from guichet.demo.seed.cast import Cast, account, focal_point_of, ministry_of
from guichet.demo.seed.stage import Stage
from guichet.demo.seed.texts import ActionText, Ministry, dossiers, plans, projects, window
from guichet.plans import services
from guichet.plans.models import (
    ActionChange,
    ActionIndicator,
    ActionPlan,
    ChangedField,
    EngagementLevel,
    PlanAction,
    Progress,
)

# Days from the anchor: the plans are entered, then followed twice a year.
ENTERED, REVIEWED = -455, (-190, -30)
# When every other focal point settles what the first awards changed; the rest is still to be settled.
SETTLED = -270
FIRST_YEAR = 2023
LEVELS = list(EngagementLevel)


@dataclass(frozen=True)
class Intent:
    """An action of a ministry's plan, where it stood at first and where it stands today."""

    text: ActionText
    title: str
    at_first: Progress
    today: Progress
    starts_on: dt.date
    measured: bool


def plan_plans(stage: Stage, cast: Cast) -> None:
    """Every scene of the plans, but what the dossiers' decisions do to them."""
    for rank, ministry in enumerate(window().ministries):
        intents = list(intents_of(ministry, rank))
        stage.add(stage.at(ENTERED, 9 + rank / 2), partial(enter, stage, cast, ministry, intents))
        moved = [intent for intent in intents if intent.today is not intent.at_first]
        for number, day in enumerate(REVIEWED):
            part = moved[number :: len(REVIEWED)]
            stage.add(stage.at(day, 9 + rank / 2), partial(follow, cast, ministry, part))
        if rank % 2:
            stage.add(stage.at(SETTLED, 9 + rank / 2), partial(settle, cast, ministry))


def intents_of(ministry: Ministry, rank: int) -> Iterator[Intent]:
    """What the plan holds at first: what dossiers serve, then others, up to its size less what awards will add."""
    dice = random.Random(f"plan {ministry.key}")  # noqa: S311 - the same plans each time
    served = _served(ministry)
    size, done = plans().sizes[ministry.key]
    others = [text for text in plans().actions if text.key not in served]
    chosen = served | {text.key for text in dice.sample(others, size - _to_be_added(ministry) - len(served))}
    texts = [text for text in plans().actions if text.key in chosen]
    finished = {text.key for text in dice.sample([text for text in texts if text.key not in served], done)}
    for text in sorted(texts, key=lambda text: text.theme.number):
        today = _progress(text, finished, served, dice)
        moves = today in {Progress.DONE, Progress.IN_PROGRESS} and dice.random() < 0.4
        yield Intent(
            text=text,
            title=text.titles[rank % len(text.titles)],
            at_first=(Progress.IN_PROGRESS if today is Progress.DONE else Progress.TO_DO) if moves else today,
            today=today,
            starts_on=dt.date(FIRST_YEAR + dice.randrange(3), dice.choice((1, 4, 9)), 1),
            measured=text.key_action or dice.random() < 0.3,
        )


def _served(ministry: Ministry) -> set[str]:
    """The actions that dossiers of the ministry are tied to."""
    tied = (projects()[one.project] for one in dossiers() if ministry_of(one.lead) is ministry)
    return {project.plan for project in tied if not project.proposed}


def _to_be_added(ministry: Ministry) -> int:
    """How many actions the awards will add to the plan."""
    return sum(
        bool(projects()[one.project].proposed) and one.outcome == "awarded"
        for one in dossiers()
        if ministry_of(one.lead) is ministry
    )


def _progress(text: ActionText, finished: set[str], served: set[str], dice: random.Random) -> Progress:
    if text.key in finished:
        return Progress.DONE
    drawn = dice.random()
    if drawn < 0.05 and text.key not in served:
        return Progress.ABANDONED
    return Progress.IN_PROGRESS if drawn < 0.65 else Progress.TO_DO


def enter(stage: Stage, cast: Cast, ministry: Ministry, intents: list[Intent]) -> None:
    """The focal point writes the plan: its actions, what they are measured by, the values of the years past."""
    actor = account(focal_point_of(ministry))
    last_year = max(2027, stage.anchor.year + 1)
    title = f"Plan d’action {FIRST_YEAR}-{last_year}"
    plan = services.create_plan(cast.organisations[ministry.key], title, FIRST_YEAR, last_year, actor=actor)
    priorities: dict[str, UUID | None] = {
        action.code: action.id for action in db.session.scalars(sa.select(PriorityAction))
    }
    for intent in intents:
        terms = _terms(intent, intent.at_first, last_year, priorities)
        action = services.create_action(plan, terms, actor=actor)
        action.plan = plan
        cast.actions[ministry.key, intent.text.key] = action.id
        _measure(action, intent, stage.at(ENTERED).year, actor)


def _terms(
    intent: Intent, progress: Progress, last_year: int, priorities: dict[str, UUID | None]
) -> services.ActionTerms:
    text = intent.text
    return services.ActionTerms(
        title=intent.title,
        description=text.description,
        theme=text.theme,
        pilot_name=text.pilot,
        level_reached=_reached(text.level, progress),
        level_target=text.level,
        progress=progress,
        key_action=text.key_action,
        starts_on=intent.starts_on,
        due_on=dt.date(min(last_year, intent.starts_on.year + 2), 12, 31),
        priority_action_id=priorities.get(text.priority),
    )


def _reached(target: EngagementLevel, progress: Progress) -> EngagementLevel | None:
    """The level aimed at once done; the one before while it goes on; none at the start."""
    if progress is Progress.DONE:
        return target
    before = LEVELS.index(target) - 1
    return LEVELS[before] if progress is Progress.IN_PROGRESS and before >= 0 else None


def _measure(action: PlanAction, intent: Intent, this_year: int, actor: Account) -> None:
    """The indicator and its values up to the year before: from the baseline towards the target."""
    text = intent.text.indicator
    if text is None or not intent.measured:
        return
    services.add_indicator(action, text.label, text.unit, text.baseline, text.target, actor=actor)
    indicator = db.session.scalars(sa.select(ActionIndicator).filter_by(action_id=action.id)).one()
    if intent.at_first is Progress.TO_DO:
        return
    for year in range(intent.starts_on.year, this_year):
        services.measure(action, indicator.id, year, _value(intent, year, this_year), actor=actor)


def _value(intent: Intent, year: int, this_year: int) -> Decimal:
    text = intent.text.indicator
    if text is None:
        raise ValueError(intent.title)
    way = Decimal(1 if intent.today is Progress.DONE else "0.6")
    share = way * (year - intent.starts_on.year + 1) / (this_year - intent.starts_on.year)
    value = text.baseline + (text.target - text.baseline) * share
    # As precise as the target is: a count has no decimals.
    return round(value, 1) if text.target != int(text.target) else Decimal(round(value))


def follow(cast: Cast, ministry: Ministry, intents: list[Intent]) -> None:
    """The focal point brings the plan up to date."""
    actor = account(focal_point_of(ministry))
    for intent in intents:
        action = db.session.get_one(
            PlanAction, cast.actions[ministry.key, intent.text.key], options=[joinedload(PlanAction.plan)]
        )
        plan: ActionPlan = action.plan
        priorities: dict[str, UUID | None] = {intent.text.priority: action.priority_action_id}
        services.update_action(action, _terms(intent, intent.today, plan.last_year, priorities), actor=actor)


def settle(cast: Cast, ministry: Ministry) -> None:
    """The focal point confirms what the awards changed of her actions; a funding needs no confirmation."""
    rows = (
        sa.select(ActionChange)
        .join(ActionChange.action)
        .join(PlanAction.plan)
        .where(ActionPlan.ministry_id == cast.organisations[ministry.key], ActionChange.field != ChangedField.FUNDING)
        .options(contains_eager(ActionChange.action).contains_eager(PlanAction.plan))
        .order_by(ActionChange.id)
    )
    actor = account(focal_point_of(ministry))
    for change in db.session.scalars(rows).all():
        services.confirm_change(change, actor=actor)
