"""What the notices of a dossier's team need beside the dossier: the invitation and its link, the proposal of a lead."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from guichet.accounts.models import Account
from guichet.applications.joining import is_recused
from guichet.applications.models import Application, Invitation, LeadTransfer, TeamMember
from guichet.applications.services import invitations
from guichet.core import clock
from guichet.core.db import db
from guichet.notifications import subjects
from guichet.notifications.subjects import Subject


@dataclass(frozen=True)
class Outsider:
    """Somebody known by her address alone; `id` is what is sent to her."""

    id: UUID
    email: str
    full_name: str = ""


def invited(event: Any) -> Subject | None:
    """The invitation with its one-time link; None once it is over, and for whom it must not reach."""
    invitation = _invitation(event.invitation_id)
    if invitation is None or not invitation_still_opens(invitation.id, issued=False):
        return None
    return _about(invitation, secret_path=invitations.issue_secret(invitation.id))


def account_wanted(event: Any) -> Subject | None:
    """The invitation without its link, when its address has no account."""
    invitation = _invitation(event.invitation_id)
    return _about(invitation) if invitation and account_still_wanted(invitation.id) else None


def _about(invitation: Invitation, **facts: Any) -> Subject:
    # The dossier is not among the facts: whoever reads that mailbox has not signed in.
    told = {"ministry": invitation.application.ministry, "call": invitation.application.call}
    return Subject("team_invitation", invitation.id, {"invitation": invitation, **told, **facts})


def outsider(subject: Subject) -> Outsider:
    invitation: Invitation = subject.facts["invitation"]
    return Outsider(invitation.id, invitation.address)


def invitation_still_opens(invitation_id: UUID, *, issued: bool = True) -> bool:
    """Not for an invitation that is over, nor for an account that is closed or that must not hear of the dossier."""
    invitation = _invitation(invitation_id)
    if invitation is None or not invitation.is_open(at=clock.now()) or issued != (invitation.token_sha256 is not None):
        return False
    account = _account_of(invitation)
    return account is None or (account.active and not is_recused(account.id, invitation.application_id))


def account_still_wanted(invitation_id: UUID) -> bool:
    """An account is to be opened for as long as the invitation waits and nobody has that address."""
    invitation = _invitation(invitation_id)
    return invitation is not None and invitation.is_open(at=clock.now()) and _account_of(invitation) is None


def _invitation(invitation_id: UUID) -> Invitation | None:
    dossier = joinedload(Invitation.application)
    rows = sa.select(Invitation).where(Invitation.id == invitation_id)
    rows = rows.options(dossier.joinedload(Application.ministry), dossier.joinedload(Application.call))
    return db.session.scalars(
        rows.options(joinedload(Invitation.invited_by)).execution_options(populate_existing=True)
    ).one_or_none()


def _account_of(invitation: Invitation) -> Account | None:
    return db.session.scalars(sa.select(Account).where(Account.email == invitation.address)).one_or_none()


def transfer(event: Any) -> Subject | None:
    """The dossier, and the proposal of another lead."""
    people = (joinedload(LeadTransfer.receiver), joinedload(LeadTransfer.proposed_by))
    found = db.session.get(LeadTransfer, event.transfer_id, options=people, populate_existing=True)
    return subjects.application(event, transfer=found) if found else None


def transfer_still_waits(application_id: UUID) -> bool:
    """Whether somebody's answer is awaited on who leads the dossier."""
    rows = sa.select(LeadTransfer).where(
        LeadTransfer.application_id == application_id,
        LeadTransfer.accepted_at.is_(None),
        LeadTransfer.declined_at.is_(None),
        LeadTransfer.withdrawn_at.is_(None),
        LeadTransfer.expires_at > clock.now(),
    )
    return db.session.scalar(sa.select(rows.exists())) or False


def member(event: Any) -> Subject | None:
    """The dossier, the person of its team whom the event names, and what she is there."""
    person, by = (db.session.get_one(Account, one) for one in (event.account_id, event.by_id))
    rows = sa.select(TeamMember.role).where(
        TeamMember.application_id == event.application_id, TeamMember.account_id == event.account_id
    )
    return subjects.application(event, person=person, by=by, role=db.session.scalar(rows))


def leads(event: Any) -> Subject | None:
    """The dossier, its former lead and the new one."""
    former = db.session.get(Account, event.former_id) if event.former_id else None
    return subjects.application(event, former=former, lead=db.session.get_one(Account, event.lead_id))
