"""A call's configuration taken out, brought in, or copied: everything but dossiers, sessions and money."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import sqlalchemy as sa

from guichet.accounts.models import Account, Organisation
from guichet.audit import services as audit
from guichet.calls import policies, portable, queries
from guichet.calls.dating import CallKind
from guichet.calls.models import AttachmentKind, Call, CallRound, Criterion, PriorityAction, ProjectFamily
from guichet.calls.registry import chapters
from guichet.calls.services.drafting import Terms, create
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.core.policy import require

Named = TypeVar("Named", ProjectFamily, PriorityAction, Organisation)
# What the file and the terms say under the same names.
SHARED = {term.name for term in fields(Terms)} & {part.name for part in fields(portable.Configuration)} - {
    "families",
    "priority_actions",
    "organisations",
    "applicant_kinds",
}


@dataclass(frozen=True, kw_only=True)
class Novelty:
    """What a copy never takes from its model."""

    title: str
    code: str
    opens_at: dt.datetime
    closes_at: dt.datetime | None


def configuration_of(call: Call, *, actor: Account) -> portable.Configuration:
    """All that makes the call, by words; `call` comes with its criteria, families, priority actions and organisations."""
    require(policies.can_follow, actor, call)
    return portable.Configuration(
        **{name: getattr(call, name) for name in SHARED - {"closes_at"}},
        closes_at=None if call.kind is CallKind.ROUNDS else call.closes_at,
        rounds=tuple((one.label, one.closes_at) for one in call.rounds),
        applicant_kinds=tuple(kind for kind in portable.OrganisationKind if kind.value in call.applicant_kinds),
        organisations=tuple(organisation.name for organisation in call.organisations),
        families=tuple(family.code for family in call.families),
        priority_actions=tuple(action.code for action in call.priority_actions),
        criteria=tuple(
            portable.CriterionLine(**{part.name: getattr(line, part.name) for part in fields(portable.CriterionLine)})
            for line in call.criteria
        ),
        attachments=tuple((kind.label, kind.required) for kind in queries.attachment_kinds_of(call.id)),
        documents=tuple(offered.label for offered in queries.documents_of(call.id)),
        chapters={key: value for key, one in chapters().items() if (value := one.said_by(call, actor))},
    )


def import_call(text: str, *, actor: Account) -> Call:
    """A draft call from a file. Raises Unreadable, naming every fault and its line."""
    require(policies.can_create, actor, None)
    return _build(portable.load(text), actor)


def clone(call: Call, novelty: Novelty, *, actor: Account) -> Call:
    """A draft like `call`, under its own title, code and dates. Raises RuleBroken at the field that does not hold."""
    require(policies.can_create, actor, None)
    # Nor its rounds: their dates belong to their year.
    copied = _build(replace(configuration_of(call, actor=actor), **vars(novelty), rounds=()), actor)
    audit.record(actor, "call.clone", copied, title=copied.title, model=call.code)
    return copied


def _build(said: portable.Configuration, actor: Account) -> Call:
    terms = _terms(said)
    try:
        call = create(terms, opening=None, actor=actor)
    except RuleBroken as problem:
        if problem.field == "code" and ("code", said.code) in said.lines:
            line = said.lines["code", said.code]
            raise portable.Unreadable([f"ligne {line} : un autre appel a déjà le code « {said.code} »."]) from None
        raise
    for position, criterion in enumerate(said.criteria, start=1):
        db.session.add(Criterion(call_id=call.id, position=position, **vars(criterion)))
    for position, (label, required) in enumerate(said.attachments, start=1):
        db.session.add(AttachmentKind(call_id=call.id, position=position, label=label, required=required))
    for number, (label, closes_at) in enumerate(said.rounds, start=1):
        db.session.add(CallRound(call_id=call.id, number=number, label=label, closes_at=closes_at))
        call.closes_at = closes_at
    db.session.flush()
    for key, value in said.chapters.items():
        chapters()[key].keep(call, value, actor)
    return call


def _terms(said: portable.Configuration) -> Terms:
    faults: list[tuple[int, str]] = []
    lists: dict[str, Any] = {
        "families": _find(ProjectFamily, "code", said.families, said, "familles", faults),
        "priority_actions": _find(PriorityAction, "code", said.priority_actions, said, "actions_prioritaires", faults),
        "organisations": _find(Organisation, "name", said.organisations, said, "organisations", faults),
    }
    if faults:
        raise portable.Unreadable([f"ligne {line} : {message}" for line, message in sorted(faults)])
    return Terms(
        **{name: getattr(said, name) for name in SHARED},
        applicant_kinds=[kind.value for kind in said.applicant_kinds],
        **lists,
    )


def _find(
    model: type[Named],
    column: str,
    names: Iterable[str],
    said: portable.Configuration,
    word: str,
    faults: list[tuple[int, str]],
) -> list[Named]:
    rows = db.session.scalars(sa.select(model).where(getattr(model, column).in_(list(names))))
    known: dict[str, Named] = {getattr(row, column): row for row in rows}
    faults += [
        (said.lines.get((word, name), 1), f"le guichet ne connaît pas « {name[:80]} ».")
        for name in names
        if name not in known
    ]
    return [known[name] for name in names if name in known]
