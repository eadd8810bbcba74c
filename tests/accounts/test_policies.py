"""Rights on people, and what a role opens."""

import datetime as dt

import pytest

from guichet.accounts import policies
from guichet.accounts.models import Role, RoleGrant
from guichet.core import clock
from tests.factories.accounts import make_account, make_ministry
from tests.factories.calls import make_call


@pytest.mark.parametrize("role", Role)
def test_only_administrators_administer(session, role):
    assert policies.is_admin(make_account(role)) is (role is Role.ADMIN)


@pytest.mark.parametrize("role", Role)
def test_administrators_and_auditors_supervise(session, role):
    assert policies.can_supervise(make_account(role)) is (role in {Role.ADMIN, Role.AUDITOR})


def test_an_administrator_of_one_call_does_not_administer_people(session):
    assert not policies.is_admin(make_account(Role.ADMIN, call_id=make_call().id))


def test_a_role_ends_with_its_last_day(session, at):
    account = make_account(Role.OFFICER)
    account.grants[0].last_day = clock.today()
    midnight = clock.midnight(clock.today() + dt.timedelta(days=1))

    at(midnight - dt.timedelta(seconds=1))
    assert account.has_role(Role.OFFICER)
    at(midnight)
    assert not account.has_role(Role.OFFICER)
    assert account.roles == set()


def test_roles_are_asked_where_they_are_held(session):
    ministry, other = make_ministry(), make_ministry()
    call, other_call = make_call(), make_call()
    account = make_account(Role.FOCAL_POINT, organisation=ministry)
    account.grants.append(RoleGrant(role=Role.OFFICER, call_id=call.id))

    assert account.organisations_as(Role.FOCAL_POINT) == {ministry.id}
    assert other.id not in account.organisations_as(Role.FOCAL_POINT)
    assert account.holds_on_call(call.id, Role.OFFICER)
    assert not account.holds_on_call(other_call.id, Role.OFFICER)
    assert not account.holds_on_call(call.id, Role.FOCAL_POINT)
    assert account.calls_as(Role.OFFICER) == {call.id}
    assert make_account(Role.OFFICER).calls_as(Role.OFFICER) is None
    assert account.calls_as(Role.CHAIR) == set()
