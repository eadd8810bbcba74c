"""Who reads and who writes a plan."""

import datetime as dt

import pytest

from guichet.accounts.models import Role
from guichet.core import clock
from guichet.plans import policies
from tests.factories.accounts import make_account, make_direction, make_ministry
from tests.factories.plans import make_plan

READ_ALL = {Role.OFFICER, Role.ADMIN, Role.AUDITOR, Role.COMMITTEE, Role.CHAIR, Role.FINANCE}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("own", [True, False])
def test_each_role_on_its_own_plan_and_on_another(session, role, own):
    plan = make_plan(make_ministry())
    actor = make_account(role, organisation=plan.ministry if own else None)
    owns = own and role is Role.FOCAL_POINT

    assert policies.can_view_all(actor) is (role in READ_ALL)
    assert policies.can_view(actor, plan) is (own or role in READ_ALL)
    assert policies.can_manage(actor, plan) is owns
    assert policies.can_create(actor, plan.ministry_id) is owns


def test_agent_of_a_direction_reads_the_plan_of_its_ministry(session):
    ministry = make_ministry()
    agent = make_account(Role.APPLICANT, organisation=make_direction(ministry))

    assert policies.can_view(agent, make_plan(ministry)) is True


def test_role_that_ended_gives_no_right(session):
    plan = make_plan(make_ministry())
    actor = make_account(Role.FOCAL_POINT, organisation=plan.ministry)
    actor.grants[0].last_day = clock.today() - dt.timedelta(days=1)

    assert policies.can_manage(actor, plan) is False
    assert policies.can_view(actor, plan) is True
