"""What a dossier answers to its call's own questions."""

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from guichet.core.db import Model
from guichet.questions.models import QuestionForm


class OwnAnswers(Model):
    """Answers under the codes of their questions, of this version of the form and of those before: nothing is taken away."""

    __tablename__ = "own_answers"
    __table_args__ = (sa.UniqueConstraint("application_id"),)

    application_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("application.id", ondelete="CASCADE"))
    # The version whose changes the team has read; once handed in, the version that the dossier was handed in with.
    form_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("question_form.id"))
    # {code: {"value": …, "title": the question then, "text": the answer in words}}
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # Answers that no question takes any more and that another has replaced: [{"title": …, "text": …}]
    former: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)

    form: Mapped[QuestionForm] = relationship(lazy="raise_on_sql")
