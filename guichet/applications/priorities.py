"""The order that a ministry's focal points give to its dossiers of one call: to change it, and as others read it.

Two things differ. `ministry_rank` orders all that the focal points may still move, drafts too. What is shown is the place among
the submitted dossiers that still stand, so that it tells nothing of drafts and leaves no hole when one is withdrawn.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from guichet.accounts.models import Account, Organisation, Role
from guichet.applications import queries
from guichet.applications.models import Application, ApplicationStatus
from guichet.calls.models import Call, CallRound
from guichet.core import clock
from guichet.core.db import db

S = ApplicationStatus
# Those that the order may still move.
MOVABLE = (S.DRAFT, S.AWAITING_ENDORSEMENT, S.SUBMITTED, S.CHANGES_REQUESTED, S.ELIGIBLE, S.UNDER_REVIEW)


def _movable() -> sa.ColumnElement[bool]:
    """Those that the committee has not met yet, on a join with their call.

    A call by rounds stays open after the first of them, and a continuous call for good: the order of a round is fixed when it
    closes, and there a dossier keeps its place once it is found eligible.
    """
    running = sa.select(CallRound.id).where(CallRound.closes_at > clock.now())
    return sa.and_(
        Application.status.in_(MOVABLE),
        sa.or_(Application.round_id.is_(None), Application.round_id.in_(running)),
        sa.or_(Call.closes_at.isnot(None), Application.status.not_in((S.ELIGIBLE, S.UNDER_REVIEW))),
    )


@dataclass(frozen=True)
class Line:
    """A dossier of the order; `rank` is None for as long as nobody placed it."""

    id: UUID
    title: str
    reference: str | None
    status: ApplicationStatus
    carrier: str
    rank: int | None


@dataclass(frozen=True)
class Priority:
    """The place of a dossier among those that its ministry submitted and ordered."""

    place: int
    of: int

    @property
    def label(self) -> str:
        return f"Priorité {self.place} sur {self.of} du ministère"


def lines(actor: Account, call_id: UUID, ministry_id: UUID) -> list[Line]:
    """What `actor` orders: the placed first, then the others as they were begun. Never those that she is recused from."""
    rows = (
        queries.mine(actor)
        .join(Application.organisation)
        .join(Application.call)
        .where(Application.ministry_id == ministry_id, Application.call_id == call_id, _movable())
        .with_only_columns(
            Application.id,
            Application.title,
            Application.reference,
            Application.status,
            Organisation.name,
            Application.ministry_rank,
            maintain_column_froms=True,
        )
        .order_by(Application.ministry_rank.asc().nulls_last(), Application.created_at, Application.id)
    )
    return [Line(*row) for row in db.session.execute(rows)]


def order_for(actor: Account, application: Application) -> list[Line]:
    """The order that holds the dossier."""
    return lines(actor, application.call_id, application.ministry_id)


def fingerprint(order: Sequence[Line]) -> str:
    """Names an order as it was shown: who changes it says which one she read."""
    return hashlib.sha256(" ".join(f"{line.id}:{line.rank}" for line in order).encode()).hexdigest()[:16]


def taken(call_id: UUID, ministry_id: UUID, but: Collection[UUID]) -> set[int]:
    """The ranks of the ministry's dossiers of the call other than `but`."""
    rows = sa.select(Application.ministry_rank).where(
        Application.ministry_id == ministry_id,
        Application.call_id == call_id,
        Application.ministry_rank.isnot(None),
        Application.id.not_in(but),
    )
    return {rank for rank in db.session.scalars(rows) if rank is not None}


def shown_of(identifiers: Collection[UUID]) -> dict[UUID, Priority]:
    """The priority of each of these dossiers that has one to show. One statement."""
    asked = sa.select(Application.ministry_id, Application.call_id).where(Application.id.in_(identifiers))
    group = (Application.ministry_id, Application.call_id)
    # Each round has its own order: the next one changes nothing in what is told of this one.
    parts = (*group, Application.round_id)
    placed = (
        sa.select(
            Application.id,
            sa.func.row_number().over(partition_by=parts, order_by=Application.ministry_rank).label("place"),
            sa.func.count().over(partition_by=parts).label("of"),
        )
        .where(
            Application.submitted_at.isnot(None),
            Application.ministry_rank.isnot(None),
            Application.status.not_in(queries.SET_ASIDE),
            sa.tuple_(*group).in_(asked),
        )
        .subquery()
    )
    rows = sa.select(placed.c.id, placed.c.place, placed.c.of).where(placed.c.id.in_(identifiers))
    return {identifier: Priority(place, of) for identifier, place, of in db.session.execute(rows)}


def shown(application: Application) -> Priority | None:
    if application.ministry_rank is None:
        return None
    return shown_of([application.id]).get(application.id)


@dataclass(frozen=True)
class ToOrder:
    """A call for which a ministry has several dossiers."""

    slug: str
    title: str
    ministry_id: UUID
    ministry: str
    dossiers: int


def to_order(actor: Account) -> list[ToOrder]:
    """The orders that `actor` gives or reads: a ministry of hers, a call, two dossiers at least; the first to close first."""
    ministries = actor.organisations_as(Role.FOCAL_POINT)
    if not ministries:
        return []
    number = sa.func.count()
    rows = (
        queries.mine(actor)
        .join(Application.call)
        .join(Application.ministry)
        .where(Application.ministry_id.in_(ministries), _movable())
        .with_only_columns(
            Call.slug, Call.title, Organisation.id, Organisation.short_name, number, maintain_column_froms=True
        )
        .group_by(Call.id, Organisation.id)
        .having(number > 1)
        .order_by(Call.closes_at.asc().nulls_last(), Organisation.short_name)
        .limit(5)
    )
    return [ToOrder(*row) for row in db.session.execute(rows)]
