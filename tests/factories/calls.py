"""Calls, the smallest valid ones: open now, two criteria, half a million euros."""

import datetime as dt
import itertools
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from guichet.accounts.models import Account, Role
from guichet.calls.dating import CallKind
from guichet.calls.models import (
    Call,
    CallRound,
    CallStatus,
    Criterion,
    EnvelopeMovement,
    MovementKind,
    PriorityAction,
    ProjectFamily,
)
from guichet.core import clock
from guichet.core.db import db
from tests.factories.accounts import make_account

_numbers = itertools.count(1)


def make_priority_action(label: str = "Allonger la durée de vie") -> PriorityAction:
    number = next(_numbers)
    action = PriorityAction(code=f"action-{number}", label=label, position=number)
    db.session.add(action)
    db.session.flush()
    return action


def make_family(label: str = "Réduire les besoins en matériel") -> ProjectFamily:
    number = next(_numbers)
    family = ProjectFamily(code=f"famille-{number}", label=label, position=number)
    db.session.add(family)
    db.session.flush()
    return family


def make_call(
    *,
    envelope: Decimal | int = 500_000,
    author: Account | None = None,
    rounds: Sequence[dt.datetime] = (),
    **columns: Any,
) -> Call:
    """`rounds` are the closings of a call by rounds, in their order."""
    if rounds:
        columns |= {"kind": CallKind.ROUNDS, "closes_at": rounds[-1]}
    number = next(_numbers)
    now = clock.now()
    columns.setdefault("slug", f"appel-{number}")
    columns.setdefault("code", f"AAP-{number}")
    columns.setdefault("title", f"Appel à projets {number}")
    columns.setdefault("summary", "Financer le numérique écoresponsable.")
    columns.setdefault("status", CallStatus.OPEN)
    columns.setdefault("opens_at", now - dt.timedelta(days=10))
    columns.setdefault("closes_at", now + dt.timedelta(days=20))
    columns.setdefault("amount_min", Decimal(25_000))
    columns.setdefault("amount_max", Decimal(250_000))
    columns.setdefault("endorsement_required", False)
    columns.setdefault(
        "criteria",
        [
            Criterion(position=1, title="Impacts évités", weight=Decimal(3), highest_mark=4),
            Criterion(position=2, title="Portage", weight=Decimal(1), highest_mark=4),
        ],
    )
    columns.setdefault("priority_actions", [make_priority_action()])
    columns.setdefault("families", [make_family()])
    columns.setdefault("documents", [])
    columns.setdefault("organisations", [])
    columns.setdefault("attachment_kinds", [])
    call = Call(envelope_left=Decimal(envelope), **columns)
    db.session.add(call)
    db.session.flush()
    if rounds:
        db.session.add_all(
            CallRound(call_id=call.id, number=rank, closes_at=closing) for rank, closing in enumerate(rounds, 1)
        )
        db.session.flush()
        db.session.expire(call, ["rounds"])
    if envelope:
        author = author or make_account(Role.FINANCE)
        db.session.add(
            EnvelopeMovement(
                call_id=call.id,
                kind=MovementKind.OPENING,
                amount=Decimal(envelope),
                reason="Ouverture",
                author_id=author.id,
            )
        )
        db.session.flush()
    return call
