"""Finding calls."""

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from guichet.accounts.models import Account, Organisation, Role
from guichet.calls import changes, deadlines, ledger, policies
from guichet.calls.models import (
    AttachmentKind,
    Call,
    CallDocument,
    CallRound,
    CallStatus,
    Criterion,
    EnvelopeMovement,
    MovementKind,
    PriorityAction,
    ProjectFamily,
    call_organisation,
    call_priority_action,
    call_project_family,
)
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Forbidden, NotFound

Line = TypeVar("Line", Criterion, AttachmentKind, CallDocument, CallRound)


class Period(enum.StrEnum):
    """Where a published call stands for who would apply; the values are words of the address."""

    OPEN = "ouverts"
    COMING = "a-venir"
    PAST = "passes"

    @property
    def label(self) -> str:
        return {"ouverts": "Ouverts", "a-venir": "À venir", "passes": "Passés"}[self.value]


STATUSES = {
    Period.OPEN: frozenset({CallStatus.OPEN}),
    Period.COMING: frozenset({CallStatus.PUBLISHED}),
    Period.PAST: policies.PUBLIC - {CallStatus.OPEN, CallStatus.PUBLISHED},
}


def by_slug(slug: str, *loaded: ORMOption) -> Call:
    """The call at this address, with what `loaded` names. Raises NotFound; asks no right (see policies.can_view)."""
    return _one(sa.select(Call).where(_is_at(slug)).options(*loaded))


def with_lists(call_id: UUID) -> Call:
    """The call as the database has it now, with its criteria, families and priority actions. Raises NotFound."""
    lists = (selectinload(Call.criteria), selectinload(Call.families), selectinload(Call.priority_actions))
    return _one(sa.select(Call).where(Call.id == call_id).options(*lists).execution_options(populate_existing=True))


def managed(slug: str, actor: Account, policy: Callable[[Account, Call], bool], *loaded: ORMOption) -> Call:
    """The call for somebody who would act on it. Raises NotFound when she may not see it, Forbidden when `policy` says no."""
    call = by_slug(slug, *loaded)
    if not policy(actor, call):
        if not policies.can_view(actor, call):
            raise NotFound
        raise Forbidden("Vous n’avez pas le droit de faire cette action.")
    return call


def transfer_targets(source: Call, actor: Account) -> list[Call]:
    """The other calls whose money `actor` also manages, by code."""
    rows = sa.select(Call).where(Call.id != source.id, Call.status != CallStatus.ARCHIVED).order_by(Call.code)
    scope = actor.calls_as(Role.FINANCE)
    return list(db.session.scalars(rows if scope is None else rows.where(Call.id.in_(scope))))


@dataclass(frozen=True)
class Dossiers:
    """How many dossiers a call has, by where they stand."""

    preparing: int
    processing: int
    awarded: int
    settled: int


# The dossiers are a higher package's: they are counted here by the name of their table.
_dossier = sa.table("application", sa.column("call_id", sa.Uuid), sa.column("status", sa.String))
PREPARING = ("draft", "awaiting_endorsement")
SETTLED = ("ineligible", "rejected", "withdrawn", "closed")


def followed_by(actor: Account) -> sa.Select[*tuple[Any, ...]]:
    """The calls that `actor` runs, pays or audits, latest first.

    Each with what is left of its envelope, then its dossiers in preparation, in process, awarded.
    """
    counts = _counts()
    rows = (
        sa.select(
            Call,
            ledger.left(),
            sa.func.coalesce(counts.c.preparing, 0),
            sa.func.coalesce(counts.c.processing, 0),
            sa.func.coalesce(counts.c.awarded, 0),
        )
        .outerjoin(counts, counts.c.call_id == Call.id)
        .order_by(Call.opens_at.desc(), Call.slug)
    )
    scopes = [actor.calls_as(role) for role in policies.FOLLOWERS]
    if None in scopes:
        return rows
    return rows.where(Call.id.in_(set().union(*(scope for scope in scopes if scope))))


def dossiers_of(call_id: UUID) -> Dossiers:
    counts = _counts()
    found = db.session.execute(sa.select(counts).where(counts.c.call_id == call_id)).one_or_none()
    return Dossiers(*found[1:]) if found else Dossiers(0, 0, 0, 0)


def _counts() -> sa.Subquery:
    def count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.count().filter(condition)

    status = _dossier.c.status
    return (
        sa.select(
            _dossier.c.call_id,
            count(status.in_(PREPARING)).label("preparing"),
            count(status.not_in((*PREPARING, *SETTLED, "awarded"))).label("processing"),
            count(status == "awarded").label("awarded"),
            count(status.in_(SETTLED)).label("settled"),
        )
        .group_by(_dossier.c.call_id)
        .subquery()
    )


def _is_at(slug: str) -> sa.ColumnElement[bool]:
    # An address may hold characters that PostgreSQL refuses to hear of.
    return Call.slug == slug if slug.isascii() and slug.isprintable() else sa.false()


def _one(rows: sa.Select[Call]) -> Call:
    call = db.session.scalars(rows).unique().one_or_none()
    if call is None:
        raise NotFound
    return call


def public(period: Period | None = None, action_code: str | None = None) -> sa.Select[Call]:
    """Published calls: the open ones first (soonest closing first), then the coming ones, then the past ones."""
    rows = sa.select(Call).where(Call.status.in_(STATUSES[period] if period else policies.PUBLIC))
    if action_code:
        rows = rows.where(Call.priority_actions.any(PriorityAction.code == action_code))
    turn = sa.case((Call.status == CallStatus.OPEN, 0), (Call.status == CallStatus.PUBLISHED, 1), else_=2)
    soonest = sa.case((turn == 0, deadlines.next_closing(clock.now())), (turn == 1, Call.opens_at))
    return rows.order_by(turn, soonest, Call.closes_at.desc(), Call.slug)


def priority_actions() -> Sequence[PriorityAction]:
    return db.session.scalars(sa.select(PriorityAction).order_by(PriorityAction.position, PriorityAction.label)).all()


def families() -> Sequence[ProjectFamily]:
    return db.session.scalars(sa.select(ProjectFamily).order_by(ProjectFamily.position, ProjectFamily.label)).all()


def organisations_named(names: Sequence[str]) -> list[Organisation]:
    """The organisations of these very names."""
    return list(db.session.scalars(sa.select(Organisation).where(Organisation.name.in_(names)))) if names else []


def organisations_of(call_id: UUID) -> Sequence[Organisation]:
    """The organisations that alone may apply; none when the call names none."""
    rows = sa.select(Organisation).join(call_organisation).where(call_organisation.c.call_id == call_id)
    return db.session.scalars(rows.order_by(Organisation.name)).all()


@dataclass(frozen=True)
class Reading:
    """All that the page of a call tells; `attachments` are (label, required).

    `envelope` is what was opened, less what is frozen (euros). What is left of it would betray decisions not yet published.
    """

    call: Call
    envelope: Decimal
    families: list[str]
    priority_actions: list[str]
    attachments: list[tuple[str, bool]]
    organisations: list[str]
    documents: Sequence[CallDocument]
    extensions: Sequence[changes.Extension]
    corrections: Sequence[changes.Correction]


def reading_of(slug: str, reader: Account | None) -> Reading:
    """The page of a call for `reader` (None: a visitor). Three statements; raises NotFound, also when it is not hers to see."""
    told = (changes.lines(action) for action in (changes.CORRECT, changes.EXTEND))
    rows = sa.select(Call, _brought(), *told).where(_is_at(slug)).options(joinedload(Call.criteria))
    found = db.session.execute(rows).unique().one_or_none()
    if found is None or not policies.can_view(reader, found[0]):
        raise NotFound
    call, envelope, corrected, extended = found
    lists: dict[str, list[tuple[str, bool]]] = {"family": [], "action": [], "attachment": [], "organisation": []}
    for name, label, required, _ in db.session.execute(_lists_of(call.id)):
        lists[name].append((label, required))
    return Reading(
        call=call,
        envelope=envelope,
        families=[label for label, _ in lists["family"]],
        priority_actions=[label for label, _ in lists["action"]],
        attachments=lists["attachment"],
        organisations=sorted(label for label, _ in lists["organisation"]),
        documents=documents_of(call.id),
        corrections=changes.corrected(corrected),
        extensions=changes.extended(extended),
    )


def _brought() -> sa.ScalarSelect[Decimal]:
    kinds = (
        MovementKind.OPENING,
        MovementKind.FREEZE,
        MovementKind.THAW,
        MovementKind.TRANSFER_OUT,
        MovementKind.TRANSFER_IN,
    )
    total = sa.select(sa.func.coalesce(sa.func.sum(EnvelopeMovement.amount), 0))
    return total.where(EnvelopeMovement.call_id == Call.id, EnvelopeMovement.kind.in_(kinds)).scalar_subquery()


def _lists_of(call_id: UUID) -> sa.CompoundSelect[str, str, bool, int]:
    # Four short lists in one statement.
    families = (
        sa.select(sa.literal("family"), ProjectFamily.label, sa.false(), ProjectFamily.position.label("position"))
        .join(call_project_family)
        .where(call_project_family.c.call_id == call_id)
    )
    actions = (
        sa.select(sa.literal("action"), PriorityAction.label, sa.false(), PriorityAction.position)
        .join(call_priority_action)
        .where(call_priority_action.c.call_id == call_id)
    )
    attachments = sa.select(
        sa.literal("attachment"), AttachmentKind.label, AttachmentKind.required, AttachmentKind.position
    ).where(AttachmentKind.call_id == call_id)
    named = (
        sa.select(sa.literal("organisation"), Organisation.name, sa.false(), sa.literal(0))
        .join(call_organisation)
        .where(call_organisation.c.call_id == call_id)
    )
    return sa.union_all(families, actions, attachments, named).order_by("position")


def criteria_of(call_id: UUID) -> Sequence[Criterion]:
    """The grid as the database has it now, in its order."""
    rows = sa.select(Criterion).where(Criterion.call_id == call_id).order_by(Criterion.position)
    return db.session.scalars(rows, execution_options={"populate_existing": True}).all()


def attachment_kinds_of(call_id: UUID) -> Sequence[AttachmentKind]:
    rows = sa.select(AttachmentKind).where(AttachmentKind.call_id == call_id).order_by(AttachmentKind.position)
    return db.session.scalars(rows).all()


def line_of(model: type[Line], call: Call, line_id: UUID, *loaded: ORMOption) -> Line:
    """The criterion, kind of attachment or document of this call. Raises NotFound when it is another call's, or nobody's."""
    rows = sa.select(model).where(model.id == line_id, model.call_id == call.id).options(*loaded)
    found: Line | None = db.session.scalar(rows, execution_options={"populate_existing": True})
    if found is None:
        raise NotFound
    return found


def documents_of(call_id: UUID) -> Sequence[CallDocument]:
    rows = sa.select(CallDocument).where(CallDocument.call_id == call_id).options(joinedload(CallDocument.document))
    return db.session.scalars(rows.order_by(CallDocument.created_at, CallDocument.label)).all()
