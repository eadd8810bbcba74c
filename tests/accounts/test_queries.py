"""Finding people and organisations."""

import datetime as dt
import uuid

import pytest

from guichet.accounts import queries
from guichet.accounts.models import OrganisationKind, Role, RoleGrant
from guichet.core import clock
from guichet.core.paging import paginate
from tests.factories.accounts import make_account, make_direction, make_ministry
from tests.factories.calls import make_call


def test_a_session_is_worth_something_while_its_key_is(session):
    account = make_account()
    cookie = account.get_id()
    assert queries.for_session(cookie) is account

    account.session_key = uuid.uuid4()

    assert queries.for_session(cookie) is None


@pytest.mark.parametrize("cookie", ["", "x", ".", f"{uuid.uuid4()}", f"{uuid.uuid4()}.x", "a" * 9000])
def test_a_forged_session_is_nobody(session, cookie):
    assert queries.for_session(cookie) is None


def test_holders_of_a_role_are_active_and_in_scope(session):
    call, other_call = make_call(), make_call()
    everywhere = make_account(Role.OFFICER, full_name="Anne")
    on_call = make_account(Role.OFFICER, call_id=call.id, full_name="Béa")
    make_account(Role.OFFICER, call_id=other_call.id)
    make_account(Role.OFFICER, active=False)
    ended = make_account(Role.OFFICER)
    ended.grants[0].last_day = clock.today() - dt.timedelta(days=1)
    session.flush()

    assert queries.holders_of(Role.OFFICER, call_id=call.id) == [everywhere, on_call]


def test_holders_of_a_ministry_role_are_those_of_that_organisation(session):
    ministry = make_ministry()
    referent = make_account(Role.FOCAL_POINT, organisation=ministry)
    make_account(Role.FOCAL_POINT)

    assert queries.holders_of(Role.FOCAL_POINT, organisation_id=ministry.id) == [referent]


def test_people_are_found_by_name_address_role_and_ministry(session):
    ministry = make_ministry("Écologie")
    direction = make_direction(ministry)
    zoe = make_account(Role.REVIEWER, organisation=direction, full_name="Zoé 50 %", email="zoe@ecologie.example")
    make_account(Role.OFFICER)
    ended = make_account(Role.REVIEWER)
    ended.grants[0].last_day = clock.today() - dt.timedelta(days=1)
    session.flush()

    def found(**criteria):
        return list(paginate(queries.people(**criteria), 1).items)

    assert found(words="zoé") == [zoe]
    assert found(words="ZOE@") == [zoe]
    assert found(words="50 %") == [zoe]
    assert found(words="5_ %") == []
    assert found(role=Role.REVIEWER) == [zoe]
    assert found(ministry_id=ministry.id) == [zoe]
    assert found(words="zoé", role=Role.OFFICER) == []


def test_organisations_come_with_their_ministry_and_headcount(session):
    ministry = make_ministry("Écologie")
    direction = make_direction(ministry, "Direction du numérique")
    make_account(organisation=direction)
    make_account(organisation=direction, active=False)

    [(organisation, ministry_name, people)] = session.execute(queries.organisations(words="du num"))

    assert (organisation, ministry_name, people) == (direction, "Écologie", 1)
    assert session.execute(queries.organisations(words="du num", kind=OrganisationKind.OPERATOR)).all() == []


def test_an_organisation_is_named_by_its_name_or_its_short_name(session):
    ministry = make_ministry("Ministère de l’Écologie")
    ministry.short_name = "MTE"
    session.flush()

    assert queries.organisations_named(" mte ") == [ministry]
    assert queries.organisations_named("ministère de l’écologie") == [ministry]
    assert queries.organisations_named("écologie") == []


def test_roles_are_told_with_their_scope(session):
    call = make_call(title="Réemploi 2026")
    account = make_account(Role.FOCAL_POINT, Role.ADMIN, organisation=make_ministry("Écologie"))
    session.add(RoleGrant(account_id=account.id, role=Role.REVIEWER, call_id=call.id))
    session.flush()

    told = [(held.grant.role, held.scope) for held in queries.roles_of(account)]

    assert told == [
        (Role.FOCAL_POINT, "Écologie"),
        (Role.REVIEWER, "l’appel « Réemploi 2026 »"),
        (Role.ADMIN, "tout le guichet"),
    ]


@pytest.mark.parametrize(
    ("last_day", "last_instant"),
    [
        ("2026-12-31", "2026-12-31T22:59:59Z"),
        ("2026-07-31", "2026-07-31T21:59:59Z"),
        ("2026-03-29", "2026-03-29T21:59:59Z"),
    ],
)
def test_a_role_ends_with_its_last_day_in_paris(session, at, last_day, last_instant):
    officer = make_account(Role.OFFICER)
    officer.grants[0].last_day = dt.date.fromisoformat(last_day)
    session.flush()
    end = dt.datetime.fromisoformat(last_instant)

    def holds():
        found = session.scalars(queries.people(role=Role.OFFICER)).all()
        [held] = queries.roles_of(officer)
        answers = {
            officer.has_role(Role.OFFICER),
            officer in queries.holders_of(Role.OFFICER),
            officer in found,
            not held.ended,
        }
        assert len(answers) == 1
        return answers.pop()

    at(end)
    assert holds()
    at(end + dt.timedelta(seconds=1))
    assert not holds()
