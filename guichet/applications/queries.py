"""Reading dossiers. What a person may not see is left out here, before any list, count or page."""

from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload, load_only, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from guichet.accounts.models import Account, Organisation, Role
from guichet.applications.models import (
    NEVER_SUBMITTED,
    WRITERS,
    Application,
    ApplicationStatus,
    ApplicationVersion,
    Attachment,
    LeadTransfer,
    MessageAudience,
    OwnAnswers,
    PlanLink,
    Recusal,
    TeamMember,
)
from guichet.calls import policies as call_policies
from guichet.calls import queries as calls
from guichet.calls.models import Call
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import NotFound
from guichet.plans.models import ActionPlan, PlanAction, Progress

Condition = sa.ColumnElement[bool]


def visible_to(actor: Account) -> sa.Select[Application]:
    """The dossiers that `actor` may read: her own, her ministry's, and those of her calls once submitted.

    A draft is read by its team, its focal points and the auditors alone; a recusal hides a dossier from everybody.
    Committee members and reviewers read through the review package.
    """
    audited = _of_calls(actor.calls_as(Role.AUDITOR))
    return sa.select(Application).where(sa.or_(_own(actor), audited, _processed(actor)), _not_recused(actor))


def mine(actor: Account) -> sa.Select[Application]:
    """The dossiers that `actor` helps to write, and those of the ministries she is the focal point of."""
    return sa.select(Application).where(_own(actor), _not_recused(actor))


def for_processing(actor: Account) -> sa.Select[Application]:
    """The submitted dossiers of the calls that `actor` runs or watches; an officer never has her own ministry's.

    Nobody processes or watches a dossier that she helps to write or endorses: the desk tells more than its team may know.
    """
    return sa.select(Application).where(_processed(actor), _not_recused(actor))


def takes_part(actor: Account) -> Condition:
    """Whether `actor` is on the dossier's team, even if she may not write it any more, or is its focal point."""
    written = sa.select(TeamMember.application_id).where(TeamMember.account_id == actor.id)
    endorsed = actor.organisations_as(Role.FOCAL_POINT)
    return sa.or_(Application.id.in_(written), Application.ministry_id.in_(endorsed) if endorsed else sa.false())


def written_by(actor: Account) -> Condition:
    """Whether `actor` is among those of the team who write, not only read."""
    rows = sa.select(TeamMember.application_id).where(TeamMember.account_id == actor.id, TeamMember.role.in_(WRITERS))
    return Application.id.in_(rows)


def _own(actor: Account) -> Condition:
    """The team's dossiers for as long as she applies for that ministry, and the focal point's."""
    still_applies = sa.or_(
        Application.ministry_id.in_(actor.organisations_as(Role.FOCAL_POINT)),
        sa.and_(sa.literal(actor.has_role(Role.APPLICANT)), Application.ministry_id == actor.organisation.ministry_id),
    )
    return sa.and_(takes_part(actor), still_applies)


def corresponds(actor: Account, audience: MessageAudience) -> Condition:
    """Whether `actor` takes part in the messages of that audience, as policies.part_of says; a recusal ends it."""
    serves = sa.and_(~takes_part(actor), _as_officer(actor))
    writes = sa.or_(written_by(actor), Application.ministry_id.in_(actor.organisations_as(Role.FOCAL_POINT)))
    theirs = serves if audience is MessageAudience.INTERNAL else sa.or_(sa.and_(_own(actor), writes), serves)
    return sa.and_(Application.status.not_in(NEVER_SUBMITTED), theirs, _not_recused(actor))


def _processed(actor: Account) -> Condition:
    as_watcher = [_of_calls(actor.calls_as(role)) for role in (Role.ADMIN, Role.FINANCE, Role.AUDITOR)]
    return sa.and_(
        Application.status.not_in(NEVER_SUBMITTED), ~takes_part(actor), sa.or_(_as_officer(actor), *as_watcher)
    )


def _as_officer(actor: Account) -> Condition:
    calls_run = _of_calls(actor.calls_as(Role.OFFICER))
    return sa.and_(calls_run, Application.ministry_id != actor.organisation.ministry_id)


def _of_calls(calls: set[UUID] | None) -> Condition:
    if calls is None:
        return sa.true()
    return Application.call_id.in_(calls) if calls else sa.false()


def _not_recused(actor: Account) -> Condition:
    # Hers are few: looked up once, not once for each dossier.
    return Application.id.not_in(sa.select(Recusal.application_id).where(Recusal.account_id == actor.id))


def one_for(actor: Account, application_id: UUID) -> Application:
    """The dossier with all that its pages show. Raises NotFound when there is none that `actor` may see.

    Eight statements, whatever the dossier holds.
    """
    return _whole(visible_to(actor).where(Application.id == application_id))


def loaded(application_id: UUID) -> Application:
    """The same, with the scoring grid of its call, and without asking who reads: the caller has checked another right."""
    return _whole(sa.select(Application).where(Application.id == application_id), *GRID)


# One statement for each kind of rows: joining them to the dossier would repeat its long texts on every row.
CONTENT: tuple[ORMOption, ...] = (
    joinedload(Application.call),
    joinedload(Application.organisation),
    joinedload(Application.ministry),
    joinedload(Application.family),
    joinedload(Application.own).joinedload(OwnAnswers.form),
    joinedload(Application.current_form),
    selectinload(Application.plan_links).joinedload(PlanLink.plan_action),
    selectinload(Application.milestones),
    selectinload(Application.budget_lines),
    selectinload(Application.indicators),
    selectinload(Application.attachments).options(joinedload(Attachment.document), joinedload(Attachment.kind)),
)
GRID: tuple[ORMOption, ...] = (selectinload(Application.call, Call.criteria),)
# The short lists are joined to one another on the bare identifier, two by two, to spare statements.
PEOPLE: tuple[ORMOption, ...] = (
    load_only(Application.id),
    joinedload(Application.team).joinedload(TeamMember.account),
    joinedload(Application.priority_actions),
    joinedload(Application.cofundings),
)
EXCHANGES: tuple[ORMOption, ...] = (
    load_only(Application.id),
    joinedload(Application.pending_transfer).options(
        joinedload(LeadTransfer.receiver), joinedload(LeadTransfer.proposed_by)
    ),
    joinedload(Application.change_requests),
    joinedload(Application.versions).defer(ApplicationVersion.content),
    joinedload(Application.call).options(
        load_only(Call.id), joinedload(Call.attachment_kinds), joinedload(Call.organisations)
    ),
)


def _whole(rows: sa.Select[Application], *more: ORMOption) -> Application:
    # Read afresh: after a refusal, the page shows what is in the database, not what was tried.
    fresh = rows.options(*CONTENT, *more).execution_options(populate_existing=True)
    application = db.session.scalars(fresh).unique().one_or_none()
    if application is None:
        raise NotFound("Ce dossier n’existe pas, ou vous n’y avez pas accès.")
    for options in (PEOPLE, EXCHANGES):
        db.session.scalars(
            sa.select(Application).where(Application.id == application.id).options(*options)
        ).unique().one()
    return application


# Dossiers that leave their place to another of the same ministry.
SET_ASIDE = (ApplicationStatus.INELIGIBLE, ApplicationStatus.WITHDRAWN, ApplicationStatus.CLOSED)


def tally(rows: sa.Select[Application], year: sa.ColumnElement[Any]) -> tuple[dict[ApplicationStatus, int], list[int]]:
    """How many of `rows` are in each status, in the order of a dossier's life, none left out; and their years, latest first.

    `year` is the expression that tells the year of a dossier. One statement.
    """
    grouped = rows.with_only_columns(Application.status, year, sa.func.count(), maintain_column_froms=True)
    counts: Counter[ApplicationStatus] = Counter()
    years = set()
    for status, one, count in db.session.execute(grouped.order_by(None).group_by(Application.status, year)):
        counts[status] += count
        years.add(int(one))
    return {status: counts[status] for status in ApplicationStatus if status in counts}, sorted(years, reverse=True)


@dataclass(frozen=True)
class Answered:
    """The calls that dossiers answer and their rounds, the latest first: identifier and words of each, for a filter."""

    calls: list[tuple[UUID, str]]
    rounds: list[tuple[UUID, str]]


def answered(rows: sa.Select[Any]) -> Answered:
    """The calls of the dossiers of `rows`. One statement."""
    wanted = rows.with_only_columns(Application.call_id, maintain_column_froms=True)
    titles = sa.select(Call.id, Call.title, Call.rounds).where(Call.id.in_(wanted))
    found = db.session.execute(titles.order_by(Call.closes_at.desc(), Call.id)).all()
    return Answered(
        calls=[(call_id, title) for call_id, title, _ in found],
        rounds=[(one.id, f"{title} : {one.name}") for _, title, rounds in found for one in rounds],
    )


def call_to_answer(actor: Account, slug: str) -> Call:
    """The call of that address. Raises NotFound when there is none that `actor` may see."""
    call = calls.by_slug(slug)
    if not call_policies.can_view(actor, call):
        raise NotFound("Cet appel à projets n’existe pas.")
    return call


def call_with_lists(call_id: UUID) -> Call:
    """The call with the families and the priority actions among which its dossiers choose."""
    rows = sa.select(Call).where(Call.id == call_id)
    lists = (joinedload(Call.families), joinedload(Call.priority_actions))
    return db.session.scalars(rows.options(*lists)).unique().one()


def begun_by(actor: Account, call_id: UUID) -> sa.Select[Application]:
    """What `actor` has begun and not submitted in this call."""
    return mine(actor).where(
        Application.call_id == call_id,
        Application.status.in_(NEVER_SUBMITTED),
        written_by(actor),
    )


def drafts_of(actor: Account, call_id: UUID) -> list[Application]:
    """The same, newest first."""
    return list(db.session.scalars(begun_by(actor, call_id).order_by(Application.created_at.desc())))


def carriers_for(actor: Account) -> list[Organisation]:
    """The organisations that exist today and for which `actor` may apply: those of her grants and what depends on them."""
    granted = actor.organisations_as(Role.APPLICANT)
    today = clock.today()
    rows = sa.select(Organisation).where(
        sa.or_(
            Organisation.id.in_(granted), Organisation.parent_id.in_(granted), Organisation.ministry_id.in_(granted)
        ),
        Organisation.valid_from <= today,
        sa.or_(Organisation.valid_until.is_(None), Organisation.valid_until > today),
    )
    return list(db.session.scalars(rows.order_by(Organisation.parent_id.isnot(None), Organisation.name)))


def has_submitted(ministry_id: UUID, call_id: UUID, *, but: UUID | None = None) -> bool:
    """Whether the ministry has in this call a submitted dossier that still stands, other than `but`."""
    rows = sa.select(Application.id).where(
        Application.ministry_id == ministry_id,
        Application.call_id == call_id,
        Application.id != but if but else sa.true(),
        Application.status.not_in((*NEVER_SUBMITTED, *SET_ASIDE)),
    )
    # Asked in the middle of a submission: the dossier's new status waits for its number and date to be written with it.
    with db.session.no_autoflush:
        return db.session.scalar(rows.limit(1)) is not None


def actions_of(ministry_id: UUID) -> list[PlanAction]:
    """The actions of the ministry's plans that a dossier may serve, by theme then number."""
    rows = (
        sa.select(PlanAction)
        .join(PlanAction.plan)
        .where(ActionPlan.ministry_id == ministry_id, PlanAction.progress != Progress.ABANDONED)
        .options(contains_eager(PlanAction.plan))
        .order_by(ActionPlan.first_year.desc(), PlanAction.number)
    )
    actions = list(db.session.scalars(rows))
    return sorted(actions, key=lambda action: action.theme.number)
