"""The declarative base: names, types, identifier and creation date of every table, decided once."""

import datetime as dt
import enum
import re
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, registry

from guichet.core import clock

# A constraint's name is its truth; the convention only adds the table, so that an error message tells where to look.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def stored(enumeration: type[enum.StrEnum], *, name: str | None = None) -> sa.Enum:
    """Column type of an enumeration: its value as text, guarded by a CHECK named after `name` (the class by default)."""
    return sa.Enum(
        enumeration,
        name=name or enumeration.__name__.lower(),
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [member.value for member in members],
    )


class Base(DeclarativeBase):
    """Every table has a random identifier (never guessable from another) and the instant of its creation."""

    # Flask-SQLAlchemy rebuilds the base class: metadata and types survive only when they ride in the registry.
    registry = registry(
        metadata=sa.MetaData(naming_convention=NAMING),
        type_annotation_map={
            dt.datetime: sa.DateTime(timezone=True),
            Decimal: sa.Numeric(12, 2),
            dict[str, Any]: JSONB,
            list[str]: JSONB,
            enum.StrEnum: sa.Enum(
                enum.StrEnum,
                native_enum=False,
                create_constraint=True,
                length=40,
                values_callable=lambda members: [member.value for member in members],
            ),
        },
    )
    __abstract__: ClassVar[bool] = True

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4, sort_order=-2)
    created_at: Mapped[dt.datetime] = mapped_column(default=clock.now, server_default=sa.func.now(), sort_order=-1)


# PostgreSQL quotes what it could not read (SQLSTATE class 22: a malformed number, a text that is no identifier).
_DATA_EXCEPTION = "22"
_QUOTED = re.compile(r'"[^"]*"')


@sa.event.listens_for(sa.Engine, "handle_error")
def keep_values_out(context: sa.engine.ExceptionContext) -> None:
    """Leave in an error of the database what failed, never the values of the row.

    `hide_parameters` hides what was sent; PostgreSQL repeats it in the DETAIL of its message, which would reach the logs and
    the outbox.
    """
    told = context.original_exception
    diagnosis = getattr(told, "diag", None)
    if diagnosis is None or diagnosis.message_primary is None:
        return
    primary = diagnosis.message_primary
    if (diagnosis.sqlstate or "").startswith(_DATA_EXCEPTION):
        primary = _QUOTED.sub("…", primary)
    told.args = (primary,)
    if context.sqlalchemy_exception is not None:
        kind = type(told)
        context.sqlalchemy_exception.args = (f"({kind.__module__}.{kind.__qualname__}) {primary}",)


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})

if TYPE_CHECKING:
    # Flask-SQLAlchemy makes its model class at run time; type checkers see the base that it is made from.
    class Model(Base):
        __abstract__ = True

else:
    Model = db.Model
