"""The rounds of a call, and more time for a published one.

In a draft they come and go. Once published nothing is taken from anybody: a closing is pushed back, or a round added after
the last, for a reason that the call's page tells.
"""

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from guichet.accounts.models import Account
from guichet.audit import services as audit
from guichet.calls import deadlines, policies
from guichet.calls.dating import MOST_ROUNDS, CallKind
from guichet.calls.models import Call, CallRound, CallStatus
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import NotFound, RuleBroken
from guichet.core.policy import require
from guichet.web.filters import moment
from guichet.workflow.engine import lock


@dataclass(frozen=True, kw_only=True)
class RoundTerms:
    """`closes_at` in UTC; without a `label`, the round is called by its rank."""

    label: str
    closes_at: dt.datetime


def add_round(call: Call, terms: RoundTerms, *, reason: str = "", actor: Account) -> None:
    """A new last round. Raises RuleBroken when its closing does not fit, or without `reason` once the call is published."""
    rounds = _begin(call, reason, actor)
    if call.kind is not CallKind.ROUNDS:
        raise RuleBroken("Cet appel ne se fait pas par relèves.")
    if len(rounds) >= MOST_ROUNDS:
        raise RuleBroken(f"Un appel compte {MOST_ROUNDS} relèves au plus.")
    before = call.closes_at
    _fit(call, [*(one.closes_at for one in rounds), terms.closes_at], len(rounds))
    added = CallRound(call_id=call.id, number=len(rounds) + 1, **vars(terms))
    db.session.add(added)
    _settle(call, [*rounds, added])
    _tell(call, call.rounds[-1].name, before, terms.closes_at, reason, actor, draft="call-round.add")


def change_round(call: Call, round_id: UUID, terms: RoundTerms, *, reason: str = "", actor: Account) -> None:
    """Rewrite a round of a draft, or push the closing of a published one back: its label then stays. Raises as `add_round`."""
    rounds = _begin(call, reason, actor)
    held = _one_of(rounds, round_id)
    before, place = held.closes_at, rounds.index(held)
    if call.status is CallStatus.DRAFT:
        held.label = terms.label
    else:
        _refuse_sooner(call, before, terms.closes_at)
    closings = [one.closes_at for one in rounds]
    closings[place] = terms.closes_at
    _fit(call, closings, place)
    held.closes_at = terms.closes_at
    _settle(call, rounds)
    _tell(call, call.rounds[place].name, before, terms.closes_at, reason, actor, draft="call-round.change")


def remove_round(call: Call, round_id: UUID, *, actor: Account) -> None:
    """Take a round away from a draft; those that follow move up. Raises NotFound when the call has no such round."""
    lock(call)
    require(policies.can_edit, actor, call)
    rounds = deadlines.rounds_of(call.id)
    gone = _one_of(rounds, round_id)
    name = call.rounds[rounds.index(gone)].name
    rounds.remove(gone)
    db.session.delete(gone)
    # Its number must be free before the next one takes it.
    db.session.flush()
    _settle(call, rounds)
    audit.record(actor, "call-round.remove", call, label=name)


def postpone(call: Call, closes_at: dt.datetime, *, reason: str, actor: Account) -> None:
    """Push the one closing of a published call back. Raises RuleBroken when it is no later, or without `reason`."""
    _begin(call, reason, actor)
    require(policies.can_extend, actor, call)
    before = call.closes_at
    if call.kind is CallKind.ROUNDS or before is None:
        raise RuleBroken("Cet appel n’a pas de clôture à reporter.")
    _refuse_sooner(call, before, closes_at)
    call.closes_at = closes_at
    _tell(call, "", before, closes_at, reason, actor)


def cut(call: Call, at: dt.datetime, *, actor: Account | None) -> None:
    """Close the running round at instant `at`; those to come, which hold no dossier, never take place. The lock is held."""
    rounds = deadlines.rounds_of(call.id)
    ahead = [one for one in rounds if one.closes_at > at]
    # A round that begins at this very instant has not taken place either.
    begun = all(one.closes_at < at for one in rounds if one not in ahead)
    gone = ahead[1:] if begun else ahead
    for one in gone:
        audit.record(actor, "call-round.remove", call, label=call.rounds[rounds.index(one)].name)
        db.session.delete(one)
    if begun and ahead:
        ahead[0].closes_at = at
    _settle(call, [one for one in rounds if one not in gone])


def _begin(call: Call, reason: str, actor: Account) -> list[CallRound]:
    """The rounds as they are under the call's lock, when `actor` may change them."""
    lock(call)
    if call.status is CallStatus.DRAFT:
        require(policies.can_edit, actor, call)
    else:
        require(policies.can_extend, actor, call)
        if policies.is_over(call, at=clock.now()):
            raise RuleBroken("L’appel est déjà clos : il ne peut plus être prolongé.")
        if not reason.strip():
            raise RuleBroken("Écrivez le motif : la page de l’appel le dira à tous.", field="reason")
    return deadlines.rounds_of(call.id)


def _one_of(rounds: list[CallRound], round_id: UUID) -> CallRound:
    found = next((one for one in rounds if one.id == round_id), None)
    if found is None:
        raise NotFound("Cette relève n’existe pas.")
    return found


def _fit(call: Call, closings: list[dt.datetime], place: int) -> None:
    """Raises RuleBroken when the closing at `place` is over, before the opening, or not between its neighbours."""
    closing, zone = closings[place], call.time_zone
    if closing <= clock.now():
        raise RuleBroken("Cette date est passée : choisissez une clôture à venir.", field="closes_at")
    if closing <= call.opens_at:
        opening = moment(call.opens_at, zone)
        raise RuleBroken(f"La clôture doit suivre l’ouverture de l’appel, le {opening}.", field="closes_at")
    if place and closing <= closings[place - 1]:
        earlier = moment(closings[place - 1], zone)
        raise RuleBroken(f"La clôture doit suivre celle de la relève précédente, le {earlier}.", field="closes_at")
    if place + 1 < len(closings) and closing >= closings[place + 1]:
        later = moment(closings[place + 1], zone)
        raise RuleBroken(f"La clôture doit précéder celle de la relève suivante, le {later}.", field="closes_at")


def _refuse_sooner(call: Call, before: dt.datetime, after: dt.datetime) -> None:
    if before <= clock.now():
        raise RuleBroken("Cette clôture est passée : elle ne peut plus être reportée.", field="closes_at")
    if after <= before:
        told = moment(before, call.time_zone)
        raise RuleBroken(
            f"La nouvelle clôture doit suivre celle qui est annoncée, le {told} : le délai ne peut être réduit.",
            field="closes_at",
        )


def _settle(call: Call, rounds: list[CallRound]) -> None:
    """Number them in their order; the last one ends the call. What was read with the call is read again."""
    for number, one in enumerate(rounds, start=1):
        one.number = number
        # One by one: each number is free once those before it have moved.
        db.session.flush()
    call.closes_at = rounds[-1].closes_at if rounds else None
    db.session.flush()
    db.session.expire(call, ["rounds"])


def _tell(
    call: Call, name: str, before: dt.datetime | None, after: dt.datetime, reason: str, actor: Account, draft: str = ""
) -> None:
    """The journal's line; that of a published call is what its page tells (see changes.extended)."""
    if call.status is CallStatus.DRAFT:
        audit.record(actor, draft, call, label=name, closes_at=after)
    else:
        audit.record(actor, "call.extend", call, label=name, before=before, after=after, reason=reason.strip())
