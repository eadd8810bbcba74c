"""The officer's desk: the submitted dossiers of her calls, what awaits her, and all that happened to one of them."""

import datetime as dt
import enum
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from guichet.accounts.models import Account, Organisation, Role
from guichet.applications import messages
from guichet.applications import queries as applications
from guichet.applications.deadlines import complements_late, days_left
from guichet.applications.models import Application, ApplicationStatus, ApplicationVersion, ChangeRequest
from guichet.applications.services.readings import is_unread
from guichet.audit.models import AuditEntry
from guichet.audit.queries import TIMELINE_LENGTH
from guichet.calls.dating import Round
from guichet.calls.models import Call
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import NotFound
from guichet.core.paging import PAGE_SIZE, Page, page_within
from guichet.review.models import Assignment, AssignmentStatus, Decision, DecisionStatus, EligibilityDecision
from guichet.review.policies import can_see_prepared
from guichet.review.queries.assignments import LIVE

S = ApplicationStatus
Rows = sa.Select[Application]
NEXT_STEP_IS_THE_OFFICERS = (S.SUBMITTED, S.ELIGIBLE, S.DEFERRED)
ORDERS = {
    "depot": (Application.submitted_at,),
    "-depot": (Application.submitted_at.desc(),),
    "montant": (Application.submitted_amount, Application.submitted_at),
    "-montant": (Application.submitted_amount.desc(), Application.submitted_at),
}
# Orders that ask what time it is.
BY_DELAY = ("delai", "-delai")
NEAR = 14


class Delay(enum.StrEnum):
    """Where the time to decide, or to complete, is: what the list may be narrowed to."""

    LATE = "retard"
    NEAR = "proche"
    SUSPENDED = "suspendu"
    COMPLEMENTS_LATE = "complements"

    @property
    def label(self) -> str:
        return {
            "retard": "Décision en retard",
            "proche": f"Décision à rendre sous {NEAR} jours",
            "suspendu": "Délai suspendu",
            "complements": "Compléments en retard",
        }[self.value]


@dataclass(frozen=True)
class Wanted:
    """What the list is asked for; `order` is of ORDERS or BY_DELAY (late first), the longest waiting first by default."""

    call_id: UUID | None = None
    round_id: UUID | None = None
    ministry_id: UUID | None = None
    status: ApplicationStatus | None = None
    words: str = ""
    awaiting: bool = False
    delay: Delay | None = None
    unread: bool = False
    outcome_unread: bool = False
    order: str = "depot"


@dataclass(frozen=True)
class Row:
    """A line of the desk: what it shows of a dossier, and how many opinions are in of those that the call requires."""

    id: UUID
    reference: str
    title: str
    carrier: str
    status: ApplicationStatus
    amount_requested: Decimal
    submitted_at: dt.datetime
    round_id: UUID | None
    rounds: tuple[Round, ...]
    completed: int
    required: int
    # Days left to decide (negative: late); None where nothing is owed, or no delay is announced.
    days_left: int | None
    complements_late: bool
    # Messages that the reader has not read.
    unread: int

    @property
    def round(self) -> str:
        """The name of the round it was submitted in; empty where its call has none."""
        return next((one.name for one in self.rounds if one.id == self.round_id), "")

    @property
    def age(self) -> int:
        """Days since the submission."""
        return (clock.now() - self.submitted_at).days


@dataclass(frozen=True)
class Counts:
    """How many dossiers in each status (in the order of a dossier's life), and how many of them await the reader."""

    by_status: dict[ApplicationStatus, int]
    awaiting: dict[ApplicationStatus, int]

    @property
    def all_awaiting(self) -> int:
        return sum(self.awaiting.values())

    def matching(self, wanted: Wanted) -> int:
        """How many rows the list has under all of its filters."""
        numbers = self.awaiting if wanted.awaiting else self.by_status
        return numbers.get(wanted.status, 0) if wanted.status else sum(numbers.values())


def counts(actor: Account, wanted: Wanted) -> Counts:
    """Counted under the filters other than the status and the wait. One statement."""
    columns = (Application.status, sa.func.count(), sa.func.count().filter(_awaits(actor)))
    rows = db.session.execute(_narrowed(actor, wanted).with_only_columns(*columns).group_by(Application.status)).all()
    found = {status: (number, waiting) for status, number, waiting in rows}
    ordered = [status for status in S if status in found]
    return Counts(
        by_status={status: found[status][0] for status in ordered},
        awaiting={status: found[status][1] for status in ordered},
    )


def board(actor: Account, wanted: Wanted, total: int, number: int) -> Page[Row]:
    """Page `number` of the `total` dossiers that `actor` processes or watches. One statement."""
    number = page_within(number, total)
    rows = _narrowed(actor, wanted)
    if wanted.status:
        rows = rows.where(Application.status == wanted.status)
    if wanted.awaiting:
        rows = rows.where(_awaits(actor))
    order = (*_order(wanted.order), Application.id)
    # Sorted by bare identifiers: what a line shows is read for the lines of the page alone.
    ids = rows.with_only_columns(Application.id).order_by(*order)
    shown = ids.limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE).subquery()
    lines = _lines(actor).join(shown, shown.c.id == Application.id).order_by(*order)
    return Page(items=[Row(*line) for line in db.session.execute(lines)], number=number, total=total)


def _order(name: str) -> tuple[Any, ...]:
    if name not in BY_DELAY:
        return ORDERS[name]
    left = days_left()
    return (left.asc().nulls_last() if name == "delai" else left.desc().nulls_last(), Application.submitted_at)


def longest_waiting(actor: Account, most: int) -> tuple[Sequence[Application], int]:
    """The `most` dossiers that have waited the longest for `actor`, and how many wait in all. Two statements."""
    ids = _narrowed(actor, Wanted()).where(_awaits(actor)).with_only_columns(Application.id, sa.func.count().over())
    found = db.session.execute(ids.order_by(Application.submitted_at, Application.id).limit(most)).all()
    dossiers = db.session.scalars(
        sa.select(Application)
        .where(Application.id.in_([one for one, _ in found]))
        .options(joinedload(Application.ministry))
        .order_by(Application.submitted_at, Application.id)
    ).all()
    return dossiers, found[0][1] if found else 0


def _lines(actor: Account) -> sa.Select[Any]:
    """The columns of a Row: no dossier is loaded, they are long."""
    completed = (
        sa.select(sa.func.count())
        .where(Assignment.application_id == Application.id, Assignment.status == AssignmentStatus.COMPLETED)
        .scalar_subquery()
    )
    return (
        sa.select(
            Application.id,
            Application.reference,
            Application.submitted_title,
            Organisation.name,
            Application.status,
            Application.submitted_amount,
            Application.submitted_at,
            Application.round_id,
            Call.rounds,
            completed,
            Call.reviews_required,
            days_left(),
            complements_late(),
            messages.unread(actor),
        )
        .join(Application.organisation)
        .join(Application.call)
    )


def one_for(actor: Account, application_id: UUID) -> Application:
    """The dossier with what rights and headings ask. Raises NotFound when it is not on the desk. One statement."""
    options = (
        joinedload(Application.call),
        joinedload(Application.organisation),
        joinedload(Application.ministry),
        joinedload(Application.team),
        joinedload(Application.change_requests).joinedload(ChangeRequest.requested_by),
        joinedload(Application.versions).defer(ApplicationVersion.content),
    )
    rows = applications.for_processing(actor).where(Application.id == application_id).options(*options)
    application = db.session.scalars(rows).unique().one_or_none()
    if application is None:
        raise NotFound("Ce dossier n’existe pas, ou vous n’y avez pas accès.")
    return application


def eligibility_of(application: Application) -> Sequence[EligibilityDecision]:
    """The decisions on eligibility, the latest first."""
    return db.session.scalars(
        sa.select(EligibilityDecision)
        .where(EligibilityDecision.application_id == application.id)
        .options(joinedload(EligibilityDecision.decided_by))
        .order_by(EligibilityDecision.decided_at.desc())
    ).all()


def decisions_of(application: Application, actor: Account) -> Sequence[Decision]:
    """The decisions that `actor` may know, the latest first; one that was cancelled never was."""
    hidden = {DecisionStatus.CANCELLED}
    if not can_see_prepared(actor, application):
        hidden.add(DecisionStatus.PREPARED)
    return db.session.scalars(
        sa.select(Decision)
        .where(Decision.application_id == application.id, Decision.status.not_in(hidden))
        .options(joinedload(Decision.session))
        .order_by(Decision.prepared_at.desc())
    ).all()


def history_of(application: Application, assignments: Sequence[Assignment]) -> Sequence[AuditEntry]:
    """The latest entries on the dossier and on its assignments, for all audiences, newest first."""
    subjects = [application.id, *(assignment.id for assignment in assignments)]
    return db.session.scalars(
        sa.select(AuditEntry)
        .where(AuditEntry.subject_id.in_(subjects))
        .order_by(AuditEntry.number.desc())
        .limit(TIMELINE_LENGTH)
    ).all()


def answered(actor: Account) -> applications.Answered:
    """The calls whose dossiers are on the desk, and their rounds."""
    return applications.answered(applications.for_processing(actor))


def ministries_of(actor: Account) -> list[tuple[UUID, str]]:
    """Identifier and short name of the ministries whose dossiers are on the desk, by name."""
    wanted = applications.for_processing(actor).with_only_columns(Application.ministry_id)
    names = sa.select(Organisation.id, Organisation.short_name).where(Organisation.id.in_(wanted))
    return [(ministry_id, name) for ministry_id, name in db.session.execute(names.order_by(Organisation.name))]


def _narrowed(actor: Account, wanted: Wanted) -> Rows:
    rows = applications.for_processing(actor)
    if wanted.call_id:
        rows = rows.where(Application.call_id == wanted.call_id)
    if wanted.round_id:
        rows = rows.where(Application.round_id == wanted.round_id)
    if wanted.ministry_id:
        rows = rows.where(Application.ministry_id == wanted.ministry_id)
    if wanted.words:
        columns = (Application.submitted_title, Application.reference)
        rows = rows.where(sa.or_(*(column.icontains(wanted.words, autoescape=True) for column in columns)))
    if wanted.delay:
        rows = rows.where(_is(wanted.delay))
    if wanted.unread:
        rows = rows.where(messages.with_unread(actor))
    if wanted.outcome_unread:
        rows = rows.where(is_unread())
    return rows


def _is(delay: Delay) -> sa.ColumnElement[bool]:
    suspended = Application.status == S.CHANGES_REQUESTED
    match delay:
        case Delay.LATE:
            return days_left() < 0
        case Delay.NEAR:
            return sa.and_(~suspended, days_left().between(0, NEAR))
        case Delay.SUSPENDED:
            return suspended
        case Delay.COMPLEMENTS_LATE:
            return complements_late()


def _awaits(actor: Account) -> sa.ColumnElement[bool]:
    """The next step is for `actor`: to decide, to assign somebody (else), or to close a finished review."""
    calls = actor.calls_as(Role.OFFICER)
    hers = sa.true() if calls is None else Application.call_id.in_(calls)
    return sa.and_(
        hers,
        Application.ministry_id != actor.organisation.ministry_id,
        sa.or_(Application.status.in_(NEXT_STEP_IS_THE_OFFICERS), Application.id.in_(_reviews_to_see_to())),
    )


@functools.cache
def _reviews_to_see_to() -> sa.Select[UUID]:
    """Open reviews that have all their opinions, or not enough people to give them. Written once: nobody changes it."""
    dossier = aliased(Application)
    done = sa.func.count().filter(Assignment.status == AssignmentStatus.COMPLETED)
    live = sa.func.count().filter(Assignment.status.in_(LIVE))
    return (
        sa.select(dossier.id)
        .join(dossier.call)
        .outerjoin(Assignment, Assignment.application_id == dossier.id)
        .where(dossier.status == S.UNDER_REVIEW)
        .group_by(dossier.id, Call.reviews_required)
        .having(sa.or_(done >= Call.reviews_required, live < Call.reviews_required))
    )
