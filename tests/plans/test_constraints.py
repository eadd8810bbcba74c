"""What the database itself refuses of plans."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
import sqlalchemy as sa

from guichet.applications.models import ApplicationStatus
from guichet.core import clock
from guichet.core.db import db
from guichet.plans.models import (
    ActionChange,
    ActionFunding,
    ActionIndicator,
    ActionPlan,
    ChangedField,
    Measure,
    PlanAction,
    RecordedDecision,
)
from tests.factories.accounts import make_ministry
from tests.factories.applications import make_application
from tests.factories.plans import make_action, make_plan


def refuses(name):
    return pytest.raises(sa.exc.IntegrityError, match=f'"{name}"')


@pytest.fixture
def plan(session):
    return make_plan(make_ministry())


@pytest.fixture
def action(plan):
    return make_action(plan)


@pytest.fixture
def application(session):
    return make_application(status=ApplicationStatus.AWARDED)


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"last_year": 2022}, "ck_action_plan_years_in_order"),
        ({"first_year": 1999}, "ck_action_plan_first_year_sensible"),
        ({"first_year": 2101, "last_year": 2102}, "ck_action_plan_first_year_sensible"),
    ],
)
def test_plan(plan, columns, name):
    with refuses(name):
        db.session.execute(sa.update(ActionPlan).where(ActionPlan.id == plan.id).values(**columns))


def test_ministry_begins_one_plan_a_year(plan):
    with refuses("uq_action_plan_ministry_id_first_year"):
        make_plan(plan.ministry)


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"number": 0}, "ck_plan_action_number_positive"),
        ({"starts_on": dt.date(2026, 2, 1), "due_on": dt.date(2026, 1, 31)}, "ck_plan_action_dates_in_order"),
        ({"proposed_as": "Sans dossier"}, "ck_plan_action_proposal_has_its_words"),
        ({"theme": sa.literal_column("'other'")}, "ck_plan_action_theme"),
        ({"level_target": sa.literal_column("'1'")}, "ck_plan_action_level_target"),
        ({"level_reached": sa.literal_column("'1'")}, "ck_plan_action_level_reached"),
        ({"progress": sa.literal_column("'lost'")}, "ck_plan_action_progress"),
    ],
)
def test_action(action, columns, name):
    with refuses(name):
        db.session.execute(sa.update(PlanAction).where(PlanAction.id == action.id).values(**columns))


def test_number_is_unique_in_its_plan(plan, action):
    with refuses("uq_plan_action_plan_id_number"):
        make_action(plan, action.number)


def test_proposal_becomes_one_action(plan, application):
    proposal = {"proposed_by_application_id": application.id, "proposed_as": "Réparer"}
    make_action(plan, 1, **proposal)

    with refuses("uq_plan_action_proposed_by_application_id_proposed_as"):
        make_action(plan, 2, **proposal)


def funding(action, application, amount=1):
    return ActionFunding(
        action_id=action.id,
        application_id=application.id,
        reference="X",
        title="X",
        amount=Decimal(amount),
        decided_at=clock.now(),
    )


def test_funding_is_positive(action, application):
    db.session.add(funding(action, application, 0))

    with refuses("ck_action_funding_amount_positive"):
        db.session.flush()


def test_dossier_funds_an_action_once(action, application):
    db.session.add_all([funding(action, application), funding(action, application)])

    with refuses("uq_action_funding_action_id_application_id"):
        db.session.flush()


def change(action, application, **columns):
    columns = {"event_id": uuid.uuid4(), "field": ChangedField.PROGRESS, **columns}
    return ActionChange(
        action_id=action.id,
        application_id=application.id,
        reference="X",
        before="to_do",
        after="done",
        happened_at=clock.now(),
        **columns,
    )


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"state": "undone", "settled_at": clock.now()}, "ck_action_change_undo_has_a_reason"),
        ({"undo_reason": "Sans annulation"}, "ck_action_change_undo_has_a_reason"),
        ({"state": "confirmed"}, "ck_action_change_settled_at_iff_settled"),
        ({"settled_at": clock.now()}, "ck_action_change_settled_at_iff_settled"),
        ({"state": sa.literal_column("'lost'"), "settled_at": clock.now()}, "ck_action_change_changestate"),
        ({"field": sa.literal_column("'title'")}, "ck_action_change_changedfield"),
    ],
)
def test_change(action, application, columns, name):
    row = change(action, application)
    db.session.add(row)
    db.session.flush()

    with refuses(name):
        db.session.execute(sa.update(ActionChange).where(ActionChange.id == row.id).values(**columns))


def test_event_changes_a_field_of_an_action_once(action, application):
    event_id = uuid.uuid4()
    db.session.add_all([change(action, application, event_id=event_id) for _ in range(2)])

    with refuses("uq_action_change_event_id_action_id_field"):
        db.session.flush()


def test_decision_is_recorded_once(application):
    event_id = uuid.uuid4()
    db.session.add_all(
        RecordedDecision(event_id=event_id, application_id=application.id, decided_at=clock.now()) for _ in range(2)
    )

    with refuses("uq_recorded_decision_event_id"):
        db.session.flush()


def test_indicator_has_one_name_in_its_action(action):
    db.session.add_all(ActionIndicator(action_id=action.id, label="Durée", unit="mois") for _ in range(2))

    with refuses("uq_action_indicator_action_id_label"):
        db.session.flush()


@pytest.mark.parametrize(
    ("years", "name"), [((2026, 2026), "uq_measure_indicator_id_year"), ((1999,), "ck_measure_year_sensible")]
)
def test_measure(action, years, name):
    measures = [Measure(year=year, value=Decimal(1)) for year in years]
    db.session.add(ActionIndicator(action_id=action.id, label="Durée", unit="mois", measures=measures))

    with refuses(name):
        db.session.flush()
