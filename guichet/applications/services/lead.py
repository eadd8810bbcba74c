"""Passing a dossier on: another lead is proposed, and takes over once she accepts.

Who proposed may have left since: what is judged again when the receiver accepts is the proposal, which nobody withdrew, and her
own right to hold the dossier.
"""

import datetime as dt
import uuid

import sqlalchemy as sa

from guichet.accounts import queries as accounts
from guichet.accounts.models import Account
from guichet.applications import joining, policies
from guichet.applications.events import LeadDeclined, LeadProposed, LeadTransferred
from guichet.applications.models import Application, LeadTransfer, TeamMember, TeamRole
from guichet.applications.services import team
from guichet.audit import services as audit
from guichet.audit.models import Audience
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Forbidden, InvalidTransition, RuleBroken
from guichet.core.policy import require
from guichet.outbox import services as outbox
from guichet.workflow.engine import lock

LIFETIME = dt.timedelta(days=15)
OVER = "Cette proposition n’est plus valable : elle a été retirée, refusée ou remplacée, ou a expiré."


def propose(application: Application, account_id: uuid.UUID, *, actor: Account) -> None:
    """Propose a member to be the lead; nothing changes until she accepts. The same proposal twice is one."""
    lock(application)
    require(policies.can_manage_team, actor, application)
    _, name = _receiver(application, account_id)
    pending = _pending(application.id)
    if pending is not None and pending.is_open(at=clock.now()):
        if pending.receiver_id == account_id:
            return
        raise RuleBroken("Le dossier est déjà proposé à un autre membre : retirez d’abord cette proposition.")
    _end(pending)
    transfer = LeadTransfer(
        application_id=application.id,
        receiver_id=account_id,
        proposed_by_id=actor.id,
        expires_at=clock.now() + LIFETIME,
    )
    db.session.add(transfer)
    db.session.flush()
    audit.record(actor, "application.propose-lead", application, audience=Audience.TEAM, member=name)
    outbox.publish(LeadProposed(application_id=application.id, transfer_id=transfer.id))


def withdraw(application: Application, *, actor: Account) -> None:
    """Take the proposal back. Raises InvalidTransition when there is none any more."""
    lock(application)
    require(policies.can_manage_team, actor, application)
    pending = _pending(application.id)
    if pending is None:
        raise InvalidTransition("Aucune proposition n’attend de réponse : elle a été acceptée, refusée ou retirée.")
    _end(pending)
    audit.record(actor, "application.withdraw-lead", application, audience=Audience.TEAM)


def accept(transfer: LeadTransfer, *, actor: Account) -> None:
    """Become the lead; the former one stays in the team. Twice is once.

    Raises InvalidTransition when the proposal is over, Forbidden when `actor` may not hold this dossier.
    """
    _take(transfer, actor)
    if transfer.accepted_at is not None:
        return
    _refuse_over(transfer)
    application = transfer.application
    person, found = accounts.active(actor.id), team.find(application, actor.id)
    if person is None or found is None or not joining.may_join(person, application):
        raise Forbidden("Vous ne pouvez pas être le porteur de ce dossier.")
    transfer.accepted_at = clock.now()
    former_id = _make_lead(application, found[0])
    audit.record(actor, "application.accept-lead", application, audience=Audience.TEAM, member=actor.full_name)
    outbox.publish(LeadTransferred(application_id=application.id, former_id=former_id, lead_id=actor.id, imposed=False))


def decline(transfer: LeadTransfer, *, actor: Account) -> None:
    """Say no. Twice is once; raises InvalidTransition when the proposal is over otherwise."""
    _take(transfer, actor)
    if transfer.declined_at is not None:
        return
    _refuse_over(transfer)
    transfer.declined_at = clock.now()
    audit.record(actor, "application.decline-lead", transfer.application, audience=Audience.TEAM)
    outbox.publish(LeadDeclined(application_id=transfer.application_id, transfer_id=transfer.id))


def impose(application: Application, account_id: uuid.UUID, *, actor: Account) -> None:
    """Name another lead at once, because the one before has left: nobody has to accept."""
    lock(application)
    require(policies.can_impose_lead, actor, application)
    member, name = _receiver(application, account_id)
    if not joining.lead_has_left(application):
        raise RuleBroken("Le porteur est toujours là : proposez le dossier, il change de mains quand l’autre accepte.")
    _end(_pending(application.id))
    former_id = _make_lead(application, member)
    audit.record(actor, "application.transfer-lead", application, audience=Audience.TEAM, member=name)
    outbox.publish(
        LeadTransferred(application_id=application.id, former_id=former_id, lead_id=account_id, imposed=True)
    )


def _receiver(application: Application, account_id: uuid.UUID) -> tuple[TeamMember, str]:
    member, name = team.member_of(application, account_id)
    if member.role is TeamRole.LEAD:
        raise RuleBroken(f"{name} est déjà le porteur du dossier.")
    person = accounts.active(account_id)
    if person is None or not joining.may_join(person, application):
        raise RuleBroken(f"{name} ne peut pas être le porteur de ce dossier : choisissez un autre membre.")
    return member, name


def _make_lead(application: Application, member: TeamMember) -> uuid.UUID | None:
    former_id = db.session.scalar(
        sa.update(TeamMember)
        .where(TeamMember.application_id == application.id, TeamMember.role == TeamRole.LEAD)
        .values(role=TeamRole.EDITOR)
        .returning(TeamMember.account_id)
    )
    member.role = TeamRole.LEAD
    db.session.flush()
    return former_id


def _pending(application_id: uuid.UUID) -> LeadTransfer | None:
    rows = sa.select(LeadTransfer).where(LeadTransfer.application_id == application_id, *joining.pending(LeadTransfer))
    return db.session.scalar(rows.with_for_update().execution_options(populate_existing=True))


def _end(pending: LeadTransfer | None) -> None:
    if pending is not None:
        pending.withdrawn_at = clock.now()
        # Before another takes its place: one only may wait.
        db.session.flush()


def _take(transfer: LeadTransfer, actor: Account) -> None:
    """Lock the dossier, then the proposal, as they are now; only its receiver answers."""
    lock(transfer.application)
    lock(transfer)
    if transfer.receiver_id != actor.id:
        raise Forbidden("Cette proposition n’est pas pour vous.")


def _refuse_over(transfer: LeadTransfer) -> None:
    if not transfer.is_open(at=clock.now()):
        raise InvalidTransition(OVER)
