"""Signing in and out, and choosing a password."""

import hashlib
import secrets
import uuid
from uuid import UUID

import sqlalchemy as sa

from guichet.accounts import passwords, queries
from guichet.accounts.events import PasswordChanged, PasswordResetRequested
from guichet.accounts.models import Account, PasswordReset, ResetKind
from guichet.audit import services as audit
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import NotFound, RuleBroken
from guichet.outbox import services as outbox

# The journal's subject for an address that is nobody's: the address itself is not written.
NOBODY = UUID(int=0)


def sign_in(email: str, password: str) -> Account | None:
    """The account whose password this is; None otherwise, as slowly and without saying why. The journal knows."""
    account = queries.by_email(email)
    right = passwords.matches(password, account.password_hash if account else None)
    if account is None or not right or not account.active:
        subject_id = account.id if account else NOBODY
        audit.record_by_id(None, "account.sign-in-refused", "account", subject_id, known=account is not None)
        return None
    if passwords.is_outdated(account.password_hash):
        account.password_hash = passwords.hashed(password)
    account.last_signed_in_at = clock.now()
    audit.record(account, "account.sign-in", account)
    return account


def sign_out(*, actor: Account) -> None:
    audit.record(actor, "account.sign-out", actor)


def change_password(current: str, new: str, *, actor: Account) -> None:
    """Replace one's own password; every other session ends. Raises RuleBroken on `current` or `new`."""
    if not passwords.matches(current, actor.password_hash):
        raise RuleBroken("Ce n’est pas votre mot de passe actuel.", field="current")
    _set_password(actor, new)
    audit.record(actor, "account.password-change", actor)
    outbox.publish(PasswordChanged(account_id=actor.id))


def request_reset(email: str) -> None:
    """Owe the person of this address a link to choose a new password; nothing when nobody active has it."""
    account = queries.by_email(email)
    if account is None or not account.active:
        return
    if reset := open_reset(account, ResetKind.FORGOTTEN):
        audit.record(None, "account.password-reset-request", account)
        outbox.publish(PasswordResetRequested(account_id=account.id, reset_id=reset.id))


def open_reset(account: Account, kind: ResetKind) -> PasswordReset | None:
    """A new right to choose a password; None when one is already on its way to the person."""
    now = clock.now()
    on_its_way = sa.exists().where(
        PasswordReset.account_id == account.id,
        PasswordReset.token_sha256.is_(None),
        PasswordReset.expires_at > now,
    )
    if db.session.scalar(sa.select(on_its_way)):
        return None
    reset = PasswordReset(account_id=account.id, kind=kind, expires_at=now + kind.lifetime)
    db.session.add(reset)
    db.session.flush()
    return reset


def issue_reset_secret(reset_id: UUID) -> str:
    """The path that lets a person choose a password, with a secret made now; only its SHA-256 is stored.

    Called when the e-mail is written, so that the secret never waits in the outbox. Links sent before end here.
    """
    reset = db.session.get_one(PasswordReset, reset_id, with_for_update=True)
    now = clock.now()
    db.session.execute(
        sa.update(PasswordReset)
        .where(
            PasswordReset.account_id == reset.account_id,
            PasswordReset.id != reset.id,
            PasswordReset.token_sha256.is_not(None),
            PasswordReset.expires_at > now,
        )
        .values(expires_at=now)
    )
    secret = secrets.token_urlsafe(32)
    reset.token_sha256 = fingerprint(secret)
    reset.expires_at = now + reset.kind.lifetime
    return f"/nouveau-mot-de-passe/{secret}"


def fingerprint(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def choose_password(secret: str, new: str) -> Account:
    """Use the right that `secret` gives, once; every session ends. Raises NotFound when it is worth nothing any more."""
    reset = queries.usable_reset(fingerprint(secret), lock=True)
    if reset is None:
        raise NotFound
    account = reset.account
    _set_password(account, new)
    reset.used_at = clock.now()
    audit.record(account, "account.password-change", account, by=reset.kind)
    outbox.publish(PasswordChanged(account_id=account.id))
    return account


def _set_password(account: Account, new: str) -> None:
    if problem := passwords.weakness(new, account):
        raise RuleBroken(problem, field="new")
    account.password_hash = passwords.hashed(new)
    account.session_key = uuid.uuid4()
