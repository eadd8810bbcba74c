"""What a dossier held when complements were asked, kept so that it can be put back.

While complements are written, the team works in the dossier itself. When they are answered a new version is frozen; when the
request ends otherwise, what was submitted must stand again, in every row, whatever the team was in the middle of.
"""

import datetime as dt
import enum
import uuid
from decimal import Decimal
from typing import Any

import msgspec
import sqlalchemy as sa

from guichet.applications.models import Application, OwnAnswers
from guichet.applications.sections import COLUMNS
from guichet.calls.models import PriorityAction
from guichet.core import clock
from guichet.core.db import Base, db

Json = dict[str, Any]
FIELDS = (*(name for names in COLUMNS.values() for name in names), "total_cost", "amount_requested")
ROWS = ("plan_links", "milestones", "budget_lines", "cofundings", "indicators")
OWN = ("form_id", "answers", "former")


def kept(application: Application) -> Json:
    """All that the team may rewrite of a dossier loaded whole."""
    found: Json = msgspec.to_builtins(
        {
            "fields": {name: getattr(application, name) for name in FIELDS},
            "priority_actions": [action.id for action in application.priority_actions],
            "rows": {name: [_columns(row) for row in getattr(application, name)] for name in ROWS},
            "own": {name: getattr(application.own, name) for name in OWN} if application.own else None,
            "attachments": [piece.id for piece in application.attachments if piece.removed_at is None],
        }
    )
    return found


def _columns(row: Base) -> Json:
    return {column.key: getattr(row, column.key) for column in sa.inspect(type(row)).column_attrs}


def put_back(application: Application, before: Json) -> None:
    """Make a dossier loaded whole, and locked, what `kept` found. Files that came since stay, out of the list."""
    for name, value in before["fields"].items():
        setattr(application, name, _typed(Application, name, value))
    # The database holds the words submitted to be those of the dossier: they are the same again before anything is written.
    db.session.flush()
    actions = sa.select(PriorityAction).where(PriorityAction.id.in_(before["priority_actions"]))
    application.priority_actions = list(db.session.scalars(actions.order_by(PriorityAction.position)))
    for name, rows in before["rows"].items():
        _put_rows_back(application, name, rows)
    _put_answers_back(application, before["own"])
    _put_files_back(application, {uuid.UUID(one) for one in before["attachments"]})
    db.session.flush()


def _put_rows_back(application: Application, name: str, rows: list[Json]) -> None:
    held = getattr(application, name)
    row_class = getattr(Application, name).property.mapper.class_
    # Written off first: a line takes its place, which is unique, and its identifier again.
    held.clear()
    db.session.flush()
    held.extend(row_class(**{key: _typed(row_class, key, value) for key, value in row.items()}) for row in rows)


def _put_answers_back(application: Application, own: Json | None) -> None:
    if own is None:
        application.own = None
        return
    values = {name: _typed(OwnAnswers, name, value) for name, value in own.items()}
    if application.own is None:
        application.own = OwnAnswers(**values)
        return
    for name, value in values.items():
        setattr(application.own, name, value)
    db.session.flush()
    db.session.expire(application.own, ["form"])


def _put_files_back(application: Application, kept_ids: set[uuid.UUID]) -> None:
    for piece in application.attachments:
        if piece.id in kept_ids:
            piece.removed_at = None
        elif piece.removed_at is None:
            piece.removed_at = clock.now()
    for piece in application.attachments:
        if piece.replaces_id in kept_ids and piece.id not in kept_ids:
            # Its former is on the list again, and may be replaced anew.
            piece.replaces_id = None


def _typed(row_class: type[Base], name: str, value: Any) -> Any:
    """A value of JSON as its column takes it."""
    if value is None:
        return None
    column = sa.inspect(row_class).columns[name]
    kind = getattr(column.type, "enum_class", None) or column.type.python_type
    if kind is dt.datetime or kind is dt.date:
        return kind.fromisoformat(value)
    if kind in {Decimal, uuid.UUID} or issubclass(kind, enum.Enum):
        return kind(value)
    return value
