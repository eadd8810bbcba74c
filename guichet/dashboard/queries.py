"""What awaits a person, whatever her roles, and what the public home page tells.

Each pile is one question to the package that knows the answer, with its rights: a recusal hides a dossier here as there.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload

from guichet.accounts.models import Account, Role
from guichet.applications import queries as applications
from guichet.applications.awaited import end_of
from guichet.applications.models import Application, ApplicationStatus, ChangeRequest, Recusal
from guichet.calls import deadlines
from guichet.calls import policies as call_policies
from guichet.calls import queries as calls
from guichet.calls.models import Call, CallStatus
from guichet.core.db import db
from guichet.notifications.models import Email, EmailStatus
from guichet.outbox.models import MessageStatus, OutboxMessage
from guichet.review.models import Assignment, AssignmentStatus, CommitteeSession, SessionStatus
from guichet.review.queries import committee, desk, evaluations

S = ApplicationStatus
# Enough to begin with: the rest is one link away.
SHOWN = 5


@dataclass(frozen=True)
class Task:
    """One thing to do: its page (an endpoint and its values), until when, and how many days are left (negative: late)."""

    title: str
    endpoint: str
    values: dict[str, Any] = field(default_factory=dict)
    detail: str = ""
    status: Any = None
    until: dt.datetime | None = None
    days_left: int | None = None
    zone: str = "Europe/Paris"


@dataclass(frozen=True)
class Pile:
    """Tasks of one kind, the most urgent first; `total` counts those not shown too."""

    title: str
    tasks: list[Task]
    total: int
    more: str


def awaiting(actor: Account, *, at: dt.datetime) -> list[Pile]:
    """The piles of `actor` that are not empty, what has a date first. At most seven statements."""
    piles = _to_write(actor, at)
    if actor.has_role(Role.REVIEWER):
        piles.append(_to_evaluate(actor, at))
    if actor.has_role(Role.OFFICER):
        piles.append(_to_process(actor, at))
    if actor.has_role(*committee.DECIDERS):
        piles.append(_sessions(actor, at))
    if actor.has_role(Role.ADMIN):
        piles.append(_failures())
    return [pile for pile in piles if pile.tasks]


TO_WRITE = {
    "complements": "Compléments à apporter",
    "draft": "Brouillons à reprendre",
    "endorsement": "Dossiers à viser",
}


def _to_write(actor: Account, at: dt.datetime) -> list[Pile]:
    """Complements and drafts that one writes, endorsements to give; not what can no longer be submitted. One statement."""
    mine = _mine_to_write(actor, at)
    rows = db.session.execute(
        sa.select(Application, mine.c.kind, mine.c.due_on, mine.c.total)
        .join(mine, mine.c.id == Application.id)
        .join(Application.call)
        .options(contains_eager(Application.call), joinedload(Application.organisation, innerjoin=True))
        .where(mine.c.rank <= SHOWN)
        .order_by(mine.c.rank)
    ).all()
    return [
        Pile(
            title=title,
            tasks=[_writing(row.Application, row.due_on, at) for row in rows if row.kind == kind],
            total=next((row.total for row in rows if row.kind == kind), 0),
            more="applications.index",
        )
        for kind, title in TO_WRITE.items()
    ]


def _mine_to_write(actor: Account, at: dt.datetime) -> sa.Subquery:
    writes = applications.written_by(actor)
    in_time = deadlines.still_to_close(at)
    endorsable = Application.ministry_id.in_(actor.organisations_as(Role.FOCAL_POINT))
    kind = sa.case(
        (sa.and_(Application.status == S.CHANGES_REQUESTED, writes), "complements"),
        (sa.and_(Application.status == S.DRAFT, writes, in_time), "draft"),
        (sa.and_(Application.status == S.AWAITING_ENDORSEMENT, endorsable, in_time), "endorsement"),
    )
    deadline = sa.func.coalesce(sa.cast(ChangeRequest.due_on, sa.DateTime(timezone=True)), deadlines.next_closing(at))
    unanswered = sa.and_(
        ChangeRequest.application_id == Application.id,
        ChangeRequest.answered_at.is_(None),
        ChangeRequest.closed_at.is_(None),
    )
    return (
        applications.mine(actor)
        .where(Application.status.in_((S.DRAFT, S.AWAITING_ENDORSEMENT, S.CHANGES_REQUESTED)), kind.is_not(None))
        .join(Application.call)
        .outerjoin(ChangeRequest, unanswered)
        .with_only_columns(
            Application.id,
            kind.label("kind"),
            ChangeRequest.due_on,
            sa.func.row_number().over(partition_by=kind, order_by=(deadline, Application.id)).label("rank"),
            sa.func.count().over(partition_by=kind).label("total"),
        )
        .subquery()
    )


def _writing(application: Application, due_on: dt.date | None, at: dt.datetime) -> Task:
    call = application.call
    until = end_of(due_on, call.time_zone) if due_on else call_policies.next_closing(call, at=at)
    return Task(
        title=application.title,
        endpoint="applications.show",
        values={"application_id": application.id},
        detail=f"{application.organisation.short_name}, {call.title}",
        status=application.status,
        until=until,
        days_left=None if until is None else _days(until, at, call.time_zone),
        zone=call.time_zone,
    )


def _to_evaluate(actor: Account, at: dt.datetime) -> Pile:
    """One statement."""
    owed = (AssignmentStatus.ASSIGNED, AssignmentStatus.ACCEPTED)
    worklist = (
        evaluations.asked_of(actor)
        .where(Assignment.status.in_(owed), Application.status != S.WITHDRAWN)
        .options(joinedload(Assignment.application).joinedload(Application.call))
        .order_by(Assignment.due_on, Assignment.id)
    )
    rows = db.session.execute(worklist.add_columns(sa.func.count().over()).limit(SHOWN)).all()
    return Pile(
        title="Évaluations à rendre",
        tasks=[
            Task(
                title=assignment.application.known_title,
                endpoint="review.evaluation",
                values={"assignment_id": assignment.id},
                detail=assignment.application.call.title,
                status=assignment.status,
                until=(until := end_of(assignment.due_on, assignment.application.call.time_zone)),
                days_left=_days(until, at, assignment.application.call.time_zone),
                zone=assignment.application.call.time_zone,
            )
            for assignment, _ in rows
        ],
        total=rows[0][1] if rows else 0,
        more="review.my_assignments",
    )


def _to_process(actor: Account, at: dt.datetime) -> Pile:
    """The longest waiting first. Two statements."""
    waiting, total = desk.longest_waiting(actor, SHOWN)
    return Pile(
        title="Dossiers à instruire",
        tasks=[
            Task(
                title=dossier.known_title,
                endpoint="review.dossier",
                values={"application_id": dossier.id},
                detail=f"{dossier.reference}, {dossier.ministry.short_name}, {_since(dossier, at)}",
                status=dossier.status,
            )
            for dossier in waiting
        ],
        total=total,
        more="review.board",
    )


def _sessions(actor: Account, at: dt.datetime) -> Pile:
    """Those to come, and those that passed without being closed. One statement."""
    rows = committee.sessions_of(actor, SessionStatus.PLANNED).add_columns(sa.func.count().over())
    found = db.session.execute(rows.order_by(None).order_by(CommitteeSession.held_at).limit(SHOWN)).all()
    return Pile(
        title="Séances du comité",
        tasks=[
            Task(
                title=session.title,
                endpoint="review.session",
                values={"session_id": session.id},
                detail=f"{session.call.title}, {dossiers} dossier{'s' if dossiers > 1 else ''}",
                status=session.status,
                until=session.held_at,
                days_left=_days(session.held_at, at, session.call.time_zone),
                zone=session.call.time_zone,
            )
            for session, dossiers, _ in found
        ],
        total=found[0][2] if found else 0,
        more="review.sessions",
    )


def _failures() -> Pile:
    """What left the rails and waits for a human. One statement."""
    dead = sa.select(sa.func.count()).where(OutboxMessage.status == MessageStatus.DEAD).scalar_subquery()
    failed = sa.select(sa.func.count()).where(Email.status == EmailStatus.FAILED).scalar_subquery()
    messages, emails = db.session.execute(sa.select(dead, failed)).one()
    counted = [
        (messages, "supervision.messages", "message"),
        (emails, "supervision.emails", "courriel"),
    ]
    tasks = [
        Task(title=f"{number} {noun}{'s' if number > 1 else ''} en échec", endpoint=endpoint)
        for number, endpoint, noun in counted
        if number
    ]
    return Pile("Incidents à traiter", tasks, len(tasks), "supervision.overview")


def _days(until: dt.datetime, at: dt.datetime, zone: str) -> int:
    local = ZoneInfo(zone)
    return (until.astimezone(local).date() - at.astimezone(local).date()).days


def _since(dossier: Application, at: dt.datetime) -> str:
    days = (at - dossier.submitted_at).days if dossier.submitted_at else 0
    return "déposé aujourd’hui" if days == 0 else f"déposé il y a {days} jour{'s' if days > 1 else ''}"


@dataclass(frozen=True)
class OfferedCall:
    """A call of the home page, and where it stands."""

    call: Call
    window: call_policies.Window


def offered_calls(*, at: dt.datetime) -> list[OfferedCall]:
    """The calls that are open, soonest closing first, then those to come; six at most. One statement."""
    offered = Call.status.in_((CallStatus.OPEN, CallStatus.PUBLISHED))
    rows = db.session.scalars(calls.public().where(offered, deadlines.still_to_close(at)).limit(6)).all()
    return [OfferedCall(call, call_policies.window_of(call, at=at)) for call in rows]


def latest_results(reader: Account | None) -> Sequence[Application]:
    """The latest projects awarded by calls whose results are public; six at most. One statement."""
    rows = (
        sa.select(Application)
        .join(Application.call)
        .options(contains_eager(Application.call), joinedload(Application.ministry, innerjoin=True))
        .where(
            Application.status == S.AWARDED,
            Application.outcome_published_at.is_not(None),
            Call.status.in_((CallStatus.RESULTS_PUBLISHED, CallStatus.ARCHIVED)),
        )
        .order_by(Application.outcome_published_at.desc(), Application.id)
        .limit(6)
    )
    if reader is not None:
        recused = sa.exists().where(Recusal.application_id == Application.id, Recusal.account_id == reader.id)
        rows = rows.where(~recused)
    return db.session.scalars(rows).all()
