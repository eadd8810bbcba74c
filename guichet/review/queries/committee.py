"""Reading for the committee: sessions, their agenda with the scores, and the money that is left.

A member never meets a dossier that she is recused from, nor one of her own ministry: neither its line, nor its count,
nor what a prepared decision took of the envelope for it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload

from guichet.accounts.models import Account, Organisation, Role
from guichet.applications.models import Application, ApplicationStatus, Recusal
from guichet.applications.queries import takes_part
from guichet.calls.models import Call, CallStatus, Criterion
from guichet.core.db import db
from guichet.core.errors import NotFound
from guichet.core.money import ZERO
from guichet.core.paging import Page, paginate
from guichet.review import policies
from guichet.review.models import (
    Assignment,
    AssignmentStatus,
    CommitteeSession,
    CriterionScore,
    Decision,
    DecisionStatus,
    Evaluation,
    Outcome,
    Recommendation,
    SessionItem,
    SessionStatus,
)
from guichet.review.ranking import Scores, scores_of

Condition = sa.ColumnElement[bool]

READERS = (Role.OFFICER, Role.COMMITTEE, Role.CHAIR, Role.AUDITOR, Role.FINANCE)
DECIDERS = (Role.OFFICER, Role.COMMITTEE, Role.CHAIR)
TOLD = frozenset({DecisionStatus.PUBLISHED, DecisionStatus.REPLACED})
IN_FORCE = frozenset({DecisionStatus.PREPARED, DecisionStatus.PUBLISHED})
# Those that await a decision of the committee, and those that an officer may bring back to it.
AWAITING = frozenset({ApplicationStatus.REVIEWED, ApplicationStatus.WAITLISTED})
PLACEABLE = AWAITING | {ApplicationStatus.DEFERRED}


@dataclass(frozen=True)
class Line:
    """A dossier of the agenda, as the committee reads it; `decision` is this session's, when the reader may know it."""

    application_id: UUID
    reference: str
    title: str
    ministry: str
    amount_requested: Decimal
    status: ApplicationStatus
    scores: Scores
    recommendations: Counter[Recommendation]
    decision: Decision | None

    @property
    def takes(self) -> Decimal:
        """What it takes of the envelope: the amount granted, or requested while nothing is decided (euros)."""
        if self.decision is None:
            return self.amount_requested if self.status in AWAITING else ZERO
        return (self.decision.amount or ZERO) if self.decision.status in IN_FORCE else ZERO


@dataclass(frozen=True)
class Money:
    """The envelope as the reader may know it, in euros: what is left, what this session's awards took."""

    left: Decimal
    prepared: Decimal
    published: Decimal

    @property
    def to_share(self) -> Decimal:
        """What the session had to share out when it began."""
        return self.left + self.prepared + self.published


def shown_to(actor: Account) -> Condition:
    """The dossiers that `actor` may meet in a session. Who only watches (finance, audit) is not of a ministry there.

    Nobody meets a dossier that she helps to write or endorses: she would know its decision before her team.
    """
    recused = sa.exists().where(Recusal.application_id == Application.id, Recusal.account_id == actor.id)
    shown = sa.and_(~recused, ~takes_part(actor))
    if actor.has_role(*DECIDERS):
        return sa.and_(shown, Application.ministry_id != actor.organisation.ministry_id)
    return shown


def recusal(actor: Account, application: Application) -> sa.Exists:
    return sa.exists().where(Recusal.application_id == application.id, Recusal.account_id == actor.id)


def is_recused(actor: Account, application: Application) -> bool:
    return bool(db.session.scalar(sa.select(recusal(actor, application))))


def sessions_of(actor: Account, status: SessionStatus | None = None) -> sa.Select[Any]:
    """The sessions of the calls on which `actor` reads them, latest first, each with the number of dossiers shown."""
    count = (
        sa.select(sa.func.count())
        .select_from(SessionItem)
        .join(SessionItem.application)
        .where(SessionItem.session_id == CommitteeSession.id, shown_to(actor))
        .scalar_subquery()
    )
    rows = sa.select(CommitteeSession, count).join(CommitteeSession.call).options(contains_eager(CommitteeSession.call))
    scopes = [actor.calls_as(role) for role in READERS]
    if None not in scopes:
        rows = rows.where(CommitteeSession.call_id.in_({call_id for scope in scopes for call_id in scope or ()}))
    if status is not None:
        rows = rows.where(CommitteeSession.status == status)
    return rows.order_by(CommitteeSession.held_at.desc(), CommitteeSession.id)


def one_for(actor: Account, session_id: UUID) -> CommitteeSession:
    """The session with its call. Raises NotFound when there is none that `actor` may see."""
    session = db.session.scalar(
        sa.select(CommitteeSession)
        .where(CommitteeSession.id == session_id)
        .options(joinedload(CommitteeSession.call, innerjoin=True))
    )
    if session is None or not policies.can_see_session(actor, session):
        raise NotFound("Cette séance n’existe pas, ou vous n’y avez pas accès.")
    return session


def calls_to_plan(actor: Account) -> list[Call]:
    """The calls for which `actor` may plan a session, latest first."""
    scope = actor.calls_as(Role.OFFICER)
    rows = sa.select(Call).where(Call.status.not_in({CallStatus.DRAFT, CallStatus.ARCHIVED}))
    if scope is not None:
        rows = rows.where(Call.id.in_(scope))
    return list(db.session.scalars(rows.order_by(Call.closes_at.desc(), Call.id)))


def agenda(session: CommitteeSession, actor: Account, number: int) -> Page[Line]:
    """Page `number` of the agenda that `actor` reads, in its order. Three statements, the costly one for that page alone."""
    found = paginate(_agenda(session, actor, SessionItem.application_id), number)
    items = lines(session, actor, Application.id.in_(found.items))
    return Page(items=items, number=found.number, total=found.total)


def lines(session: CommitteeSession, actor: Account, *narrowed: Condition) -> list[Line]:
    """The agenda that `actor` reads, all of it unless `narrowed`. One statement."""
    decisions = _latest_decision(knows=policies.can_see_prepared(actor, session))
    opinions = _opinions(readable=policies.can_read_opinions(actor, session))
    facts = (Application.id, Application.reference, Application.submitted_title, Organisation.short_name)
    money = (Application.submitted_amount, Application.status)
    rows = (
        _agenda(session, actor, *facts, *money, opinions, aliased(Decision, decisions))
        .join(Application.ministry)
        .join(opinions, sa.true())
        .outerjoin(decisions, sa.true())
        .where(*narrowed)
    )
    return [_line(row) for row in db.session.execute(rows)]


def _agenda(session: CommitteeSession, actor: Account, *columns: Any) -> sa.Select[Any]:
    """A withdrawn dossier leaves it at once, unless the session's decision on it was published."""
    told = sa.exists().where(
        Decision.session_id == session.id, Decision.application_id == Application.id, Decision.status.in_(TOLD)
    )
    stands = sa.or_(Application.status != ApplicationStatus.WITHDRAWN, told)
    return (
        sa.select(*columns)
        .select_from(SessionItem)
        .join(SessionItem.application)
        .where(SessionItem.session_id == session.id, shown_to(actor), stands)
        .order_by(SessionItem.position, SessionItem.id)
    )


def _latest_decision(*, knows: bool) -> sa.FromClause:
    """The session's decision on a dossier of its agenda, for who knows of what is prepared or for who does not."""
    return (
        sa.select(Decision)
        .where(
            Decision.application_id == SessionItem.application_id,
            Decision.session_id == SessionItem.session_id,
            Decision.status.in_(TOLD | {DecisionStatus.PREPARED} if knows else TOLD),
        )
        .order_by(Decision.prepared_at.desc(), Decision.id)
        .limit(1)
        .lateral()
    )


def _opinions(*, readable: bool) -> sa.FromClause:
    """The means and the recommendations given on a dossier of the agenda; none for who may not read them."""
    return (
        sa.select(
            sa.func.array_agg(Evaluation.mean).label("means"),
            sa.func.array_agg(sa.cast(Evaluation.recommendation, sa.Text)).label("recommendations"),
        )
        .join(Evaluation.assignment)
        .where(
            Assignment.application_id == SessionItem.application_id,
            *_submitted(),
            sa.true() if readable else sa.false(),
        )
        .lateral()
    )


def _line(row: Any) -> Line:
    *facts, means, recommendations, decision = row
    application_id, reference, title, ministry, amount_requested, status = facts
    # Sorted as they are listed: favourable first.
    given = Counter(sorted((Recommendation(value) for value in recommendations or ()), key=list(Recommendation).index))
    scores = scores_of(means or ())
    return Line(application_id, reference, title, ministry, amount_requested, status, scores, given, decision)


def _submitted() -> tuple[Condition, ...]:
    return (Assignment.status == AssignmentStatus.COMPLETED, Evaluation.submitted_at.is_not(None))


def money(session: CommitteeSession, actor: Account) -> Money:
    """The money of the session's call. What prepared decisions took for dossiers hidden from `actor` counts as left."""
    shown, here = shown_to(actor), Decision.session_id == session.id
    prepared = Decision.status == DecisionStatus.PREPARED
    if not policies.can_see_prepared(actor, session):
        known: Condition = sa.false()
    else:
        known = shown
    total = sa.func.sum(Decision.amount)
    rows = (
        sa.select(
            total.filter(prepared, ~known),
            total.filter(prepared, known, here),
            total.filter(Decision.status == DecisionStatus.PUBLISHED, shown, here),
        )
        .join(Decision.application)
        .where(Application.call_id == session.call_id, Decision.outcome == Outcome.AWARDED)
    )
    hidden, taken, published = (amount or ZERO for amount in db.session.execute(rows).one())
    return Money(session.call.envelope_left + hidden, taken, published)


def placeable(session: CommitteeSession, actor: Account, round_id: UUID | None = None) -> sa.Select[Application]:
    """The dossiers of the call (of one round) that may join the agenda: awaiting the committee, on no other agenda to come."""
    placed = (
        sa.select(SessionItem.application_id)
        .join(SessionItem.session)
        .where(sa.or_(CommitteeSession.id == session.id, CommitteeSession.status == SessionStatus.PLANNED))
    )
    return (
        sa.select(Application)
        .where(
            Application.call_id == session.call_id,
            Application.status.in_(PLACEABLE),
            Application.id.not_in(placed),
            Application.round_id == round_id if round_id else sa.true(),
            shown_to(actor),
        )
        .options(joinedload(Application.ministry, innerjoin=True))
        .order_by(Application.reference)
    )


def on_agenda(session: CommitteeSession, actor: Account, application_id: UUID) -> Application:
    """The dossier of the agenda. Raises NotFound when it is not there, or hidden from `actor`."""
    application = db.session.scalar(
        sa.select(Application)
        .join(SessionItem, SessionItem.application_id == Application.id)
        .where(SessionItem.session_id == session.id, Application.id == application_id, shown_to(actor))
        .options(
            joinedload(Application.call, innerjoin=True),
            joinedload(Application.ministry, innerjoin=True),
            joinedload(Application.organisation, innerjoin=True),
            joinedload(Application.family),
        )
    )
    if application is None:
        raise NotFound("Ce dossier n’est pas à l’ordre du jour de cette séance.")
    return application


def opinions_on(application: Application) -> sa.Select[Evaluation]:
    """The submitted opinions, with their authors, and their marks and justifications on each criterion."""
    justified = selectinload(Evaluation.scores).joinedload(CriterionScore.criterion, innerjoin=True)
    return _submitted_on(application).options(justified)


def marks_on(application: Application) -> Sequence[Evaluation]:
    """The same without the justifications. One statement."""
    marks = joinedload(Evaluation.scores).load_only(CriterionScore.mark)
    scale = marks.joinedload(CriterionScore.criterion, innerjoin=True)
    rows = _submitted_on(application).options(scale.load_only(Criterion.position, Criterion.highest_mark))
    return db.session.scalars(rows).unique().all()


def _submitted_on(application: Application) -> sa.Select[Evaluation]:
    return (
        sa.select(Evaluation)
        .join(Evaluation.assignment)
        .where(Assignment.application_id == application.id, *_submitted())
        .options(contains_eager(Evaluation.assignment).joinedload(Assignment.reviewer, innerjoin=True))
        .order_by(Evaluation.submitted_at, Evaluation.id)
    )


def recused_from(application: Application) -> Sequence[str]:
    """Who declared a conflict of interest on the dossier, for the minutes."""
    return db.session.scalars(
        sa.select(Account.full_name)
        .join(Recusal, Recusal.account_id == Account.id)
        .where(Recusal.application_id == application.id)
        .order_by(Account.full_name)
    ).all()
