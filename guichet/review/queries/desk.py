"""The officer's desk: the submitted dossiers of her calls, what awaits her, and all that happened to one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from guichet.accounts.models import Account, Organisation, Role
from guichet.applications import queries as applications
from guichet.applications.models import Application, ApplicationStatus, ApplicationVersion, ChangeRequest
from guichet.audit.models import AuditEntry
from guichet.audit.queries import TIMELINE_LENGTH
from guichet.calls.models import Call
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import NotFound
from guichet.core.paging import PAGE_SIZE, Page
from guichet.review.models import Assignment, AssignmentStatus, Decision, DecisionStatus, EligibilityDecision
from guichet.review.policies import can_see_prepared
from guichet.review.queries.assignments import LIVE

S = ApplicationStatus
Rows = sa.Select[Application]
NEXT_STEP_IS_THE_OFFICERS = (S.SUBMITTED, S.ELIGIBLE, S.DEFERRED)
ORDERS = {
    "depot": (Application.submitted_at,),
    "-depot": (Application.submitted_at.desc(),),
    "montant": (Application.amount_requested, Application.submitted_at),
    "-montant": (Application.amount_requested.desc(), Application.submitted_at),
}


@dataclass(frozen=True)
class Wanted:
    """What the list is asked for; `order` is a key of ORDERS, the longest waiting first by default."""

    call_id: UUID | None = None
    ministry_id: UUID | None = None
    status: ApplicationStatus | None = None
    words: str = ""
    awaiting: bool = False
    order: str = "depot"


@dataclass(frozen=True)
class Row:
    """A line of the desk: the dossier, its days since submission, how many opinions are in and how many were asked."""

    application: Application
    age: int
    completed: int
    asked: int


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
    """Page `number` of the `total` dossiers that `actor` processes or watches. Three statements."""
    number = min(max(1, number), max(1, -(-total // PAGE_SIZE)))
    rows = _narrowed(actor, wanted)
    if wanted.status:
        rows = rows.where(Application.status == wanted.status)
    if wanted.awaiting:
        rows = rows.where(_awaits(actor))
    # Sorted by bare identifiers: carrying every dossier's long texts through the sort costs ten times as much.
    wanted_ids = rows.with_only_columns(Application.id).order_by(*ORDERS[wanted.order], Application.id)
    ids = db.session.scalars(wanted_ids.limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)).all()
    dossiers, progress, now = _headings(ids), _progress(ids), clock.now()
    items = [
        Row(dossiers[one], (now - dossiers[one].submitted_at).days, *progress.get(one, (0, 0)))  # type: ignore[operator]
        for one in ids
    ]
    return Page(items=items, number=number, total=total)


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


def _headings(ids: Sequence[UUID]) -> dict[UUID, Application]:
    options = (joinedload(Application.call), joinedload(Application.organisation))
    rows = db.session.scalars(sa.select(Application).where(Application.id.in_(ids)).options(*options))
    return {application.id: application for application in rows}


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


def calls_of(actor: Account) -> list[Call]:
    """The calls whose dossiers are on the desk, the last to close first."""
    return applications.calls_of(applications.for_processing(actor))


def ministries_of(actor: Account) -> Sequence[Organisation]:
    """The ministries whose dossiers are on the desk, by name."""
    wanted = applications.for_processing(actor).with_only_columns(Application.ministry_id)
    return db.session.scalars(
        sa.select(Organisation).where(Organisation.id.in_(wanted)).order_by(Organisation.name)
    ).all()


def _narrowed(actor: Account, wanted: Wanted) -> Rows:
    rows = applications.for_processing(actor)
    if wanted.call_id:
        rows = rows.where(Application.call_id == wanted.call_id)
    if wanted.ministry_id:
        rows = rows.where(Application.ministry_id == wanted.ministry_id)
    if wanted.words:
        columns = (Application.title, Application.reference)
        rows = rows.where(sa.or_(*(column.icontains(wanted.words, autoescape=True) for column in columns)))
    return rows


def _awaits(actor: Account) -> sa.ColumnElement[bool]:
    """The next step is for `actor`: to decide, to assign somebody (else), or to close a finished review."""
    calls = actor.calls_as(Role.OFFICER)
    hers = sa.true() if calls is None else Application.call_id.in_(calls)
    return sa.and_(
        hers,
        Application.ministry_id != actor.organisation.ministry_id,
        sa.or_(Application.status.in_(NEXT_STEP_IS_THE_OFFICERS), Application.id.in_(_reviews_to_see_to())),
    )


def _reviews_to_see_to() -> sa.Select[UUID]:
    """Open reviews that have all their opinions, or not enough people to give them."""
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


def _progress(application_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    done = sa.func.count().filter(Assignment.status == AssignmentStatus.COMPLETED)
    rows = db.session.execute(
        sa.select(Assignment.application_id, done, sa.func.count())
        .where(Assignment.application_id.in_(application_ids), Assignment.status.in_(LIVE))
        .group_by(Assignment.application_id)
    )
    return {application_id: (completed, asked) for application_id, completed, asked in rows}
