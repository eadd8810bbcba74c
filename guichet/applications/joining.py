"""Who may join a team, who is asked to, and which dossiers have lost their lead."""

import hashlib
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from guichet.accounts import queries as accounts
from guichet.accounts.models import Account, Organisation, Role, RoleGrant
from guichet.accounts.policies import is_admin
from guichet.applications import policies, queries
from guichet.applications.models import Application, Invitation, LeadTransfer, Offer, Recusal, TeamMember, TeamRole
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import NotFound
from guichet.core.paging import PAGE_SIZE

MOST_MEMBERS = 16


def colleague(email: str, application: Application) -> Account | None:
    """The active person of that address who may apply for the dossier's ministry."""
    person = accounts.by_email(email)
    if person is None or not person.is_active or not policies.still_applies(person, application):
        return None
    return person


def is_recused(account_id: UUID, application_id: UUID) -> bool:
    rows = sa.exists().where(Recusal.account_id == account_id, Recusal.application_id == application_id)
    return bool(db.session.scalar(sa.select(rows)))


def may_join(actor: Account, application: Application) -> bool:
    """Whether `actor` may be of this team: she applies for its ministry, and no conflict of interest keeps her away."""
    return policies.still_applies(actor, application) and not is_recused(actor.id, application.id)


def one_for_team(actor: Account, application_id: UUID) -> tuple[Application, bool]:
    """The dossier for the page of its team, and whether `actor` may also read what it holds.

    Administrators compose the teams of dossiers that they may not read. Raises NotFound for everybody else.
    """
    try:
        return queries.one_for(actor, application_id), True
    except NotFound:
        if not is_admin(actor) or is_recused(actor.id, application_id):
            raise
        return queries.loaded(application_id), False


def lead_has_left(application: Application) -> bool:
    """Whether the lead can no longer act: account closed, role ended or gone to another ministry. Read afresh."""
    leads = [member.account_id for member in application.team if member.role is TeamRole.LEAD]
    found = [accounts.active(account_id) for account_id in leads]
    return not any(lead and policies.still_applies(lead, application) for lead in found)


# Invitations


def pending_of(application_id: UUID) -> list[Invitation]:
    """The invitations of a dossier that nobody has ended, the oldest first; those whose time is over too."""
    rows = sa.select(Invitation).where(Invitation.application_id == application_id, *pending(Invitation))
    rows = rows.order_by(Invitation.created_at, Invitation.id).limit(MOST_MEMBERS)
    return list(db.session.scalars(rows.options(joinedload(Invitation.invited_by))))


def fingerprint(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def behind(secret: str) -> Invitation | None:
    """The invitation that a one-time link leads to, with its dossier and who invites."""
    return db.session.scalars(_whole().where(Invitation.token_sha256 == fingerprint(secret))).one_or_none()


def invitation_to(actor: Account, invitation_id: UUID) -> Invitation:
    """An invitation to the address of `actor`. Raises NotFound for anybody else's: there is no such thing for her."""
    rows = _whole().where(Invitation.id == invitation_id, Invitation.address == actor.email)
    found = db.session.scalars(rows).one_or_none()
    if found is None:
        raise NotFound("Cette invitation n’existe pas, ou n’est pas pour votre adresse.")
    return found


def invitations_awaiting(actor: Account) -> list[Invitation]:
    """The open invitations that `actor` could accept now. One statement."""
    rows = _whole().join(Invitation.application)
    rows = rows.where(Invitation.address == actor.email, *_open(Invitation), *_hers(actor))
    return list(db.session.scalars(rows.order_by(Invitation.expires_at).limit(PAGE_SIZE)))


def _whole() -> sa.Select[Invitation]:
    dossier = joinedload(Invitation.application)
    return sa.select(Invitation).options(
        dossier.joinedload(Application.call),
        dossier.joinedload(Application.ministry),
        dossier.joinedload(Application.organisation),
        joinedload(Invitation.invited_by),
    )


# Proposals of the lead


def transfer_to(actor: Account, transfer_id: UUID) -> LeadTransfer:
    """A dossier proposed to `actor`. Raises NotFound for anybody else's, and once a conflict of interest hides the dossier."""
    rows = sa.select(LeadTransfer).where(LeadTransfer.id == transfer_id, LeadTransfer.receiver_id == actor.id)
    found = db.session.scalars(rows.options(joinedload(LeadTransfer.application))).one_or_none()
    if found is None or is_recused(actor.id, found.application_id):
        raise NotFound("Cette proposition n’existe pas, ou n’est pas pour vous.")
    return found


def transfers_awaiting(actor: Account) -> list[LeadTransfer]:
    """The dossiers proposed to `actor`, whose lead she could become now. One statement."""
    dossier = joinedload(LeadTransfer.application)
    rows = (
        sa.select(LeadTransfer)
        .join(LeadTransfer.application)
        .where(LeadTransfer.receiver_id == actor.id, *_open(LeadTransfer), *_hers(actor))
        .options(dossier.joinedload(Application.call), joinedload(LeadTransfer.proposed_by))
    )
    return list(db.session.scalars(rows.order_by(LeadTransfer.expires_at).limit(PAGE_SIZE)))


# For administrators


def wanted_accounts() -> sa.Select[*tuple[Any, ...]]:
    """Open invitations to addresses that have no account, each with the ministry's name: the account is to be opened first."""
    known = sa.exists().where(Account.email == Invitation.address)
    return (
        sa.select(Invitation, Organisation.name.label("ministry"))
        .join(Invitation.application)
        .join(Organisation, Organisation.id == Application.ministry_id)
        .options(joinedload(Invitation.invited_by))
        .where(*_open(Invitation), ~known)
        .order_by(Invitation.expires_at, Invitation.id)
    )


def without_lead(actor: Account) -> sa.Select[*tuple[Any, ...]]:
    """Dossiers whose lead can no longer act, each with her name, but those that a conflict of interest hides from `actor`."""
    lead, home = aliased(Account), aliased(Organisation)
    applies = sa.exists().where(
        RoleGrant.account_id == lead.id,
        RoleGrant.role == Role.APPLICANT,
        sa.or_(RoleGrant.last_day.is_(None), RoleGrant.last_day >= clock.today()),
    )
    stays = sa.and_(lead.active, home.ministry_id == Application.ministry_id, applies)
    recused = sa.select(Recusal.application_id).where(Recusal.account_id == actor.id)
    return (
        sa.select(Application, lead.full_name.label("lead"))
        .join(TeamMember, sa.and_(TeamMember.application_id == Application.id, TeamMember.role == TeamRole.LEAD))
        .join(lead, lead.id == TeamMember.account_id)
        .join(home, home.id == lead.organisation_id)
        .options(joinedload(Application.ministry))
        .where(~stays, Application.id.not_in(recused))
        .order_by(Application.created_at.desc(), Application.id)
    )


def pending(offer: type[Offer]) -> tuple[sa.ColumnElement[bool], ...]:
    """The conditions of what nobody has ended, though its time may be over."""
    ends: tuple[Any, ...] = (offer.accepted_at, offer.declined_at, offer.withdrawn_at)
    return tuple(end.is_(None) for end in ends)


def _open(offer: type[Offer]) -> tuple[sa.ColumnElement[bool], ...]:
    expires_at: Any = offer.expires_at
    return (*pending(offer), expires_at > clock.now())


def _hers(actor: Account) -> tuple[sa.ColumnElement[bool], ...]:
    """Dossiers of the ministry that `actor` applies for, and that no conflict of interest hides from her."""
    recused = sa.select(Recusal.application_id).where(Recusal.account_id == actor.id)
    applies = sa.literal(actor.has_role(Role.APPLICANT))
    return (applies, Application.ministry_id == actor.organisation.ministry_id, Application.id.not_in(recused))
