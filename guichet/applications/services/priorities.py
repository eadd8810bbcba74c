"""Changing the order of a ministry's dossiers of one call."""

from collections.abc import Sequence
from itertools import count, islice
from uuid import UUID

import sqlalchemy as sa

from guichet.accounts.models import Account
from guichet.applications import policies, priorities
from guichet.applications.models import Application
from guichet.applications.priorities import Line
from guichet.audit import services as audit
from guichet.calls.models import Call
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Conflict, Forbidden, NotFound, RuleBroken
from guichet.workflow.engine import lock

CLOSED = "L’appel est clos : l’ordre de priorité est fixé, il ne change plus."
MOVED = (
    "L’ordre ou la liste a changé depuis l’ouverture de cette page : une autre personne a ordonné les dossiers, ou l’un d’eux "
    "vient d’être ajouté ou retiré. Voici l’ordre actuel ; rien n’a été modifié par votre demande."
)


def move(call: Call, ministry_id: UUID, application_id: UUID, steps: int, *, seen: str, actor: Account) -> Line:
    """Move a dossier `steps` down (up when negative) in the order that `seen` names, as far as it goes; returns its new line.

    Raises Forbidden, NotFound when the order has no such dossier, RuleBroken once the call is closed, and Conflict when the order
    is not the one that was seen. The call's lock makes two focal points wait for one another.
    """
    order = _begin(call, ministry_id, seen, actor)
    line = next((line for line in order if line.id == application_id), None)
    if line is None:
        raise NotFound("Ce dossier n’est pas de ceux que vous ordonnez.")
    place = max(0, order.index(line) + steps)
    after = [other for other in order if other is not line]
    after.insert(place, line)
    _write(call, ministry_id, order, after, actor)
    return next(line for line in priorities.lines(actor, call.id, ministry_id) if line.id == application_id)


def confirm(call: Call, ministry_id: UUID, *, seen: str, actor: Account) -> None:
    """Number the dossiers as they are shown, those that nobody placed included. Raises as `move`."""
    order = _begin(call, ministry_id, seen, actor)
    _write(call, ministry_id, order, order, actor)


def _begin(call: Call, ministry_id: UUID, seen: str, actor: Account) -> list[Line]:
    if not policies.can_order(actor, ministry_id):
        raise Forbidden("Seul le référent du ministère ordonne ses dossiers.")
    lock(call)
    if not policies.is_order_open(call, at=clock.now()):
        raise RuleBroken(CLOSED)
    order = priorities.lines(actor, call.id, ministry_id)
    if priorities.fingerprint(order) != seen:
        raise Conflict(MOVED)
    return order


def _write(call: Call, ministry_id: UUID, before: Sequence[Line], after: Sequence[Line], actor: Account) -> None:
    """Those that the order does not hold (already before the committee, set aside, hidden from the actor) keep their rank."""
    if not after:
        return
    kept = priorities.taken(call.id, ministry_id, [line.id for line in after])
    free = islice((rank for rank in count(1) if rank not in kept), len(after))
    turns = dict(zip((line.id for line in after), free, strict=True))
    # In one statement, and not through the loaded dossiers: the order is none of their content, whose version it would change.
    db.session.execute(
        sa.update(Application)
        .where(Application.id.in_(turns))
        .values(ministry_rank=sa.case(turns, value=Application.id)),
        execution_options={"synchronize_session": False},
    )
    audit.record(
        actor,
        "call-priorities.order",
        call,
        ministry_id=ministry_id,
        before=[{"id": line.id, "rank": line.rank} for line in before],
        after=[{"id": identifier, "rank": rank} for identifier, rank in turns.items()],
    )
