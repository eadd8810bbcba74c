"""Administering people: their accounts and their roles. For administrators only."""

import datetime as dt
import uuid
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from guichet.accounts import passwords, queries
from guichet.accounts.events import AccountInvited
from guichet.accounts.models import Account, Organisation, OrganisationKind, ResetKind, Role, RoleGrant
from guichet.accounts.policies import is_admin
from guichet.accounts.services.credentials import open_reset
from guichet.accounts.services.retention import ANONYMOUS_DOMAIN
from guichet.audit import services as audit
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.core.policy import require
from guichet.outbox import services as outbox
from guichet.workflow.engine import lock

MINISTRY_ROLES = frozenset({Role.APPLICANT, Role.FOCAL_POINT})
# Rights over everybody are not given by halves.
WHOLE_WINDOW_ROLES = frozenset({Role.ADMIN})


def create_account(
    *, full_name: str, email: str, job_title: str, organisation: Organisation, actor: Account
) -> Account:
    """Open an account and invite its person to choose her password; nobody else ever knows one."""
    require(is_admin, actor, None)
    account = Account(
        full_name=full_name,
        email=_address(email),
        job_title=job_title,
        organisation=organisation,
        organisation_id=organisation.id,
        password_hash=passwords.NONE,
        grants=[],
    )
    db.session.add(account)
    _flush_address()
    audit.record(actor, "account.create", account)
    _invite(account)
    return account


def create_admin(email: str, full_name: str) -> Account:
    """Open the first administrator's account, from the command line, in an organisation made for it if there is none."""
    organisation = queries.any_ministry() or _own_organisation()
    account = Account(
        full_name=full_name,
        email=_address(email),
        organisation=organisation,
        organisation_id=organisation.id,
        password_hash=passwords.NONE,
        grants=[RoleGrant(role=Role.ADMIN)],
    )
    db.session.add(account)
    _flush_address()
    audit.record(None, "account.create", account, role=Role.ADMIN)
    _invite(account)
    return account


def _own_organisation() -> Organisation:
    identifier = uuid.uuid4()
    organisation = Organisation(
        id=identifier,
        ministry_id=identifier,
        kind=OrganisationKind.MINISTRY,
        name="Administration du guichet",
        short_name="Guichet",
    )
    db.session.add(organisation)
    db.session.flush()
    return organisation


def edit_account(
    account: Account, *, full_name: str, email: str, job_title: str, organisation: Organisation, actor: Account
) -> None:
    """Correct who the person is. Raises RuleBroken when she still holds roles of a ministry she leaves."""
    require(is_admin, actor, account)
    lock(account)
    leaves = account.organisation.ministry_id != organisation.ministry_id
    if leaves and any(grant.role in MINISTRY_ROLES for grant in account.grants):
        raise RuleBroken(
            "Cette personne a des rôles dans son ministère actuel : retirez-les d’abord.", field="organisation"
        )
    before = (account.full_name, account.email, account.job_title, account.organisation.name)
    account.full_name, account.email, account.job_title = full_name, _address(email), job_title
    account.organisation, account.organisation_id = organisation, organisation.id
    _flush_address()
    audit.record(actor, "account.edit", account, before=before, after=(full_name, email, job_title, organisation.name))


def send_invitation(account: Account, *, actor: Account) -> None:
    """Invite again somebody who has not chosen a password yet."""
    require(is_admin, actor, account)
    if account.password_hash != passwords.NONE or not account.active:
        raise RuleBroken("Cette personne a déjà choisi son mot de passe, ou son compte est désactivé.")
    audit.record(actor, "account.invite", account)
    _invite(account)


def _invite(account: Account) -> None:
    if reset := open_reset(account, ResetKind.INVITATION):
        outbox.publish(AccountInvited(account_id=account.id, reset_id=reset.id))


def deactivate(account: Account, *, actor: Account) -> None:
    """Close the account: it stays in the history, its sessions end, it signs in no more and gets no more e-mail."""
    require(is_admin, actor, account)
    if account.id == actor.id:
        raise RuleBroken("Vous ne pouvez pas désactiver votre propre compte.")
    account.active = False
    account.session_key = uuid.uuid4()
    audit.record(actor, "account.deactivate", account)


def activate(account: Account, *, actor: Account) -> None:
    require(is_admin, actor, account)
    lock(account)
    if account.email.endswith(ANONYMOUS_DOMAIN):
        raise RuleBroken("Ce compte a été rendu anonyme : ouvrez-en un nouveau pour cette personne.")
    account.active = True
    audit.record(actor, "account.activate", account)


def grant_role(
    account: Account,
    role: Role,
    *,
    actor: Account,
    organisation: Organisation | None = None,
    call_id: UUID | None = None,
    last_day: dt.date | None = None,
) -> RoleGrant:
    """Give a role on the window, a call or an organisation; given again in the same scope, it only changes its last day."""
    require(is_admin, actor, account)
    _check_scope(account, role, organisation, call_id)
    if last_day is not None and last_day < clock.today():
        raise RuleBroken("Le dernier jour est déjà passé.", field="last_day")
    # Two administrators at once must not give the same role twice.
    lock(account)
    scope = (organisation.id if organisation else None, call_id)
    grant = queries.grant_in_scope(account.id, role, *scope)
    if grant is None:
        grant = RoleGrant(account_id=account.id, role=role, organisation_id=scope[0], call_id=scope[1])
        db.session.add(grant)
    grant.last_day = last_day
    audit.record(
        actor, "account.role-grant", account, role=role, organisation_id=scope[0], call_id=call_id, last_day=last_day
    )
    return grant


def _check_scope(account: Account, role: Role, organisation: Organisation | None, call_id: UUID | None) -> None:
    if role not in MINISTRY_ROLES:
        if organisation is not None:
            raise RuleBroken("Ce rôle ne se donne pas sur une organisation.", field="organisation")
        if call_id is not None and role in WHOLE_WINDOW_ROLES:
            raise RuleBroken("Ce rôle se donne sur tout le guichet.", field="call")
        return
    if call_id is not None:
        raise RuleBroken("Ce rôle se donne sur une organisation, pas sur un appel.", field="call")
    if organisation is None:
        raise RuleBroken("Indiquez sur quelle organisation.", field="organisation")
    if organisation.ministry_id != account.organisation.ministry_id:
        raise RuleBroken("Cette organisation n’est pas du ministère de la personne.", field="organisation")
    if role is Role.FOCAL_POINT and organisation.kind is not OrganisationKind.MINISTRY:
        raise RuleBroken("Un référent l’est pour tout son ministère : indiquez le ministère.", field="organisation")


def revoke_role(grant: RoleGrant, *, actor: Account) -> None:
    """Take a role back at once; the journal keeps that it was held."""
    require(is_admin, actor, grant.account)
    if grant.role is Role.ADMIN and grant.account_id == actor.id:
        raise RuleBroken("Vous ne pouvez pas vous retirer l’administration : demandez-le à un autre administrateur.")
    audit.record(
        actor,
        "account.role-revoke",
        grant.account,
        role=grant.role,
        organisation_id=grant.organisation_id,
        call_id=grant.call_id,
    )
    db.session.delete(grant)


def _address(typed: str) -> str:
    # One spelling for one mailbox, in the letters that every mail server takes.
    if not typed.isascii():
        raise RuleBroken("Une adresse électronique s’écrit sans accent.", field="email")
    return typed.lower()


def _flush_address() -> None:
    try:
        db.session.flush()
    except IntegrityError as problem:
        raise RuleBroken("Un compte existe déjà à cette adresse.", field="email") from problem
