"""Who writes a dossier."""

import uuid

import sqlalchemy as sa

from guichet.accounts.models import Account
from guichet.applications import policies, queries
from guichet.applications.models import Application, TeamMember, TeamRole
from guichet.audit import services as audit
from guichet.audit.models import Audience
from guichet.core.db import db
from guichet.core.errors import NotFound, RuleBroken
from guichet.core.policy import require
from guichet.workflow.engine import lock


def add_member(application: Application, *, email: str, actor: Account) -> None:
    """Let a colleague write the dossier. Whether an unknown address has an account elsewhere is not told."""
    lock(application)
    require(policies.can_manage_team, actor, application)
    person = queries.colleague(email, application)
    if person is None:
        raise RuleBroken("Aucun porteur de projet de votre ministère n’a cette adresse.", field="email")
    if _found(application, person.id) is not None:
        raise RuleBroken(f"{person.full_name} est déjà dans l’équipe.", field="email")
    db.session.add(TeamMember(application_id=application.id, account_id=person.id, role=TeamRole.EDITOR))
    audit.record(actor, "application.add-member", application, audience=Audience.TEAM, member=person.full_name)


def remove_member(application: Application, account_id: uuid.UUID, *, actor: Account) -> None:
    """Take a colleague off the dossier, or leave it. The lead stays until she hands over."""
    lock(application)
    if actor.id != account_id:
        require(policies.can_manage_team, actor, application)
    member, name = _member(application, account_id)
    if member.role is TeamRole.LEAD:
        raise RuleBroken("Le porteur ne peut pas être retiré : transmettez d’abord le dossier à un autre membre.")
    db.session.delete(member)
    audit.record(actor, "application.remove-member", application, audience=Audience.TEAM, member=name)


def transfer_lead(application: Application, account_id: uuid.UUID, *, actor: Account) -> None:
    """Make another member the lead; the former one stays in the team."""
    lock(application)
    require(policies.can_manage_team, actor, application)
    member, name = _member(application, account_id)
    if member.role is TeamRole.LEAD:
        raise RuleBroken(f"{name} est déjà le porteur du dossier.")
    db.session.execute(
        sa.update(TeamMember)
        .where(TeamMember.application_id == application.id, TeamMember.role == TeamRole.LEAD)
        .values(role=TeamRole.EDITOR)
    )
    member.role = TeamRole.LEAD
    audit.record(actor, "application.transfer-lead", application, audience=Audience.TEAM, member=name)


def _member(application: Application, account_id: uuid.UUID) -> tuple[TeamMember, str]:
    found = _found(application, account_id)
    if found is None:
        raise NotFound("Cette personne n’est pas dans l’équipe du dossier.")
    return found


def _found(application: Application, account_id: uuid.UUID) -> tuple[TeamMember, str] | None:
    """The member and her name, read under the dossier's lock: the list that the page had loaded may be older."""
    row = db.session.execute(
        sa.select(TeamMember, Account.full_name)
        .join(TeamMember.account)
        .where(TeamMember.application_id == application.id, TeamMember.account_id == account_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    return None if row is None else (row[0], row[1])
