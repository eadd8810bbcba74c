"""Who is on a dossier's team, and whether each writes it or only reads."""

import uuid

import sqlalchemy as sa

from guichet.accounts.models import Account
from guichet.applications import joining, policies
from guichet.applications.events import MemberAdded, MemberRemoved, MemberRoleChanged
from guichet.applications.models import Application, Invitation, LeadTransfer, TeamMember, TeamRole
from guichet.applications.services import invitations
from guichet.audit import services as audit
from guichet.audit.models import Audience
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import NotFound, RuleBroken
from guichet.core.policy import require
from guichet.outbox import services as outbox
from guichet.workflow.engine import lock

# The lead is passed on from hand to hand: see services/lead.py.
GIVEN = (TeamRole.EDITOR, TeamRole.READER)


def bring_in(
    application: Application, *, email: str, role: TeamRole = TeamRole.EDITOR, actor: Account
) -> Invitation | None:
    """Put a colleague of the ministry in the team at once; send an invitation, returned, to any other address.

    Whether an unknown address has an account elsewhere is not told.
    """
    lock(application)
    require(policies.can_manage_team, actor, application)
    _refuse_role(role)
    person = joining.colleague(email, application)
    if person is None:
        return invitations.invite(application, email=email, role=role, actor=actor)
    if find(application, person.id) is not None:
        raise RuleBroken(f"{person.full_name} est déjà dans l’équipe.", field="email")
    if joining.is_recused(person.id, application.id):
        raise RuleBroken("Cette personne ne peut pas rejoindre l’équipe de ce dossier.", field="email")
    invitations.refuse_crowd(application)
    db.session.add(TeamMember(application_id=application.id, account_id=person.id, role=role))
    # She may have been invited before she had an account.
    db.session.execute(
        sa.update(Invitation)
        .where(Invitation.application_id == application.id, Invitation.address == person.email)
        .where(*joining.pending(Invitation))
        .values(withdrawn_at=clock.now())
    )
    audit.record(actor, "application.add-member", application, audience=Audience.TEAM, member=person.full_name)
    outbox.publish(MemberAdded(application_id=application.id, account_id=person.id, by_id=actor.id))
    return None


def change_role(application: Application, account_id: uuid.UUID, role: TeamRole, *, actor: Account) -> None:
    """Let a member write, or only read. Nothing happens when it is so already."""
    lock(application)
    require(policies.can_manage_team, actor, application)
    _refuse_role(role)
    member, name = member_of(application, account_id)
    if member.role is TeamRole.LEAD:
        raise RuleBroken("Le porteur garde son rôle jusqu’à ce qu’il transmette le dossier à un autre membre.")
    if member.role is role:
        return
    member.role = role
    audit.record(
        actor, "application.change-role", application, audience=Audience.TEAM, member=f"{name} : {role.label.lower()}"
    )
    outbox.publish(MemberRoleChanged(application_id=application.id, account_id=account_id, by_id=actor.id))


def remove_member(application: Application, account_id: uuid.UUID, *, actor: Account) -> None:
    """Take a colleague off the dossier, or leave it. The lead stays until another one takes over."""
    lock(application)
    if actor.id != account_id:
        require(policies.can_manage_team, actor, application)
    member, name = member_of(application, account_id)
    if member.role is TeamRole.LEAD:
        raise RuleBroken("Le porteur ne peut pas être retiré : transmettez d’abord le dossier à un autre membre.")
    db.session.delete(member)
    # Who leaves is not waited for any more.
    db.session.execute(
        sa.update(LeadTransfer)
        .where(LeadTransfer.application_id == application.id, LeadTransfer.receiver_id == account_id)
        .where(*joining.pending(LeadTransfer))
        .values(withdrawn_at=clock.now())
    )
    audit.record(actor, "application.remove-member", application, audience=Audience.TEAM, member=name)
    outbox.publish(MemberRemoved(application_id=application.id, account_id=account_id, by_id=actor.id))


def member_of(application: Application, account_id: uuid.UUID) -> tuple[TeamMember, str]:
    """The member and her name. Raises NotFound for who is not on the team."""
    found = find(application, account_id)
    if found is None:
        raise NotFound("Cette personne n’est pas dans l’équipe du dossier.")
    return found


def find(application: Application, account_id: uuid.UUID) -> tuple[TeamMember, str] | None:
    """The member and her name, read under the dossier's lock: the list that the page had loaded may be older."""
    row = db.session.execute(
        sa.select(TeamMember, Account.full_name)
        .join(TeamMember.account)
        .where(TeamMember.application_id == application.id, TeamMember.account_id == account_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def _refuse_role(role: TeamRole) -> None:
    if role not in GIVEN:
        raise RuleBroken("Un dossier a un seul porteur : proposez-lui de le transmettre.", field="role")
