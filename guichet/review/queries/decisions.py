"""Reading decisions: those prepared, those published, and how a publication goes."""

from collections.abc import Collection, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload, load_only
from sqlalchemy.orm.strategy_options import _AbstractLoad

from guichet.accounts.models import Account, Organisation, Role, RoleGrant
from guichet.applications.models import Application, Recusal, TeamMember
from guichet.calls.models import Call
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import NotFound
from guichet.review.models import (
    CommitteeSession,
    Decision,
    DecisionStatus,
    PublicationItem,
    PublicationRun,
    PublicationState,
)
from guichet.review.queries.committee import TOLD, shown_to


def in_force(application_id: UUID, status: DecisionStatus) -> Decision | None:
    """The one decision of the dossier that is prepared, or published.

    Asked under the call's lock by who holds the dossier and its call: they are not read again with it.
    """
    return db.session.scalar(
        sa.select(Decision).where(Decision.application_id == application_id, Decision.status == status)
    )


def publishable() -> _AbstractLoad:
    """What the publication of a decision reads of its dossier before it locks both: the rest is read afresh then."""
    call = joinedload(Application.call, innerjoin=True).load_only(Call.id)
    return joinedload(Decision.application, innerjoin=True).options(
        load_only(Application.call_id, Application.ministry_id), call, joinedload(Application.plan_links)
    )


def of_session(session: CommitteeSession, application: Application, *statuses: DecisionStatus) -> Decision | None:
    """The latest decision of that session on the dossier, among those in one of `statuses`, with who prepared it."""
    return db.session.scalar(
        sa.select(Decision)
        .where(
            Decision.session_id == session.id,
            Decision.application_id == application.id,
            Decision.status.in_(statuses),
        )
        .options(
            joinedload(Decision.prepared_by, innerjoin=True),
            joinedload(Decision.application, innerjoin=True).joinedload(Application.call, innerjoin=True),
        )
        .order_by(Decision.prepared_at.desc(), Decision.id)
        .limit(1)
    )


def rendered_on(application: Application) -> Sequence[Decision]:
    """The decisions that its ministry was told, in force or replaced, the latest first. One statement."""
    return db.session.scalars(
        sa.select(Decision)
        .where(Decision.application_id == application.id, Decision.status.in_(TOLD))
        .order_by(Decision.published_at.desc(), Decision.id)
    ).all()


def prepared(session: CommitteeSession, actor: Account, chosen: Collection[UUID] = ()) -> sa.Select[Decision]:
    """The decisions of the session that await publication and that `actor` may see; among `chosen`, when some are."""
    rows = (
        sa.select(Decision)
        .join(Decision.application)
        .join(Application.ministry)
        .where(Decision.session_id == session.id, Decision.status == DecisionStatus.PREPARED, shown_to(actor))
        .options(contains_eager(Decision.application).contains_eager(Application.ministry))
        .order_by(Application.reference)
    )
    return rows.where(Decision.id.in_(chosen)) if chosen else rows


def people_to_tell(decisions: Sequence[Decision]) -> int:
    """How many e-mails the publication of `decisions` owes: team and focal points, each once for each dossier."""
    ids = [decision.application_id for decision in decisions]
    holds = sa.or_(RoleGrant.last_day.is_(None), RoleGrant.last_day >= clock.today())
    # A member is told for as long as she applies for the ministry of the dossier.
    applies = sa.exists().where(RoleGrant.account_id == Account.id, RoleGrant.role == Role.APPLICANT, holds)
    team = (
        sa.select(TeamMember.application_id, TeamMember.account_id)
        .join(Application, Application.id == TeamMember.application_id)
        .join(TeamMember.account)
        .join(Account.organisation)
        .where(TeamMember.application_id.in_(ids), Organisation.ministry_id == Application.ministry_id, applies)
    )
    focal_points = (
        sa.select(Application.id, RoleGrant.account_id)
        .join(RoleGrant, RoleGrant.organisation_id == Application.ministry_id)
        .where(Application.id.in_(ids), RoleGrant.role == Role.FOCAL_POINT, holds)
    )
    told = team.union(focal_points).subquery()
    application_id, account_id = told.c
    recused = sa.exists().where(Recusal.application_id == application_id, Recusal.account_id == account_id)
    rows = sa.select(sa.func.count()).select_from(told).join(Account, Account.id == account_id)
    return db.session.scalar(rows.where(Account.active, ~recused)) or 0


def runs_of(session: CommitteeSession, actor: Account) -> Sequence[tuple[PublicationRun, int, int]]:
    """The latest publications of the session: (run, decisions asked, decisions still waiting)."""
    waiting = sa.func.count().filter(PublicationItem.state == PublicationState.PENDING)
    rows = (
        sa.select(PublicationRun, sa.func.count(), waiting)
        .join(PublicationRun.items)
        .join(PublicationItem.decision)
        .join(Decision.application)
        .where(PublicationRun.session_id == session.id, shown_to(actor))
        .group_by(PublicationRun.id)
        .order_by(PublicationRun.created_at.desc())
        .limit(5)
    )
    return [(run, asked, left) for run, asked, left in db.session.execute(rows)]


def run_for(session: CommitteeSession, run_id: UUID) -> PublicationRun:
    """One publication of the session, with who asked for it. Raises NotFound."""
    run = db.session.scalar(
        sa.select(PublicationRun)
        .where(PublicationRun.id == run_id, PublicationRun.session_id == session.id)
        .options(joinedload(PublicationRun.started_by, innerjoin=True))
    )
    if run is None:
        raise NotFound("Cette publication n’existe pas.")
    return run


def items_of(run: PublicationRun, actor: Account) -> sa.Select[PublicationItem]:
    """The results of a publication, dossier by dossier: failures first."""
    order = sa.case((PublicationItem.state == PublicationState.FAILED, 0), else_=1)
    return (
        sa.select(PublicationItem)
        .join(PublicationItem.decision)
        .join(Decision.application)
        .where(PublicationItem.run_id == run.id, shown_to(actor))
        .options(contains_eager(PublicationItem.decision).contains_eager(Decision.application))
        .order_by(order, Application.reference)
    )


def counts_of(run: PublicationRun, actor: Account) -> dict[PublicationState, int]:
    """How many decisions of the run are in each state, among those that `actor` may see."""
    rows = (
        sa.select(PublicationItem.state, sa.func.count())
        .join(PublicationItem.decision)
        .join(Decision.application)
        .where(PublicationItem.run_id == run.id, shown_to(actor))
        .group_by(PublicationItem.state)
    )
    counts = dict.fromkeys(PublicationState, 0)
    counts.update((state, count) for state, count in db.session.execute(rows))
    return counts
