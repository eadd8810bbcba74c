"""Opening the window: ministries, people, roles, lists."""

import datetime as dt
import uuid

import sqlalchemy as sa

from guichet.accounts import passwords
from guichet.accounts import services as accounts
from guichet.accounts.models import Account, Organisation, OrganisationKind, Role, RoleGrant
from guichet.audit import services as audit
from guichet.calls.models import PriorityAction, ProjectFamily
from guichet.core.db import db
from guichet.demo.accounts import PASSWORD
from guichet.demo.seed.cast import ADMIN, Cast, account, ministry_of, person
from guichet.demo.seed.texts import Ministry, Person, rules, window

SINCE = dt.date(2020, 1, 1)


def install(cast: Cast) -> None:
    """The administrator's account and her ministry: what an operator opens from the command line."""
    ministry, admin = ministry_of(ADMIN), person(ADMIN)
    identifier = uuid.uuid4()
    organisation = Organisation(
        id=identifier,
        ministry_id=identifier,
        kind=OrganisationKind.MINISTRY,
        name=ministry.name,
        short_name=ministry.short_name,
    )
    holder = Account(
        email=admin.email,
        full_name=admin.name,
        job_title=admin.job,
        password_hash=passwords.NONE,
        organisation=organisation,
        organisation_id=identifier,
        grants=[RoleGrant(role=Role.ADMIN)],
    )
    db.session.add_all([organisation, holder])
    db.session.flush()
    audit.record(None, "account.create", holder, role=Role.ADMIN)
    cast.organisations[ministry.key] = identifier
    for position, choice in enumerate(rules().priority_actions, start=1):
        db.session.add(PriorityAction(code=choice.code, label=choice.label, position=position))
    for position, choice in enumerate(rules().families, start=1):
        db.session.add(ProjectFamily(code=choice.code, label=choice.label, position=position))


def open_ministry(cast: Cast, ministry: Ministry) -> None:
    """A ministry, its directions and operators."""
    actor = account(ADMIN)
    if ministry.key not in cast.organisations:
        created = _create(ministry.name, ministry.short_name, OrganisationKind.MINISTRY, None, actor)
        cast.organisations[ministry.key] = created.id
    parent = cast.organisation(ministry.key)
    for office in ministry.organisations:
        created = _create(office.name, office.short_name, office.kind, parent, actor)
        cast.organisations[office.key] = created.id


def _create(
    name: str, short_name: str, kind: OrganisationKind, parent: Organisation | None, actor: Account
) -> Organisation:
    return accounts.create_organisation(
        name=name, short_name=short_name, kind=kind, parent=parent, valid_from=SINCE, valid_until=None, actor=actor
    )


def open_accounts(cast: Cast, ministry: Ministry) -> None:
    """The people of a ministry, with their roles; each is invited to choose a password."""
    actor = account(ADMIN)
    for one in ministry.people:
        place = cast.organisation(one.organisation)
        if Role.ADMIN in one.roles:
            actor.organisation, actor.organisation_id = place, place.id
            continue
        holder = accounts.create_account(
            full_name=one.name, email=one.email, job_title=one.job, organisation=place, actor=actor
        )
        for role in one.roles:
            scope = _scope(cast, ministry, one, role)
            accounts.grant_role(holder, role, organisation=scope, actor=actor)


def _scope(cast: Cast, ministry: Ministry, one: Person, role: Role) -> Organisation | None:
    """Focal points for their ministry, applicants for where they work, the others for the whole window."""
    if role is Role.FOCAL_POINT:
        return cast.organisation(ministry.key)
    return cast.organisation(one.organisation) if role is Role.APPLICANT else None


def choose_passwords() -> None:
    """Everybody has chosen the one password of the demonstration: hashed once, since hashing is slow on purpose."""
    hashed = passwords.hashed(PASSWORD)
    addresses = [one.email for ministry in window().ministries for one in ministry.people]
    db.session.execute(sa.update(Account).where(Account.email.in_(addresses)).values(password_hash=hashed))
