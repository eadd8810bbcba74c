"""Writing the rules of a call, until it is published."""

import datetime as dt
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal

import sqlalchemy as sa

from guichet.accounts.models import Account, Organisation
from guichet.audit import services as audit
from guichet.calls import policies
from guichet.calls.dating import CallKind, Round
from guichet.calls.models import Call, MovementKind, PriorityAction, ProjectFamily
from guichet.calls.services.envelope import move_envelope
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.core.policy import require
from guichet.web.filters import moment
from guichet.workflow.engine import lock

# Words that the addresses of calls keep for themselves.
RESERVED_SLUGS = frozenset({"nouveau", "importation"})
LONGEST_SLUG = 70


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a call says of itself: the columns of the same names (instants in UTC, amounts in euros)."""

    title: str
    code: str
    summary: str
    description: str
    who_may_apply: str
    contact_email: str
    time_zone: str
    opens_at: dt.datetime
    # None where the rounds say it, or where a continuous call is open until further notice.
    closes_at: dt.datetime | None
    amount_min: Decimal
    amount_max: Decimal
    max_rate: Decimal
    reviews_required: int
    staff_cost_counted: bool
    endorsement_required: bool
    families: list[ProjectFamily]
    priority_actions: list[PriorityAction]
    applicant_kinds: list[str] = field(default_factory=list)
    organisations: list[Organisation] = field(default_factory=list)
    one_per_ministry: bool = False
    decision_delay_days: int | None = None
    kind: CallKind = CallKind.DATED


def create(terms: Terms, *, opening: Decimal | None, actor: Account) -> Call:
    """A new call in draft, its envelope opened with `opening` euros if any. Raises RuleBroken when the terms do not hold."""
    require(policies.can_create, actor, None)
    _check(terms, None)
    call = Call(slug=_free_slug(terms.title), criteria=[], attachment_kinds=[], documents=[], organisations=[])
    _apply(call, terms)
    db.session.add(call)
    db.session.flush()
    audit.record(actor, "call.create", call, title=call.title)
    if opening:
        move_envelope(call, MovementKind.OPENING, opening, "Ouverture de l’enveloppe", actor=actor)
    return call


def update(call: Call, terms: Terms, *, actor: Account) -> None:
    """Change the rules of a draft; its address stays. Raises Forbidden once published, RuleBroken when the terms do not hold."""
    lock(call)
    require(policies.can_edit, actor, call)
    _check(terms, call)
    if call.rounds:
        terms = replace(terms, closes_at=call.rounds[-1].closes_at)
    audit.record(actor, "call.update", call, changed=_apply(call, terms))


def _apply(call: Call, terms: Terms) -> list[str]:
    changed = []
    for name in (term.name for term in fields(terms)):
        value = getattr(terms, name)
        if name not in sa.inspect(call).dict or getattr(call, name) != value:
            setattr(call, name, value)
            changed.append(name)
    return changed


def _check(terms: Terms, call: Call | None) -> None:
    _check_dates(terms, call.rounds if call else ())
    if terms.amount_max < terms.amount_min:
        raise RuleBroken("Le montant maximal doit atteindre le montant minimal.", field="amount_max")
    _queue_behind_other_writers()
    taken = sa.select(Call.id).where(Call.code == terms.code, Call.id != (call.id if call else None))
    if db.session.scalar(taken.limit(1)) is not None:
        raise RuleBroken("Un autre appel a déjà ce code.", field="code")


def _check_dates(terms: Terms, rounds: Sequence[Round]) -> None:
    if terms.kind is CallKind.ROUNDS and terms.closes_at is not None:
        raise RuleBroken(
            "Un appel par relèves clôt avec sa dernière relève : laissez ce champ vide.", field="closes_at"
        )
    if terms.kind is CallKind.DATED and terms.closes_at is None:
        raise RuleBroken("Indiquez la clôture : seul un appel continu peut ne pas en avoir.", field="closes_at")
    if terms.kind is not CallKind.ROUNDS and rounds:
        raise RuleBroken("Retirez d’abord les relèves de l’appel.", field="kind")
    if terms.closes_at is not None and terms.closes_at <= terms.opens_at:
        raise RuleBroken("La clôture doit suivre l’ouverture.", field="closes_at")
    if rounds and rounds[0].closes_at <= terms.opens_at:
        first = moment(rounds[0].closes_at, terms.time_zone)
        raise RuleBroken(f"L’ouverture doit précéder la clôture de la première relève, le {first}.", field="opens_at")


def _queue_behind_other_writers() -> None:
    # Two people may invent the same code or title at the same second: one at a time chooses what is still free.
    db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext("call.slug"))))


def _free_slug(title: str) -> str:
    spaced = "".join(c if c.isalnum() else " " for c in title)
    # In lower case last: « 𝔸 » is a letter that only its plain form can lower.
    words = unicodedata.normalize("NFKD", spaced).encode("ascii", "ignore").decode().lower().split()
    wanted = "-".join(words)[:LONGEST_SLUG].strip("-") or "appel"
    taken = set(db.session.scalars(sa.select(Call.slug).where(Call.slug.startswith(wanted)))) | RESERVED_SLUGS
    if wanted not in taken:
        return wanted
    return next(slug for number in range(2, len(taken) + 3) if (slug := f"{wanted}-{number}") not in taken)
