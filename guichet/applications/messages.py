"""Reading the messages of a dossier: who they reach, the thread page by page, and how many are not read yet."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from guichet.accounts import queries as accounts
from guichet.accounts.models import Account, Organisation, Role, RoleGrant
from guichet.applications import policies
from guichet.applications.models import (
    Application,
    AuthorRole,
    Message,
    MessageAudience,
    MessageReading,
    Recusal,
    TeamMember,
)
from guichet.applications.queries import corresponds
from guichet.core.db import db
from guichet.core.paging import PAGE_SIZE, Page, page_within
from guichet.web.filters import moment


@dataclass(frozen=True)
class Line:
    """A message as its readers see it."""

    id: UUID
    at: dt.datetime
    body: str
    audience: MessageAudience
    author: str
    role: AuthorRole
    ministry: str
    unread: bool


@dataclass(frozen=True)
class Correspondents:
    """Who takes part in the messages of a dossier: on the side of the ministry (`team`) and of the service (`officers`)."""

    team: list[Account]
    officers: list[Account]


def correspondents(application: Application) -> Correspondents:
    """Who is told of a message, each asked the policies: nobody recused, no closed account. One statement."""
    members = sa.select(TeamMember.account_id).where(TeamMember.application_id == application.id)
    holders = sa.select(RoleGrant.account_id).where(
        sa.or_(
            sa.and_(RoleGrant.role == Role.FOCAL_POINT, RoleGrant.organisation_id == application.ministry_id),
            sa.and_(
                RoleGrant.role == Role.OFFICER,
                sa.or_(RoleGrant.call_id.is_(None), RoleGrant.call_id == application.call_id),
            ),
        )
    )
    recused = sa.select(Recusal.account_id).where(Recusal.application_id == application.id)
    rows = accounts.with_rights().where(
        Account.active, Account.id.in_(sa.union(members, holders)), Account.id.not_in(recused)
    )
    team: list[Account] = []
    officers: list[Account] = []
    for person in db.session.scalars(rows.order_by(Account.full_name, Account.id)).unique():
        part = policies.part_of(person, application)
        if part is not None:
            (officers if part is AuthorRole.OFFICER else team).append(person)
    return Correspondents(team, officers)


def thread(application: Application, actor: Account, number: int) -> Page[Line]:
    """Page `number` of the messages that `actor` may read, oldest first; beyond the last, the last. Two statements."""
    total = db.session.scalar(_read_by(actor, application).with_only_columns(sa.func.count())) or 0
    number = page_within(number, total)
    shown = _lines(application, actor).limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)
    return Page([Line(*line) for line in db.session.execute(shown)], number, total)


def whole(application: Application, actor: Account) -> list[Line]:
    """All the messages that `actor` may read, oldest first. One statement."""
    return [Line(*line) for line in db.session.execute(_lines(application, actor))]


def one_for(actor: Account, application: Application, message_id: UUID) -> Message | None:
    """A message of the dossier that `actor` may read; None for another."""
    return db.session.scalar(_read_by(actor, application).where(Message.id == message_id))


def unread(actor: Account) -> sa.ScalarSelect[int]:
    """How many messages `actor` has not read of each Application of the statement around; none for who only watches."""
    waiting = sa.select(sa.func.count()).select_from(Message).where(_awaits_reading(actor))
    return waiting.correlate(Application).scalar_subquery()


def with_unread(actor: Account) -> sa.ColumnElement[bool]:
    """Whether a dossier holds a message that `actor` has not read."""
    return sa.exists().select_from(Message).where(_awaits_reading(actor)).correlate(Application)


def count_unread(actor: Account, application_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many messages `actor` has not read of each of these dossiers. One statement, or none."""
    wanted = list(application_ids)
    if not wanted:
        return {}
    counted = sa.select(Application.id, unread(actor)).where(Application.id.in_(wanted))
    return {row[0]: row[1] for row in db.session.execute(counted)}


def _read_by(actor: Account, application: Application) -> sa.Select[Message]:
    return sa.select(Message).where(
        Message.application_id == application.id, Message.audience.in_(policies.audiences_read(actor, application))
    )


def _lines(application: Application, actor: Account) -> sa.Select[Any]:
    """The columns of a Line: neither the author's account nor the dossier is loaded. Nothing is new to who only watches."""
    ministry = aliased(Organisation)
    is_new = _is_new(actor) if policies.can_exchange(actor, application) else sa.false()
    shown: tuple[Any, ...] = (
        Message.id,
        Message.created_at,
        Message.body,
        Message.audience,
        Account.full_name,
        Message.author_role,
        ministry.name,
        is_new,
    )
    rows = _read_by(actor, application).join(Message.author).join(Account.organisation)
    rows = rows.join(ministry, ministry.id == Organisation.ministry_id)
    return rows.with_only_columns(*shown).order_by(Message.number)


def _is_new(actor: Account) -> sa.ColumnElement[bool]:
    """Of another, and after what `actor` has read."""
    read_up_to = (
        sa.select(MessageReading.read_up_to)
        .where(MessageReading.account_id == actor.id, MessageReading.application_id == Message.application_id)
        .scalar_subquery()
    )
    return sa.and_(Message.author_id != actor.id, Message.number > sa.func.coalesce(read_up_to, 0))


def _awaits_reading(actor: Account) -> sa.ColumnElement[bool]:
    hers = (sa.and_(Message.audience == audience, corresponds(actor, audience)) for audience in MessageAudience)
    return sa.and_(Message.application_id == Application.id, sa.or_(*hers), _is_new(actor))


def as_text(lines: Sequence[Line], title: str, zone: str) -> bytes:
    """The messages to be taken away. What people wrote is set back: no line of theirs passes for one of ours."""
    return "\n".join([f"Messages du dossier {title}", *_told(lines, zone), ""]).encode()


def _told(lines: Sequence[Line], zone: str) -> Iterator[str]:
    for line in lines:
        yield f"\n{moment(line.at, zone)} – {line.author}, {line.role.label}, {line.ministry} ({line.audience.label})"
        yield from (f"    {written}" for written in line.body.splitlines())
