"""What is kept of people, and for how long: what /donnees-personnelles tells, done.

Each purge may run late, twice or in two workers: rows are taken under their locks, and judged again once taken.
"""

import datetime as dt
import uuid

import sqlalchemy as sa

from guichet.accounts import passwords
from guichet.accounts.models import Account, PasswordReset, RoleGrant
from guichet.audit import services as audit
from guichet.audit.models import AuditEntry
from guichet.core import clock
from guichet.core.db import db

CLOSED_ACCOUNTS_KEPT = dt.timedelta(days=365)
RESETS_KEPT = dt.timedelta(days=30)
BATCH = 200
ANONYMOUS_NAME, ANONYMOUS_DOMAIN = "Compte anonyme", "@anonyme.invalid"
# What refers to an account without telling that its person took part in something: her rights, the journal, kept as proof, and
# how far she read messages (of a package above, known by its table).
OWN = frozenset({RoleGrant.__tablename__, PasswordReset.__tablename__, AuditEntry.__tablename__, "message_reading"})


def anonymise_closed_accounts() -> int:
    """Forget who had the accounts closed a year ago that figure in nothing; returns how many, a batch at most.

    Those that wrote, evaluated or decided something keep the name that it was done under, for as long as it is kept.
    """
    accounts = db.session.scalars(
        sa.select(Account)
        .where(
            ~Account.active,
            ~Account.email.endswith(ANONYMOUS_DOMAIN),
            _closed_at() < clock.now() - CLOSED_ACCOUNTS_KEPT,
        )
        .where(*_figures_in_nothing())
        .order_by(Account.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for account in accounts:
        _forget(account)
        audit.record(None, "account.anonymise", account)
    return len(accounts)


def _closed_at() -> sa.ScalarSelect[dt.datetime]:
    # The journal knows when: an account that was opened again and closed anew counts from the last time.
    closings = sa.select(sa.func.max(AuditEntry.created_at)).where(
        AuditEntry.subject_id == Account.id, AuditEntry.action == "account.deactivate"
    )
    return closings.correlate(Account).scalar_subquery()


def _figures_in_nothing() -> list[sa.ColumnElement[bool]]:
    """No other table names the account: the packages above are known by their tables only."""
    keys = (key for table in db.metadata.sorted_tables for key in table.foreign_keys if table.name not in OWN)
    holders = [key.parent for key in keys if key.column is Account.__table__.c.id]
    return [~sa.exists().where(holder == Account.id) for holder in holders]


def _forget(account: Account) -> None:
    account.full_name, account.job_title = ANONYMOUS_NAME, ""
    account.email = f"{account.id}{ANONYMOUS_DOMAIN}"
    account.password_hash, account.session_key = passwords.NONE, uuid.uuid4()
    account.last_signed_in_at = None
    for model in (RoleGrant, PasswordReset):
        db.session.execute(sa.delete(model).where(model.account_id == account.id))


def forget_resets() -> int:
    """Delete the rights to choose a password that ended a month ago; returns how many."""
    over = PasswordReset.expires_at < clock.now() - RESETS_KEPT
    gone = db.session.execute(sa.delete(PasswordReset).where(over).returning(PasswordReset.id)).all()
    if gone:
        audit.record_by_id(None, "password_reset.purge", "account", uuid.UUID(int=0), count=len(gone))
    return len(gone)
