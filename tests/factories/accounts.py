"""People and organisations, the smallest valid ones."""

import functools
import itertools
import uuid
from typing import Any

from guichet.accounts import passwords
from guichet.accounts.models import Account, Organisation, OrganisationKind, Role, RoleGrant
from guichet.core.db import db

_numbers = itertools.count(1)
# Known to `make_account(password=True)` only; hashed once, since hashing is slow on purpose.
PASSWORD = "quatre vélos verts roulent"
hashed_password = functools.cache(lambda: passwords.hashed(PASSWORD))


def make_ministry(name: str | None = None) -> Organisation:
    identifier = uuid.uuid4()
    name = name or f"Ministère {next(_numbers)}"
    ministry = Organisation(
        id=identifier, ministry_id=identifier, name=name, short_name=name[:60], kind=OrganisationKind.MINISTRY
    )
    db.session.add(ministry)
    db.session.flush()
    return ministry


def make_direction(ministry: Organisation, name: str | None = None) -> Organisation:
    name = name or f"Direction {next(_numbers)}"
    direction = Organisation(
        parent_id=ministry.id, ministry_id=ministry.id, name=name, short_name=name[:60], kind=OrganisationKind.DIRECTION
    )
    db.session.add(direction)
    db.session.flush()
    return direction


def make_account(
    *roles: Role,
    organisation: Organisation | None = None,
    call_id: uuid.UUID | None = None,
    password: bool = False,
    **columns: Any,
) -> Account:
    """A person with `roles`: ministry roles on her ministry, the others on the window or on `call_id`.

    She signs in with PASSWORD when `password` is asked; otherwise she never chose one.
    """
    organisation = organisation or make_ministry()
    number = next(_numbers)
    columns.setdefault("email", f"agent{number}@ministere.example")
    columns.setdefault("full_name", f"Camille Agent {number}")
    columns.setdefault("password_hash", hashed_password() if password else passwords.NONE)
    account = Account(organisation=organisation, organisation_id=organisation.id, **columns)
    account.grants = [
        RoleGrant(role=role, organisation_id=organisation.ministry_id)
        if role in {Role.APPLICANT, Role.FOCAL_POINT}
        else RoleGrant(role=role, call_id=call_id)
        for role in roles
    ]
    db.session.add(account)
    db.session.flush()
    return account
