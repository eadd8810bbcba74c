"""The call as it would be played, without holding the true one: a copy, with its own address, code, counter and envelope.

The copy is not made by the service that clones a call for good: that one makes writers of calls queue until the end of its
transaction, which here lasts seconds, and asks for a right that an officer of a single call does not have.
"""

import datetime as dt

import sqlalchemy as sa

from guichet.accounts.models import Account, Organisation
from guichet.calls import queries as calls
from guichet.calls.models import AttachmentKind, Call, CallRound, CallStatus, Criterion, MovementKind
from guichet.calls.services import move_envelope
from guichet.core.db import Model, db
from guichet.questions import queries as questions
from guichet.questions.models import QuestionForm

# What the copy has of its own; rounds are rows, copied as the other lists.
OWN = frozenset({"id", "created_at", "slug", "code", "status", "envelope_left", "last_reference", "rounds"})
# How long the copy of a call without a closing stays open.
WITHOUT_END = dt.timedelta(days=90)


def copied(call: Call, mark: str) -> Call:
    """A draft under a code of its own, `call` being loaded with its lists. The organisations that it names stay out: the story
    adds its own."""
    copy = Call(
        **_columns(call, OWN),
        slug=f"essai-{mark.lower()}",
        code=f"ESSAI-{mark}",
        status=CallStatus.DRAFT,
        criteria=[Criterion(**_columns(line)) for line in call.criteria],
        attachment_kinds=[AttachmentKind(**_columns(kind)) for kind in call.attachment_kinds],
        families=list(call.families),
        priority_actions=list(call.priority_actions),
        organisations=[],
        documents=[],
    )
    db.session.add(copy)
    db.session.flush()
    db.session.add_all(
        CallRound(call_id=copy.id, number=one.number, label=one.label, closes_at=one.closes_at) for one in call.rounds
    )
    db.session.flush()
    db.session.expire(copy, ["rounds"])
    _copy_form(call, copy)
    return copy


def closing_of(call: Call) -> dt.datetime:
    """When the story closes the call: at its last closing, or after a while where it has none."""
    return call.closes_at or call.opens_at + WITHOUT_END


def fund(copy: Call, model: Call, *, actor: Account) -> None:
    """Give the copy what the true envelope still holds."""
    if model.envelope_left > 0:
        move_envelope(copy, MovementKind.OPENING, model.envelope_left, "Enveloppe de l’appel répété", actor=actor)


def _columns(row: Model, but: frozenset[str] = frozenset({"id", "created_at", "call_id"})) -> dict[str, object]:
    names = (attribute.key for attribute in sa.inspect(type(row)).column_attrs)
    return {name: getattr(row, name) for name in names if name not in but}


def _copy_form(call: Call, copy: Call) -> None:
    """The questions that applicants will answer: those in preparation while the call is, then those published."""
    latest = questions.latest_of if call.status is CallStatus.DRAFT else questions.published_of
    form = latest(call.id)
    if form is not None:
        # In preparation: it is published with the copy.
        db.session.add(QuestionForm(call_id=copy.id, number=1, definition=form.definition))
        db.session.flush()


def may_anybody_apply(call: Call) -> bool:
    """Whether an organisation that the call names, or one that depends on it, is of a kind that it admits."""
    named = [organisation.id for organisation in calls.organisations_of(call.id)]
    if not named or not call.applicant_kinds:
        return True
    admitted = sa.select(Organisation.id).where(
        sa.or_(Organisation.id.in_(named), Organisation.ministry_id.in_(named)),
        Organisation.kind.in_(call.applicant_kinds),
    )
    return db.session.scalar(admitted.limit(1)) is not None
