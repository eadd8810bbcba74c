"""Counting and finding plans."""

import datetime as dt
from decimal import Decimal

import pytest

from guichet.accounts.models import Role
from guichet.applications.models import ApplicationStatus
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Forbidden, NotFound
from guichet.plans import queries
from guichet.plans.models import ActionFunding, EngagementLevel, Progress, Theme
from guichet.plans.queries import Wanted
from tests.factories.accounts import make_account, make_ministry
from tests.factories.applications import make_application
from tests.factories.plans import make_action, make_plan


def fund(action, application, amount):
    db.session.add(
        ActionFunding(
            action_id=action.id,
            application_id=application.id,
            reference=application.reference,
            title=application.title,
            amount=Decimal(amount),
            decided_at=clock.now(),
        )
    )
    db.session.flush()


def awarded(ministry):
    lead = make_account(Role.APPLICANT, organisation=ministry)
    return make_application(lead=lead, status=ApplicationStatus.AWARDED)


@pytest.fixture
def two_plans(session):
    """Two ministries: three actions in one, one in the other."""
    first, second = make_plan(make_ministry("Ministère A")), make_plan(make_ministry("Ministère B"))
    make_action(first, 1, theme=Theme.PURCHASING, progress=Progress.DONE, key_action=True)
    make_action(first, 2, theme=Theme.PURCHASING, level_target=EngagementLevel.REALISATION)
    make_action(first, 3, theme=Theme.TRAINING, progress=Progress.IN_PROGRESS)
    make_action(second, 1, theme=Theme.PURCHASING, progress=Progress.DONE)
    return first, second


def test_consolidation_counts_all_ministries(two_plans):
    found = queries.consolidation(Wanted())

    figures = found.figures
    assert (figures.actions, figures.done, figures.in_progress, figures.key_actions) == (4, 2, 1, 1)
    assert figures.done_share == 50
    assert figures.of(theme=Theme.PURCHASING).actions == 3
    assert figures.of(theme=Theme.PURCHASING, level=EngagementLevel.REALISATION).actions == 1
    assert [plan.ministry.name for plan in found.plans] == ["Ministère A", "Ministère B"]


@pytest.mark.parametrize(
    ("wanted", "actions"),
    [({"theme": Theme.PURCHASING}, 3), ({"level": EngagementLevel.REALISATION}, 1), ({"theme": Theme.GOVERNANCE}, 0)],
)
def test_consolidation_follows_its_filter(two_plans, wanted, actions):
    found = queries.consolidation(Wanted(**wanted))

    assert found.figures.actions == actions
    assert len(found.plans) == 2


def test_consolidation_follows_the_ministry(two_plans):
    found = queries.consolidation(Wanted(ministry_id=two_plans[1].ministry_id))

    assert found.figures.actions == 1


def test_consolidation_keeps_the_latest_plan_that_has_begun(two_plans):
    first, _ = two_plans
    year = clock.today().year
    old = make_plan(first.ministry, first_year=2010, last_year=2012)
    future = make_plan(first.ministry, first_year=year + 1, last_year=year + 2)
    make_action(old)
    make_action(future)

    found = queries.consolidation(Wanted())

    assert found.figures.actions == 4
    assert {plan.id for plan in found.plans} == {plan.id for plan in two_plans}


def test_share_done_of_no_action_is_zero(session):
    assert queries.consolidation(Wanted()).figures.done_share == 0


def test_dossier_tied_to_two_actions_brings_its_money_once(two_plans):
    first, _ = two_plans
    application = awarded(first.ministry)
    one, other = make_action(first, 8, theme=Theme.TRAINING), make_action(first, 9)
    fund(one, application, 60_000)
    fund(other, application, 60_000)

    assert queries.consolidation(Wanted()).funding == {first.ministry_id: 60_000}
    assert queries.figures_of(first).funding == 60_000
    assert queries.consolidation(Wanted(theme=Theme.TRAINING)).figures.funding == 60_000
    assert [received for _, received in db.session.execute(queries.actions_of(first, Theme.TRAINING))] == [0, 60_000]


def test_figures_need_a_constant_number_of_statements(two_plans, statements):
    statements.clear()
    queries.consolidation(Wanted())
    few = len(statements)
    for number in range(10, 40):
        make_action(two_plans[0], number)
    for _ in range(5):
        make_action(make_plan(make_ministry()))
    db.session.flush()
    statements.clear()

    queries.consolidation(Wanted())

    assert len(statements) == few == 3


@pytest.mark.parametrize("role", list(Role))
def test_plan_of_another_ministry_is_for_those_who_read_all(two_plans, role):
    plan, reader = two_plans[0], make_account(role)
    everything = {Role.OFFICER, Role.ADMIN, Role.AUDITOR, Role.COMMITTEE, Role.CHAIR, Role.FINANCE}

    if role in everything:
        assert queries.plan_for(reader, plan.id) is plan
    else:
        with pytest.raises(NotFound):
            queries.plan_for(reader, plan.id)


@pytest.mark.parametrize("role", list(Role))
def test_plan_is_written_by_its_focal_point_alone(two_plans, role):
    plan = two_plans[0]
    actor = make_account(role, organisation=plan.ministry)

    if role is Role.FOCAL_POINT:
        assert queries.plan_to_manage(actor, plan.id) is plan
    else:
        with pytest.raises(Forbidden):
            queries.plan_to_manage(actor, plan.id)


def test_focal_point_of_another_ministry_does_not_see_the_action(two_plans):
    action = make_action(two_plans[0], 5)

    with pytest.raises(NotFound):
        queries.action_to_manage(make_account(Role.FOCAL_POINT), action.id)


def test_ended_role_no_longer_writes(two_plans):
    actor = make_account(Role.FOCAL_POINT, organisation=two_plans[0].ministry)
    actor.grants[0].last_day = clock.today() - dt.timedelta(days=1)

    with pytest.raises(Forbidden):
        queries.plan_to_manage(actor, two_plans[0].id)


@pytest.mark.parametrize(("moment", "title"), [("2026-12-31T22:59:59Z", "2026"), ("2026-12-31T23:00:00Z", "2027")])
def test_a_plan_begins_with_its_year_in_paris(session, at, moment, title):
    ministry = make_ministry()
    for year in (2026, 2027):
        make_plan(ministry, title=str(year), first_year=year, last_year=year)

    at(dt.datetime.fromisoformat(moment))

    assert [plan.title for plan in queries.consolidation(Wanted()).plans] == [title]
