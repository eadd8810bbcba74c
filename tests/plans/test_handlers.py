"""A published decision moves the plans: once, in whatever order it is told."""

import datetime as dt
import itertools
import uuid
from decimal import Decimal

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications.models import ApplicationStatus
from guichet.audit import queries as audit
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from guichet.outbox import services as outbox
from guichet.plans.handlers import record_decision
from guichet.plans.models import (
    ActionChange,
    ActionFunding,
    ActionPlan,
    ChangedField,
    EngagementLevel,
    PlanAction,
    Progress,
    RecordedDecision,
    Theme,
)
from guichet.review.events import DecisionPublished, PlanEffect
from guichet.review.models import Outcome
from tests.factories.accounts import make_account, make_ministry
from tests.factories.applications import make_application
from tests.factories.plans import make_action, make_plan

T0 = dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def ministry(session):
    return make_ministry("Ministère de l’essai")


@pytest.fixture
def application(ministry):
    lead = make_account(Role.APPLICANT, organisation=ministry)
    return make_application(lead=lead, status=ApplicationStatus.REVIEWED)


@pytest.fixture
def action(ministry):
    return make_action(make_plan(ministry), level_target=EngagementLevel.REFLECTION)


def existing(action, level=EngagementLevel.REALISATION):
    return PlanEffect(plan_action_id=action.id, proposed_title="", proposed_theme=None, level_aimed=level)


def proposed(title="Réparer les postes", theme=Theme.USE_PHASE, level=EngagementLevel.EXPERIMENTATION):
    return PlanEffect(plan_action_id=None, proposed_title=title, proposed_theme=theme, level_aimed=level)


def decision(application, *effects, amount=60_000, at=T0, outcome=Outcome.AWARDED):
    return DecisionPublished(
        application_id=application.id,
        decision_id=uuid.uuid4(),
        outcome=outcome,
        ministry_id=application.ministry_id,
        reference=application.reference,
        title=application.title,
        amount=Decimal(amount) if outcome is Outcome.AWARDED else None,
        published_at=at,
        plan_effects=effects,
    )


def tell(*events):
    for event in events:
        with unit_of_work():
            record_decision(event)


def fail_after(event):
    record_decision(event)
    raise ZeroDivisionError


def changes(action):
    rows = db.session.scalars(sa.select(ActionChange).where(ActionChange.action_id == action.id))
    return {(change.field, change.before, change.after) for change in rows}


def state(application):
    """What the plans of the ministry say: actions and their funding, whatever the history."""
    db.session.expire_all()
    rows = sa.select(PlanAction, ActionPlan.first_year).join(PlanAction.plan)
    actions = db.session.execute(rows.where(ActionPlan.ministry_id == application.ministry_id)).all()
    funding = db.session.scalars(sa.select(ActionFunding).where(ActionFunding.application_id == application.id))
    return (
        sorted((a.title, a.theme, a.level_target, a.progress, year) for a, year in actions),
        sorted((str(f.action_id), f.amount, f.decided_at) for f in funding),
    )


def test_award_funds_an_existing_action_and_raises_its_level(application, action):
    event = decision(application, existing(action))

    tell(event)

    funding = db.session.scalars(sa.select(ActionFunding)).one()
    assert (funding.action_id, funding.amount, funding.reference) == (action.id, 60_000, application.reference)
    assert action.level_target is EngagementLevel.REALISATION
    assert action.progress is Progress.IN_PROGRESS
    assert changes(action) == {
        (ChangedField.LEVEL_TARGET, "reflection", "realisation"),
        (ChangedField.PROGRESS, "to_do", "in_progress"),
        (ChangedField.FUNDING, "", "60000"),
    }
    actions = {entry.action for entry in audit.history_of(action)}
    assert actions == {"plan_action.apply_decision"}
    assert all(entry.actor_id is None for entry in audit.history_of(action))


def test_award_never_lowers_a_level_nor_restarts_what_is_over(application, action):
    action.level_target = EngagementLevel.REALISATION
    action.progress = Progress.DONE

    tell(decision(application, existing(action, EngagementLevel.REFLECTION)))

    assert action.level_target is EngagementLevel.REALISATION
    assert action.progress is Progress.DONE
    assert changes(action) == {(ChangedField.FUNDING, "", "60000")}


def test_award_of_a_proposal_creates_the_next_action_of_the_current_plan(application, action):
    action.number = 7

    tell(decision(application, proposed()))

    created = db.session.scalars(sa.select(PlanAction).where(PlanAction.id != action.id)).one()
    assert (created.plan_id, created.number, created.title) == (action.plan_id, 8, "Réparer les postes")
    assert created.proposed_by_application_id == application.id
    assert created.level_target is EngagementLevel.EXPERIMENTATION
    assert created.progress is Progress.IN_PROGRESS
    assert (ChangedField.FUNDING, "", "60000") in changes(created)


def test_award_of_a_proposal_opens_the_plan_of_the_year_when_none_covers_it(application):
    make_plan(
        db.session.get_one(type(application.organisation), application.ministry_id), first_year=2020, last_year=2022
    )

    tell(decision(application, proposed()))

    plan = db.session.scalars(sa.select(ActionPlan).where(ActionPlan.first_year == 2026)).one()
    assert (plan.ministry_id, plan.last_year, plan.title) == (application.ministry_id, 2026, "Plan d’action 2026")


def test_proposal_keeps_its_action_when_it_is_renamed_and_awarded_anew(application):
    tell(decision(application, proposed()))
    created = db.session.scalars(sa.select(PlanAction)).one()
    with unit_of_work():
        created.title = "Atelier de réparation"

    tell(decision(application, proposed(level=EngagementLevel.REALISATION), amount=50_000, at=T0 + HOUR))

    assert db.session.scalars(sa.select(PlanAction)).one().level_target is EngagementLevel.REALISATION
    assert db.session.scalars(sa.select(ActionFunding.amount)).all() == [Decimal(50_000)]


def test_two_proposals_of_one_dossier_become_two_actions(application):
    tell(decision(application, proposed("Réparer"), proposed("Former", Theme.TRAINING)))

    assert {a.title: a.number for a in db.session.scalars(sa.select(PlanAction))} == {"Réparer": 1, "Former": 2}


def test_same_action_linked_twice_is_funded_once_at_the_highest_level(application, action):
    tell(decision(application, existing(action), existing(action, EngagementLevel.EXPERIMENTATION)))

    assert action.level_target is EngagementLevel.REALISATION
    assert len(db.session.scalars(sa.select(ActionFunding)).all()) == 1


def test_replayed_event_changes_nothing(application, action):
    event = decision(application, existing(action), proposed())
    tell(event)
    with unit_of_work():
        # What the focal point corrects since must survive a replay.
        action.level_target = EngagementLevel.REFLECTION
    before = (state(application), len(changes(action)), len(audit.history_of(action)))

    tell(event, event)

    assert (state(application), len(changes(action)), len(audit.history_of(action))) == before
    assert len(db.session.scalars(sa.select(RecordedDecision)).all()) == 1


@pytest.mark.parametrize("outcome", [Outcome.REJECTED, Outcome.WAITLISTED, Outcome.DEFERRED])
def test_other_outcomes_leave_the_plan_alone(application, action, outcome):
    before = state(application)

    tell(decision(application, existing(action), proposed(), outcome=outcome))

    assert state(application) == before
    assert changes(action) == set()


def test_later_refusal_takes_the_funding_back_and_says_so(application, action):
    tell(decision(application, existing(action)))

    tell(decision(application, existing(action), outcome=Outcome.REJECTED, at=T0 + HOUR))

    assert db.session.scalars(sa.select(ActionFunding)).all() == []
    assert (ChangedField.FUNDING, "60000.00", "") in changes(action)
    assert action.level_target is EngagementLevel.REALISATION


def test_decisions_told_in_any_order_end_in_the_same_state(application, action, session):
    other = make_action(action.plan, number=2, title="Autre", level_target=EngagementLevel.REFLECTION)
    events = [
        decision(application, existing(action, EngagementLevel.EXPERIMENTATION), proposed()),
        decision(application, existing(action), outcome=Outcome.REJECTED, at=T0 + HOUR),
        decision(
            application, existing(other), proposed(level=EngagementLevel.REALISATION), amount=45_000, at=T0 + 2 * HOUR
        ),
    ]
    session.commit()
    ends = []
    for order in itertools.permutations(events):
        savepoint = session.begin_nested()
        for event in order:
            record_decision(event)
        session.flush()
        actions, funding = state(application)
        titles = dict(session.execute(sa.select(sa.cast(PlanAction.id, sa.String), PlanAction.title)).all())
        ends.append((actions, sorted((titles[action_id], amount, at) for action_id, amount, at in funding)))
        savepoint.rollback()
        session.expire_all()

    assert all(end == ends[0] for end in ends)
    assert [(title, amount) for title, amount, _ in ends[0][1]] == [("Autre", 45_000), ("Réparer les postes", 45_000)]


def test_two_decisions_of_the_same_instant_end_alike(application, action, session):
    events = [decision(application, existing(action), amount=amount) for amount in (10_000, 20_000)]
    session.commit()
    ends = []
    for order in (events, events[::-1]):
        savepoint = session.begin_nested()
        for event in order:
            record_decision(event)
        session.flush()
        ends.append(state(application))
        savepoint.rollback()
        session.expire_all()

    assert ends[0] == ends[1]


def test_rollback_leaves_nothing(application, action, session):
    event = decision(application, existing(action), proposed())
    before = state(application)
    session.commit()

    with pytest.raises(ZeroDivisionError), unit_of_work():
        fail_after(event)

    assert state(application) == before
    assert db.session.scalars(sa.select(RecordedDecision)).all() == []
    assert audit.history_of(action) == []


def test_outbox_delivers_the_decision_to_the_plan(application, action, owed, run_outbox, monkeypatch):
    with unit_of_work():
        outbox.publish(decision(application, existing(action)))
    assert ("DecisionPublished", "record_decision") in owed()
    messages = sa.text("DELETE FROM outbox_message WHERE handler <> 'record_decision'")
    db.session.execute(messages)

    assert run_outbox() == 1

    assert db.session.scalars(sa.select(ActionFunding.amount)).all() == [Decimal(60_000)]


@pytest.mark.parametrize(("moment", "year"), [("2026-12-31T22:59:59Z", 2026), ("2026-12-31T23:00:00Z", 2027)])
def test_a_decision_of_the_last_night_goes_to_the_plan_of_its_year_in_paris(application, moment, year):
    tell(decision(application, proposed(), at=dt.datetime.fromisoformat(moment)))

    assert db.session.scalars(sa.select(ActionPlan.first_year)).one() == year
