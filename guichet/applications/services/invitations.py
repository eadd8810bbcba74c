"""Asking an address to join a dossier's team: the lead asks, an account of that address says yes.

The address is in the invitation and in its e-mail alone: neither the journal nor the logs write it.
"""

import datetime as dt
import re
import secrets
from uuid import UUID

import sqlalchemy as sa

from guichet.accounts import queries as accounts
from guichet.accounts.models import Account
from guichet.applications import joining, policies
from guichet.applications.events import MemberJoined, TeamInvited
from guichet.applications.models import Application, Invitation, TeamMember, TeamRole
from guichet.audit import services as audit
from guichet.audit.models import Audience
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Forbidden, InvalidTransition, NotFound, RuleBroken
from guichet.core.policy import require
from guichet.outbox import services as outbox
from guichet.workflow.engine import lock

LIFETIME = dt.timedelta(days=7)
# Once over, an invitation only keeps the address of somebody who did not come.
KEPT = dt.timedelta(days=30)
OVER = "Cette invitation n’est plus valable : elle a déjà servi, a été retirée, ou a expiré."
ADDRESS = re.compile(r"[!-?A-~]+@[!-?A-~]+\.[!-?A-~]+")


def invite(application: Application, *, email: str, role: TeamRole, actor: Account) -> Invitation:
    """Owe `email` a one-time link, for a dossier that the caller has locked; asked again, the same invitation is sent anew."""
    address = _address(email)
    invitation = db.session.scalar(
        sa.select(Invitation)
        .where(Invitation.application_id == application.id, Invitation.address == address)
        .where(*joining.pending(Invitation))
        # The worker may be writing its e-mail at this moment, with what was decided before.
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    again = invitation is not None
    if invitation is None:
        refuse_crowd(application)
        invitation = Invitation(application_id=application.id, address=address)
        db.session.add(invitation)
    # Its e-mail is not written yet: it will carry what is decided now.
    on_its_way = again and invitation.token_sha256 is None and invitation.is_open(at=clock.now())
    invitation.role, invitation.invited_by_id = role, actor.id
    invitation.expires_at, invitation.token_sha256 = clock.now() + LIFETIME, None
    db.session.flush()
    _record(actor, "application.invite", invitation, role=role)
    if not on_its_way:
        outbox.publish(TeamInvited(application_id=application.id, invitation_id=invitation.id, again=again))
    return invitation


def refuse_crowd(application: Application) -> None:
    """A team has so many people at most, those who are awaited included."""
    members = sa.select(sa.func.count()).where(TeamMember.application_id == application.id).scalar_subquery()
    awaited = sa.select(sa.func.count()).where(
        Invitation.application_id == application.id, *joining.pending(Invitation)
    )
    if (db.session.scalar(sa.select(members + awaited.scalar_subquery())) or 0) >= joining.MOST_MEMBERS:
        raise RuleBroken(
            f"Une équipe compte {joining.MOST_MEMBERS} personnes au plus, invitations comprises : retirez-en une d’abord.",
            field="email",
        )


def issue_secret(invitation_id: UUID) -> str:
    """The path of an invitation, with a secret made now; only its SHA-256 is stored. The link sent before ends here."""
    invitation = db.session.get_one(Invitation, invitation_id, with_for_update=True)
    secret = secrets.token_urlsafe(32)
    invitation.token_sha256 = joining.fingerprint(secret)
    invitation.expires_at = clock.now() + LIFETIME
    return f"/invitations/{secret}"


def withdraw(application: Application, invitation_id: UUID, *, actor: Account) -> None:
    """Take an invitation back; its e-mail, if it waits, does not leave. Twice is once."""
    lock(application)
    require(policies.can_manage_team, actor, application)
    invitation = db.session.get(Invitation, invitation_id, with_for_update=True, populate_existing=True)
    if invitation is None or invitation.application_id != application.id:
        raise NotFound("Cette invitation n’existe pas.")
    if invitation.withdrawn_at is not None:
        return
    if not invitation.is_pending:
        raise InvalidTransition("La personne a déjà répondu à cette invitation.")
    invitation.withdrawn_at = clock.now()
    _record(actor, "application.withdraw-invitation", invitation)


def accept(invitation: Invitation, *, actor: Account) -> None:
    """Join the team. Rights are judged again under the dossier's lock. Twice is once.

    Those of the inviter are not: who leads the team now sees what is pending, and takes it back.

    Raises InvalidTransition when the invitation is over, Forbidden when `actor` may not be of this team.
    """
    _take(invitation, actor)
    if invitation.accepted_by_id == actor.id:
        return
    _refuse_over(invitation)
    application = invitation.application
    person = accounts.active(actor.id)
    if person is None or not joining.may_join(person, application):
        raise Forbidden("Cette invitation est réservée aux porteurs de projet du ministère du dossier.")
    invitation.accepted_at, invitation.accepted_by_id = clock.now(), actor.id
    member = sa.exists().where(TeamMember.application_id == application.id, TeamMember.account_id == actor.id)
    # Somebody may have put her in the team meanwhile: she keeps the role that she has.
    if not db.session.scalar(sa.select(member)):
        db.session.add(TeamMember(application_id=application.id, account_id=actor.id, role=invitation.role))
    _record(actor, "application.join", invitation, role=invitation.role)
    outbox.publish(MemberJoined(application_id=application.id, account_id=actor.id, by_id=invitation.invited_by_id))


def decline(invitation: Invitation, *, actor: Account) -> None:
    """Say no. Twice is once; raises InvalidTransition when the invitation is over otherwise."""
    _take(invitation, actor)
    if invitation.declined_at is not None:
        return
    _refuse_over(invitation)
    invitation.declined_at = clock.now()
    _record(actor, "application.decline-invitation", invitation)


def forget() -> int:
    """Delete the invitations whose time was over a month ago, whatever became of them; returns how many."""
    old = Invitation.expires_at < clock.now() - KEPT
    gone = db.session.execute(sa.delete(Invitation).where(old).returning(Invitation.id)).all()
    if gone:
        audit.record_by_id(None, "team_invitation.purge", "team_invitation", UUID(int=0), count=len(gone))
    return len(gone)


def _take(invitation: Invitation, actor: Account) -> None:
    """Lock the dossier, then the invitation, as they are now; only the account of its address may answer."""
    lock(invitation.application)
    lock(invitation)
    if invitation.address != actor.email:
        raise NotFound("Cette invitation n’existe pas, ou n’est pas pour votre adresse.")


def _refuse_over(invitation: Invitation) -> None:
    if not invitation.is_open(at=clock.now()):
        raise InvalidTransition(OVER)


def _record(actor: Account, action: str, invitation: Invitation, **facts: object) -> None:
    audit.record_by_id(
        actor,
        action,
        Application.__tablename__,
        invitation.application_id,
        audience=Audience.TEAM,
        invitation_id=invitation.id,
        **facts,
    )


def _address(typed: str) -> str:
    address = typed.strip().lower()
    if not ADDRESS.fullmatch(address):
        raise RuleBroken("Écrivez une adresse complète, sans accent : prenom.nom@ministere.gouv.fr.", field="email")
    return address
