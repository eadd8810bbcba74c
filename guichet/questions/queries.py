"""Finding the versions of a call's form."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from guichet.accounts.models import Account
from guichet.calls import policies as call_policies
from guichet.calls.models import Call
from guichet.core.db import db
from guichet.questions.models import QuestionForm


def draft_of(call_id: UUID) -> QuestionForm | None:
    """The version that is being written, read afresh."""
    rows = sa.select(QuestionForm).where(QuestionForm.call_id == call_id, QuestionForm.published_at.is_(None))
    return db.session.scalar(rows.execution_options(populate_existing=True))


def published_of(call_id: UUID) -> QuestionForm | None:
    """The latest version that applicants answer; None when the call has no question of its own."""
    rows = sa.select(QuestionForm).where(QuestionForm.call_id == call_id, QuestionForm.published_at.isnot(None))
    return db.session.scalar(rows.order_by(QuestionForm.number.desc()).limit(1))


def to_copy(actor: Account, call: Call) -> Sequence[tuple[UUID, str]]:
    """The other calls that have a form and that `actor` may read: identifier and title."""
    held = sa.exists().where(QuestionForm.call_id == Call.id)
    others = db.session.scalars(
        sa.select(Call).where(held, Call.id != call.id).order_by(Call.closes_at.desc()).limit(50)
    )
    return [(other.id, other.title) for other in others if call_policies.can_follow(actor, other)]


def latest_of(call_id: UUID) -> QuestionForm | None:
    """The version being written, else the published one."""
    return draft_of(call_id) or published_of(call_id)
