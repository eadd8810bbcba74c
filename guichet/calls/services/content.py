"""What hangs on a draft call: scoring grid, kinds of attachments, documents offered."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa

from guichet.accounts.models import Account
from guichet.audit import services as audit
from guichet.calls import policies, queries
from guichet.calls.models import Applicability, AttachmentKind, Call, CallDocument, Criterion
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.core.policy import require
from guichet.documents.models import Document
from guichet.workflow.engine import lock

# A page shows them all: they stay few.
MOST_CRITERIA = 15
MOST_KINDS = 15
MOST_DOCUMENTS = 10


@dataclass(frozen=True, kw_only=True)
class CriterionTerms:
    title: str
    description: str
    weight: Decimal
    highest_mark: int
    applicability: Applicability


def add_criterion(call: Call, terms: CriterionTerms, *, actor: Account) -> None:
    """A new last line of the grid. Raises RuleBroken when the grid is full."""
    _begin(call, actor)
    position = _next_position(Criterion, call)
    if position is None:
        raise RuleBroken(f"Une grille compte {MOST_CRITERIA} critères au plus.")
    db.session.add(Criterion(call_id=call.id, position=position, **vars(terms)))
    audit.record(actor, "call-criterion.add", call, title=terms.title, weight=terms.weight)


def change_criterion(call: Call, criterion_id: UUID, terms: CriterionTerms, *, actor: Account) -> None:
    """Rewrite a line of the grid. Raises NotFound when the call has no such line."""
    _begin(call, actor)
    criterion = queries.line_of(Criterion, call, criterion_id)
    for name, value in vars(terms).items():
        setattr(criterion, name, value)
    audit.record(actor, "call-criterion.change", call, title=terms.title, weight=terms.weight)


def remove_criterion(call: Call, criterion_id: UUID, *, actor: Account) -> None:
    """Raises NotFound when the call has no such line."""
    _begin(call, actor)
    criterion = queries.line_of(Criterion, call, criterion_id)
    db.session.delete(criterion)
    audit.record(actor, "call-criterion.remove", call, title=criterion.title)


def move_criterion(call: Call, criterion_id: UUID, steps: int, *, actor: Account) -> None:
    """Move a line `steps` down (up when negative), as far as the grid goes. Raises NotFound when the call has no such line."""
    _begin(call, actor)
    grid = list(queries.criteria_of(call.id))
    criterion = queries.line_of(Criterion, call, criterion_id)
    place = max(0, grid.index(criterion) + steps)
    grid.remove(criterion)
    grid.insert(place, criterion)
    # In one statement: the positions are unique at its end, not at each row.
    turns = {line.id: position for position, line in enumerate(grid, start=1)}
    db.session.execute(
        sa.update(Criterion)
        .where(Criterion.call_id == call.id)
        .values(position=sa.case(turns, value=Criterion.id, else_=Criterion.position)),
        execution_options={"synchronize_session": False},
    )
    for line in grid:
        db.session.expire(line, ["position"])
    audit.record(actor, "call-criterion.move", call, title=criterion.title, steps=steps)


def add_attachment_kind(call: Call, label: str, *, required: bool, actor: Account) -> None:
    """Ask for one more kind of attachment. Raises RuleBroken when the call already asks for it, or for too many."""
    _begin(call, actor)
    position = _next_position(AttachmentKind, call)
    if position is None:
        raise RuleBroken(f"Un appel demande {MOST_KINDS} pièces au plus.")
    same = sa.select(AttachmentKind.id).where(AttachmentKind.call_id == call.id, AttachmentKind.label == label)
    if db.session.scalar(same) is not None:
        raise RuleBroken("Cette pièce est déjà demandée.", field="label")
    db.session.add(AttachmentKind(call_id=call.id, position=position, label=label, required=required))
    audit.record(actor, "call-attachment_kind.add", call, label=label, required=required)


def remove_attachment_kind(call: Call, kind_id: UUID, *, actor: Account) -> None:
    """Raises NotFound when the call asks for no such attachment."""
    _begin(call, actor)
    kind = queries.line_of(AttachmentKind, call, kind_id)
    db.session.delete(kind)
    audit.record(actor, "call-attachment_kind.remove", call, label=kind.label)


def add_document(call: Call, document: Document, label: str, *, actor: Account) -> None:
    """Offer a stored file with the call. Raises RuleBroken when it offers too many."""
    _begin(call, actor)
    count = sa.select(sa.func.count()).where(CallDocument.call_id == call.id)
    if (db.session.scalar(count) or 0) >= MOST_DOCUMENTS:
        raise RuleBroken(f"Un appel propose {MOST_DOCUMENTS} documents au plus.", field="file")
    db.session.add(CallDocument(call_id=call.id, document_id=document.id, label=label))
    audit.record(actor, "call-document.add", call, label=label, sha256=document.sha256)


def remove_document(call: Call, call_document_id: UUID, *, actor: Account) -> None:
    """Raises NotFound when the call offers no such document."""
    _begin(call, actor)
    offered = queries.line_of(CallDocument, call, call_document_id)
    db.session.delete(offered)
    audit.record(actor, "call-document.remove", call, label=offered.label)


def _begin(call: Call, actor: Account) -> None:
    # What follows reads the lines afresh: the call's lock makes their writers wait for one another.
    lock(call)
    require(policies.can_edit, actor, call)


def _next_position(model: type[Criterion] | type[AttachmentKind], call: Call) -> int | None:
    """The place after the last line; None when the list is full."""
    most = MOST_CRITERIA if model is Criterion else MOST_KINDS
    facts = sa.select(sa.func.count(), sa.func.coalesce(sa.func.max(model.position), 0)).where(model.call_id == call.id)
    count, last = db.session.execute(facts).one()
    return last + 1 if count < most else None
