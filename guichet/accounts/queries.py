"""Finding people and organisations."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload

from guichet.accounts.models import Account, Organisation, OrganisationKind, PasswordReset, Role, RoleGrant
from guichet.core import clock
from guichet.core.db import db


def with_rights() -> sa.Select[Account]:
    """Accounts loaded with all that policies ask about them."""
    return sa.select(Account).options(joinedload(Account.organisation), joinedload(Account.grants))


def for_session(session_id: str) -> Account | None:
    """The active account of a session cookie (`Account.get_id`); None when the session was closed since. One statement."""
    account_id, _, session_key = session_id.partition(".")
    try:
        wanted = (Account.id == UUID(account_id), Account.session_key == UUID(session_key))
    except ValueError:
        return None
    return db.session.scalars(with_rights().where(*wanted, Account.active)).unique().one_or_none()


def active(account_id: UUID) -> Account | None:
    """The account, with its rights as they are now; None when it is closed."""
    rows = with_rights().where(Account.id == account_id, Account.active).execution_options(populate_existing=True)
    return db.session.scalars(rows).unique().one_or_none()


def by_email(email: str) -> Account | None:
    """The account of an address, whatever the case it is typed in."""
    return db.session.scalars(with_rights().where(Account.email == email.strip().lower())).unique().one_or_none()


def holders_of(role: Role, *, call_id: UUID | None = None, organisation_id: UUID | None = None) -> list[Account]:
    """Active people who hold `role` today on the window or on that call, or on that organisation; by name."""
    grants = sa.select(RoleGrant.account_id).where(
        RoleGrant.role == role, sa.or_(RoleGrant.last_day.is_(None), RoleGrant.last_day >= clock.today())
    )
    if organisation_id is not None:
        grants = grants.where(RoleGrant.organisation_id == organisation_id)
    else:
        grants = grants.where(
            RoleGrant.organisation_id.is_(None), sa.or_(RoleGrant.call_id.is_(None), RoleGrant.call_id == call_id)
        )
    rows = with_rights().where(Account.id.in_(grants), Account.active).order_by(Account.full_name)
    return list(db.session.scalars(rows).unique())


def usable_reset(token_sha256: str, *, lock: bool = False) -> PasswordReset | None:
    """The right to choose a password behind a fingerprint, while it lasts, with its active account."""
    rows = (
        sa.select(PasswordReset)
        .join(PasswordReset.account)
        .options(contains_eager(PasswordReset.account))
        .where(
            PasswordReset.token_sha256 == token_sha256,
            PasswordReset.used_at.is_(None),
            PasswordReset.expires_at > clock.now(),
            Account.active,
        )
    )
    if lock:
        # Read afresh: the second of two simultaneous posts must see that the first one used it.
        rows = rows.with_for_update().execution_options(populate_existing=True)
    return db.session.scalars(rows).one_or_none()


# Calls are a package above: their titles are read by the name of the table.
CALLS = sa.table("call", sa.column("id", sa.Uuid), sa.column("title", sa.String), sa.column("closes_at", sa.DateTime))
MOST_CALLS = 40


@dataclass(frozen=True)
class HeldRole:
    """A role as people read it: on what."""

    grant: RoleGrant
    scope: str

    @property
    def ended(self) -> bool:
        return not self.grant.holds_on(clock.today())


def roles_of(account: Account) -> list[HeldRole]:
    """All roles given to a person, those that ended too; in the order of the list of roles."""
    rows = db.session.execute(
        sa.select(RoleGrant, Organisation.name, CALLS.c.title)
        .outerjoin(Organisation, Organisation.id == RoleGrant.organisation_id)
        .outerjoin(CALLS, CALLS.c.id == RoleGrant.call_id)
        .where(RoleGrant.account_id == account.id)
    )
    held = [
        HeldRole(grant, organisation or (f"l’appel « {call} »" if call else "tout le guichet"))
        for grant, organisation, call in rows
    ]
    return sorted(held, key=lambda role: (list(Role).index(role.grant.role), role.scope))


def latest_calls() -> Sequence[tuple[UUID, str]]:
    """Identifier and title of the calls on which a role may be given: those that close last."""
    rows = db.session.execute(sa.select(CALLS.c.id, CALLS.c.title).order_by(CALLS.c.closes_at.desc()).limit(MOST_CALLS))
    return [(call_id, title) for call_id, title in rows]


def grant_in_scope(
    account_id: UUID, role: Role, organisation_id: UUID | None, call_id: UUID | None
) -> RoleGrant | None:
    """The role as given in exactly this scope."""
    return db.session.scalars(
        sa.select(RoleGrant).where(
            RoleGrant.account_id == account_id,
            RoleGrant.role == role,
            RoleGrant.organisation_id.is_not_distinct_from(organisation_id),
            RoleGrant.call_id.is_not_distinct_from(call_id),
        )
    ).one_or_none()


def people(*, words: str = "", role: Role | None = None, ministry_id: UUID | None = None) -> sa.Select[Account]:
    """Accounts by name, closed ones too: whose name or address holds `words`, who hold `role` today, of a ministry."""
    rows = (
        sa.select(Account)
        .join(Account.organisation)
        .options(contains_eager(Account.organisation), selectinload(Account.grants))
        .order_by(Account.full_name, Account.id)
    )
    if words:
        rows = rows.where(
            sa.or_(Account.full_name.icontains(words, autoescape=True), Account.email.icontains(words, autoescape=True))
        )
    if role:
        holds = sa.or_(RoleGrant.last_day.is_(None), RoleGrant.last_day >= clock.today())
        rows = rows.where(Account.grants.any(sa.and_(RoleGrant.role == role, holds)))
    if ministry_id:
        rows = rows.where(Organisation.ministry_id == ministry_id)
    return rows


def person(account_id: UUID) -> Account | None:
    return db.session.scalars(with_rights().where(Account.id == account_id)).unique().one_or_none()


def grant_of(account_id: UUID, grant_id: UUID) -> RoleGrant | None:
    rows = sa.select(RoleGrant).options(joinedload(RoleGrant.account))
    return db.session.scalars(rows.where(RoleGrant.id == grant_id, RoleGrant.account_id == account_id)).one_or_none()


def ministries() -> Sequence[Organisation]:
    """Ministries by name, those of the past too."""
    rows = sa.select(Organisation).where(Organisation.kind == OrganisationKind.MINISTRY)
    return db.session.scalars(rows.order_by(Organisation.name)).all()


def any_ministry() -> Organisation | None:
    """The oldest ministry, None while there is none."""
    rows = sa.select(Organisation).where(Organisation.kind == OrganisationKind.MINISTRY)
    return db.session.scalars(rows.order_by(Organisation.created_at).limit(1)).one_or_none()


def organisations(*, words: str = "", kind: OrganisationKind | None = None) -> sa.Select[Any]:
    """Organisations by name, each with its ministry's short name and the number of its active people."""
    ministry = aliased(Organisation)
    people_there = (
        sa.select(sa.func.count())
        .select_from(Account)
        .where(Account.organisation_id == Organisation.id, Account.active)
        .scalar_subquery()
    )
    rows = (
        sa.select(Organisation, ministry.short_name.label("ministry_name"), people_there.label("people"))
        .join(ministry, ministry.id == Organisation.ministry_id)
        .order_by(Organisation.name)
    )
    if words:
        named = Organisation.name.icontains(words, autoescape=True)
        rows = rows.where(sa.or_(named, Organisation.short_name.icontains(words, autoescape=True)))
    if kind:
        rows = rows.where(Organisation.kind == kind)
    return rows


def organisations_named(name: str) -> Sequence[Organisation]:
    """Organisations of exactly this name or short name, whatever the case."""
    typed = name.strip().lower()
    rows = sa.select(Organisation).where(
        sa.or_(sa.func.lower(Organisation.name) == typed, sa.func.lower(Organisation.short_name) == typed)
    )
    return db.session.scalars(rows.order_by(Organisation.name)).all()


def headcount() -> tuple[int, int]:
    """How many active accounts, and how many organisations."""
    accounts = sa.select(sa.func.count()).select_from(Account).where(Account.active).scalar_subquery()
    all_organisations = sa.select(sa.func.count()).select_from(Organisation).scalar_subquery()
    row = db.session.execute(sa.select(accounts, all_organisations)).one()
    return row[0], row[1]
