"""What a focal point does with her plan."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications.models import ApplicationStatus
from guichet.audit import queries as audit
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Forbidden, NotFound, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.plans import services
from guichet.plans.models import (
    ActionChange,
    ActionIndicator,
    ActionPlan,
    ChangedField,
    ChangeState,
    EngagementLevel,
    Measure,
    Progress,
    Theme,
)
from tests.factories.accounts import make_account, make_ministry
from tests.factories.applications import make_application
from tests.factories.plans import make_action, make_plan

L = EngagementLevel


@pytest.fixture
def ministry(session):
    return make_ministry()


@pytest.fixture
def action(ministry):
    return make_action(make_plan(ministry), level_target=L.REALISATION, progress=Progress.IN_PROGRESS)


@pytest.fixture
def focal(ministry):
    return make_account(Role.FOCAL_POINT, organisation=ministry)


@pytest.fixture
def application(session):
    return make_application(status=ApplicationStatus.AWARDED)


def terms(**changes):
    return services.ActionTerms(
        **{
            "title": "Réparer",
            "description": "",
            "theme": Theme.USE_PHASE,
            "pilot_name": "",
            "level_reached": None,
            "level_target": L.EXPERIMENTATION,
            "progress": Progress.TO_DO,
            "key_action": False,
            "starts_on": None,
            "due_on": None,
            "priority_action_id": None,
            **changes,
        }
    )


def make_change(action, application, field, before, after, at=None):
    change = ActionChange(
        action=action,
        event_id=uuid.uuid4(),
        application_id=application.id,
        reference=application.reference,
        field=field,
        before=before,
        after=after,
        happened_at=at or clock.now(),
    )
    db.session.add(change)
    db.session.flush()
    return change


# Plans and actions


def test_plan_is_opened_for_free_years(focal, ministry):
    make_plan(ministry, first_year=2023, last_year=2025)

    with unit_of_work():
        plan = services.create_plan(ministry.id, "Plan 2026", 2026, 2026, actor=focal)

    assert [entry.action for entry in audit.history_of(plan)] == ["action_plan.create"]
    for first, last in ((2025, 2027), (2020, 2030), (2024, 2024), (2026, 2028)):
        with pytest.raises(RuleBroken) as refusal:
            services.create_plan(ministry.id, "Encore", first, last, actor=focal)
        assert refusal.value.field == "first_year"
    assert len(db.session.scalars(sa.select(ActionPlan)).all()) == 2


def test_plan_of_another_ministry_is_not_hers_to_open(focal):
    with pytest.raises(Forbidden):
        services.create_plan(make_ministry().id, "Plan", 2026, 2026, actor=focal)


def test_action_takes_the_next_number(focal, action):
    action.number = 12

    with unit_of_work():
        created = services.create_action(action.plan, terms(), actor=focal)

    assert (created.number, created.plan_id) == (13, action.plan_id)
    assert audit.history_of(created)[0].actor_id == focal.id


def test_action_is_rewritten_and_the_journal_keeps_what_it_was(focal, action):
    with unit_of_work():
        services.update_action(action, terms(level_reached=L.REFLECTION), actor=focal)

    changed = audit.history_of(action)[0].facts["changed"]
    assert changed["level_reached"] == [None, "reflection"]
    assert changed["level_target"] == ["realisation", "experimentation"]
    assert "theme" not in changed


def test_level_reached_may_go_down(focal, action):
    action.level_reached = L.EXPERIMENTATION

    services.update_action(action, terms(level_reached=L.REFLECTION), actor=focal)

    assert action.level_reached is L.REFLECTION


@pytest.mark.parametrize("use", ["create_action", "update_action"])
def test_dates_in_disorder_are_refused(focal, action, use):
    wrong = terms(starts_on=dt.date(2026, 2, 1), due_on=dt.date(2026, 1, 1))
    subject = action.plan if use == "create_action" else action

    with pytest.raises(RuleBroken) as refusal:
        getattr(services, use)(subject, wrong, actor=focal)

    assert refusal.value.field == "due_on"


@pytest.mark.parametrize("role", list(Role))
def test_nobody_else_writes(action, application, role):
    actor = make_account(role)
    change = make_change(action, application, ChangedField.PROGRESS, "to_do", "in_progress")
    acts = [
        lambda: services.create_action(action.plan, terms(), actor=actor),
        lambda: services.update_action(action, terms(), actor=actor),
        lambda: services.add_indicator(action, "Durée", "mois", None, None, actor=actor),
        lambda: services.measure(action, uuid.uuid4(), 2026, Decimal(1), actor=actor),
        lambda: services.confirm_change(change, actor=actor),
        lambda: services.undo_change(change, "Non", actor=actor),
    ]

    for act in acts:
        with pytest.raises(Forbidden):
            act()


# Indicators


def test_indicator_is_added_once_and_ten_at_most(focal, action):
    with unit_of_work():
        services.add_indicator(action, "Durée", "mois", Decimal(48), None, actor=focal)

    with pytest.raises(RuleBroken) as twice:
        services.add_indicator(action, "Durée", "ans", None, None, actor=focal)
    assert twice.value.field == "label"
    for number in range(9):
        services.add_indicator(action, f"Autre {number}", "t", None, None, actor=focal)
    with pytest.raises(RuleBroken, match="10 indicateurs"):
        services.add_indicator(action, "De trop", "t", None, None, actor=focal)


def test_measure_replaces_the_one_of_the_year(focal, action):
    indicator = ActionIndicator(action_id=action.id, label="Durée", unit="mois")
    db.session.add(indicator)
    db.session.flush()

    for value in (50, 51):
        services.measure(action, indicator.id, 2026, Decimal(value), actor=focal)
    db.session.flush()

    assert db.session.scalars(sa.select(Measure.value)).all() == [51]
    facts = audit.history_of(action)[0].facts
    assert (Decimal(facts["before"]), Decimal(facts["after"])) == (50, 51)


def test_indicator_of_another_action_is_not_measured(focal, action):
    other = make_action(action.plan, 2)
    stranger = ActionIndicator(action_id=other.id, label="Durée", unit="mois")
    db.session.add(stranger)
    db.session.flush()

    with pytest.raises(NotFound):
        services.measure(action, stranger.id, 2026, Decimal(1), actor=focal)


# What dossiers changed


def test_confirmed_change_keeps_its_value(focal, action, application):
    change = make_change(action, application, ChangedField.PROGRESS, "to_do", "in_progress")

    with unit_of_work():
        services.confirm_change(change, actor=focal)

    assert (change.state, change.settled_by_id) == (ChangeState.CONFIRMED, focal.id)
    assert change.settled_at is not None
    assert action.progress is Progress.IN_PROGRESS
    assert audit.history_of(action)[0].action == "plan_action.confirm_change"


@pytest.mark.parametrize(
    ("field", "before", "after", "value"),
    [
        (ChangedField.PROGRESS, "to_do", "in_progress", Progress.TO_DO),
        (ChangedField.LEVEL_TARGET, "reflection", "realisation", L.REFLECTION),
        (ChangedField.LEVEL_REACHED, "", "realisation", None),
    ],
)
def test_undone_change_puts_the_value_back(focal, action, application, field, before, after, value):
    action.level_reached = L.REALISATION
    change = make_change(action, application, field, before, after)

    with unit_of_work():
        services.undo_change(change, "Ce n’est pas décidé.", actor=focal)

    assert getattr(action, field) == value
    assert (change.state, change.undo_reason) == (ChangeState.UNDONE, "Ce n’est pas décidé.")
    entry = audit.history_of(action)[0]
    assert (entry.action, entry.facts["reason"]) == ("plan_action.undo_change", "Ce n’est pas décidé.")


def test_undo_needs_a_reason(focal, action, application):
    change = make_change(action, application, ChangedField.PROGRESS, "to_do", "in_progress")

    with pytest.raises(RuleBroken) as refusal:
        services.undo_change(change, "", actor=focal)

    assert refusal.value.field == "reason"
    assert action.progress is Progress.IN_PROGRESS


def test_undo_refuses_when_a_person_changed_the_value_since(focal, action, application):
    change = make_change(action, application, ChangedField.PROGRESS, "to_do", "in_progress")
    action.progress = Progress.DONE

    with pytest.raises(RuleBroken, match="a changé depuis"):
        services.undo_change(change, "Trop tard", actor=focal)

    assert (action.progress, change.state) == (Progress.DONE, ChangeState.APPLIED)


def test_undo_refuses_under_a_later_change_until_that_one_is_undone(focal, action, application):
    now = clock.now()
    hour = dt.timedelta(hours=1)
    older = make_change(action, application, ChangedField.LEVEL_TARGET, "reflection", "realisation", now - hour)
    later = make_change(action, application, ChangedField.LEVEL_TARGET, "experimentation", "realisation", now)

    with pytest.raises(RuleBroken, match="a changé depuis"):
        services.undo_change(older, "Non", actor=focal)
    services.undo_change(later, "Non", actor=focal)
    assert action.level_target is L.EXPERIMENTATION
    # What the older change wrote is no longer there to be undone.
    with pytest.raises(RuleBroken, match="a changé depuis"):
        services.undo_change(older, "Non", actor=focal)


@pytest.mark.parametrize("settled", [ChangeState.CONFIRMED, ChangeState.UNDONE])
def test_change_is_settled_once(focal, action, application, settled):
    change = make_change(action, application, ChangedField.PROGRESS, "to_do", "in_progress")
    if settled is ChangeState.CONFIRMED:
        services.confirm_change(change, actor=focal)
    else:
        services.undo_change(change, "Non", actor=focal)

    with pytest.raises(RuleBroken, match="déjà réglée"):
        services.confirm_change(change, actor=focal)
    with pytest.raises(RuleBroken, match="déjà réglée"):
        services.undo_change(change, "Encore", actor=focal)


def test_funding_is_a_fact_that_nobody_undoes(focal, action, application):
    change = make_change(action, application, ChangedField.FUNDING, "", "60000.00")

    for act in (
        lambda: services.confirm_change(change, actor=focal),
        lambda: services.undo_change(change, "Non", actor=focal),
    ):
        with pytest.raises(RuleBroken, match="est un fait"):
            act()
