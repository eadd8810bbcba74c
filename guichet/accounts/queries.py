"""Finding people and organisations."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from guichet.accounts.models import Account, PasswordReset, Role, RoleGrant
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


def open_reset(token_sha256: str, *, lock: bool = False) -> PasswordReset | None:
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
