"""Moving a thing along its workflow table: the only code that assigns a `status`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, with_parent
from sqlalchemy.orm.attributes import set_committed_value

from guichet.audit import services as audit
from guichet.audit.models import Audience
from guichet.core.db import db
from guichet.core.errors import Forbidden, InvalidTransition


@dataclass(frozen=True)
class Transition:
    """From any of `sources` to `target`, by whoever `allowed` lets; `actors` names them for the diagram, in French."""

    sources: frozenset[Any]
    target: Any
    allowed: Callable[[Any, Any], bool]
    label: str
    actors: str
    audience: Audience = Audience.TEAM


Table = Mapping[str, Transition]


def lock(subject: Any, *computed_too: str) -> None:
    """Lock the row of `subject` until the end of the transaction, and read its columns afresh.

    So are the lists that its class names in `READ_UNDER_LOCK` (relationship: what is loaded with its rows), as far as they
    were loaded: rights read them, and what was true before the lock may be over. What a class computes from other rows is read
    anew at its next use, or at once when `computed_too` names it.
    """
    attributes = sa.inspect(type(subject)).column_attrs
    computed = [one.key for one in attributes if not isinstance(one.columns[0], sa.Column)]
    columns = [one.key for one in attributes if one.key not in computed]
    if db.session.is_modified(subject):
        # A refresh forgets what is not yet written: a second step in the same transaction would lose the first.
        db.session.flush()
    db.session.refresh(subject, attribute_names=columns, with_for_update=True)
    if computed:
        # Gathered from other rows: the statement that waited for the lock would tell them as they were before it.
        db.session.expire(subject, computed)
    if computed_too:
        db.session.refresh(subject, attribute_names=computed_too)
    for name, loaded_too in getattr(subject, "READ_UNDER_LOCK", {}).items():
        if name not in sa.inspect(subject).unloaded:
            _reread(subject, name, loaded_too)


def _reread(subject: Any, name: str, loaded_too: Iterable[str]) -> None:
    """One statement of its own: one that waited for the lock would join the rows as they were before it."""
    relation = getattr(type(subject), name)
    row_class, order = relation.property.mapper.class_, relation.property.order_by
    columns = [attribute.key for attribute in sa.inspect(row_class).column_attrs]
    db.session.flush()
    for row in getattr(subject, name):
        # Not the whole row: what it leads to (an account with its rights) stays as loaded.
        db.session.expire(row, columns)
    rows = sa.select(row_class).where(with_parent(subject, relation)).order_by(*order)
    more = (joinedload(getattr(row_class, one)) for one in loaded_too)
    set_committed_value(subject, name, list(db.session.scalars(rows.options(*more))))


def fire(table: Table, name: str, subject: Any, actor: Any, **facts: Any) -> None:
    """Make the transition `name`: lock, source, right, status, trace, in this order.

    Raises InvalidTransition when the status has moved, Forbidden when `actor` has not the right. `actor` is None
    for the clock, whom no policy refuses.
    """
    transition = table[name]
    lock(subject)
    if subject.status not in transition.sources:
        raise InvalidTransition(f"Action impossible : l’état est « {subject.status.label} ».")
    if actor is not None and not transition.allowed(actor, subject):
        raise Forbidden("Vous n’avez pas le droit de faire cette action.")
    before, subject.status = subject.status, transition.target
    audit.record(
        actor,
        f"{subject.__tablename__}.{name}",
        subject,
        audience=transition.audience,
        before=before,
        after=transition.target,
        **facts,
    )


def open_transitions(table: Table, subject: Any, actor: Any) -> list[str]:
    """Names of the transitions that `actor` could make now: the list a page draws its buttons from."""
    return [
        name
        for name, transition in table.items()
        if subject.status in transition.sources and transition.allowed(actor, subject)
    ]
