"""What the database itself refuses."""

import datetime as dt
import uuid

import pytest
from sqlalchemy.exc import IntegrityError

from guichet.accounts.models import Account, Organisation, OrganisationKind, PasswordReset, Role, RoleGrant
from guichet.core import clock
from tests.factories.accounts import make_account, make_direction, make_ministry
from tests.factories.calls import make_call


def organisation(**columns):
    identifier = uuid.uuid4()
    columns = {
        "name": "Ailleurs",
        "short_name": "A",
        "kind": OrganisationKind.MINISTRY,
        "ministry_id": identifier,
        **columns,
    }
    return Organisation(id=identifier, **columns)


def account(**columns):
    columns = {"email": "zoe@ecologie.example", "full_name": "Zoé", "password_hash": "!", **columns}
    return Account(organisation_id=make_ministry().id, **columns)


def grant(role, **columns):
    return RoleGrant(account_id=make_account().id, role=role, **columns)


def reset(**columns):
    return PasswordReset(account_id=make_account().id, expires_at=clock.now(), **columns)


def under(parent, **columns):
    return organisation(parent_id=parent.id, ministry_id=parent.id, **columns)


CASES = {
    "uq_organisation_name": lambda: organisation(name=make_ministry("Écologie").name),
    "ck_organisation_root_is_its_own_ministry": lambda: organisation(ministry_id=make_ministry().id),
    "ck_organisation_ministry_iff_root": lambda: organisation(kind=OrganisationKind.DIRECTION),
    "ck_organisation_validity_in_order": lambda: organisation(
        valid_from=dt.date(2024, 1, 1), valid_until=dt.date(2024, 1, 1)
    ),
    "ck_organisation_organisationkind": lambda: under(make_ministry(), kind="club"),
    "uq_account_email": lambda: account(email=make_account().email),
    "ck_account_email_in_lower_case": lambda: account(email="Zoe@ecologie.example"),
    "ck_account_email_has_an_at": lambda: account(email="zoe"),
    "ck_role_grant_organisation_iff_ministry_role": lambda: grant(Role.APPLICANT),
    "ck_role_grant_one_scope_at_most": lambda: grant(
        Role.APPLICANT, organisation_id=make_ministry().id, call_id=make_call().id
    ),
    "ck_role_grant_role": lambda: grant("emperor"),
    "uq_password_reset_token_sha256": lambda: (reset(token_sha256="a" * 64), reset(token_sha256="a" * 64)),
    "ck_password_reset_token_sha256_is_hexadecimal": lambda: reset(token_sha256="secret"),
    "ck_password_reset_used_only_once_issued": lambda: reset(used_at=clock.now()),
    "ck_password_reset_resetkind": lambda: reset(kind="bribe"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_constraint_refuses(session, name):
    rows = CASES[name]()
    session.add_all(rows if isinstance(rows, tuple) else [rows])

    with pytest.raises(IntegrityError) as refusal:
        session.flush()

    assert name in str(refusal.value)
    session.rollback()


def test_an_organisation_is_not_its_own_parent(session):
    direction = make_direction(make_ministry())
    direction.parent_id = direction.id

    with pytest.raises(IntegrityError, match="ck_organisation_not_its_own_parent"):
        session.flush()
    session.rollback()


@pytest.mark.parametrize("scope", ["window", "call", "organisation"])
def test_a_role_is_given_once_in_a_scope(session, scope):
    person = make_account()
    columns = {
        "window": {"role": Role.OFFICER},
        "call": {"role": Role.OFFICER, "call_id": make_call().id},
        "organisation": {"role": Role.APPLICANT, "organisation_id": person.organisation_id},
    }[scope]
    session.add(RoleGrant(account_id=person.id, **columns))
    session.flush()
    session.add(RoleGrant(account_id=person.id, **columns, last_day=clock.today()))

    with pytest.raises(IntegrityError, match="uq_role_grant_once"):
        session.flush()
    session.rollback()
