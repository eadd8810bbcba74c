"""The versions of a call's form of own questions."""

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from guichet.core.db import Model


class QuestionForm(Model):
    """A version of the form; once published, a trigger refuses to change or remove it. At most one is being written."""

    __tablename__ = "question_form"
    __table_args__ = (
        sa.UniqueConstraint("call_id", "number"),
        sa.CheckConstraint("number > 0", name="number_positive"),
        sa.Index(
            "uq_question_form_one_draft", "call_id", unique=True, postgresql_where=sa.text("published_at IS NULL")
        ),
    )

    call_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("call.id", ondelete="CASCADE"))
    number: Mapped[int]
    # See definition.py: read with `definition.load`.
    definition: Mapped[dict[str, Any]]
    published_at: Mapped[dt.datetime | None]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}
