"""The dossier itself."""

import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, aliased, foreign, mapped_column, relationship, remote

from guichet.accounts.models import Organisation
from guichet.applications.models.statuses import ApplicationStatus
from guichet.calls.dating import Round
from guichet.calls.models import Call, PriorityAction, ProjectFamily
from guichet.core import clock
from guichet.core.db import Model, db, stored
from guichet.questions.models import QuestionForm

if TYPE_CHECKING:
    from guichet.applications.models.content import (
        ApplicationIndicator,
        Attachment,
        BudgetLine,
        Cofunding,
        Milestone,
        PlanLink,
        TeamMember,
    )
    from guichet.applications.models.exchanges import ApplicationVersion, ChangeRequest
    from guichet.applications.models.offers import LeadTransfer
    from guichet.applications.models.own import OwnAnswers

# The embedded PostgreSQL has no « unaccent »: letters lose their accents by this table, in the column and in what is looked for.
ACCENTED, PLAIN = "àâäáãåçéèêëíìîïñóòôöõúùûüýÿ", "aaaaaaceeeeiiiinooooouuuuyy"


def _words(weight: str, *columns: str) -> str:
    text = " || ' ' || ".join(columns)
    plain = f"replace(translate(lower({text}), '{ACCENTED}', '{PLAIN}'), 'œ', 'oe')"
    return f"setweight(to_tsvector('french'::regconfig, {plain}), '{weight}')"


WORDS = " || ".join((_words("A", "title"), _words("B", "summary"), _words("C", "problem", "solution")))

application_priority_action = sa.Table(
    "application_priority_action",
    db.metadata,
    sa.Column("application_id", sa.ForeignKey("application.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("priority_action_id", sa.ForeignKey("priority_action.id"), primary_key=True),
)


class Application(Model):
    """A ministry's dossier for one call; its status moves only through the workflow."""

    __tablename__ = "application"
    __table_args__ = (
        sa.UniqueConstraint("reference"),
        # Once submitted, always with its date and number, whatever becomes of it.
        sa.CheckConstraint(
            "status IN ('draft', 'awaiting_endorsement') = (submitted_at IS NULL)", name="submitted_at_iff_submitted"
        ),
        sa.CheckConstraint("(submitted_at IS NULL) = (reference IS NULL)", name="reference_iff_submitted"),
        sa.CheckConstraint("round_id IS NULL OR submitted_at IS NOT NULL", name="round_once_submitted"),
        # A round of its own call.
        sa.ForeignKeyConstraint(["call_id", "round_id"], ["call_round.call_id", "call_round.id"]),
        sa.CheckConstraint("(status = 'awarded') = (amount_granted IS NOT NULL)", name="amount_granted_iff_awarded"),
        sa.CheckConstraint("amount_granted > 0", name="amount_granted_positive"),
        sa.CheckConstraint("amount_granted <= amount_requested", name="granted_within_request"),
        sa.CheckConstraint("amount_requested >= 0 AND total_cost >= 0", name="amounts_not_negative"),
        sa.CheckConstraint("amount_requested <= total_cost", name="request_within_cost"),
        sa.CheckConstraint("status <> 'rejected' OR outcome_reason <> ''", name="rejection_has_a_reason"),
        sa.CheckConstraint("carrier_time_percent BETWEEN 0 AND 100", name="carrier_time_is_a_percentage"),
        sa.CheckConstraint("rgesn_score BETWEEN 0 AND 100", name="rgesn_score_is_a_percentage"),
        sa.CheckConstraint("ministry_rank > 0", name="ministry_rank_positive"),
        # Checked at the end of each statement, not at each row: one statement orders a ministry's dossiers.
        sa.UniqueConstraint("ministry_id", "call_id", "ministry_rank", deferrable=True, initially="IMMEDIATE"),
        sa.CheckConstraint(
            "num_nulls(submitted_at, submitted_title, submitted_summary, submitted_cost, submitted_amount, "
            "submitted_digital) IN (0, 6)",
            name="told_iff_submitted",
        ),
        # The team's writing and what the service reads part while complements are written, and at no other time.
        sa.CheckConstraint(
            "status = 'changes_requested' OR submitted_at IS NULL OR (title, summary, total_cost, amount_requested, "
            "is_digital_service) IS NOT DISTINCT FROM (submitted_title, submitted_summary, submitted_cost, "
            "submitted_amount, submitted_digital)",
            name="told_as_submitted",
        ),
        sa.Index(None, "call_id", "status"),
        sa.Index(None, "ministry_id", "status"),
        sa.Index(None, "round_id"),
        sa.Index(None, "created_at"),
        # The words of a dossier, for the search among funded projects; read by SQL alone, never loaded with the dossier.
        sa.Column("words", TSVECTOR, sa.Computed(WORDS, persisted=True)),
        sa.Index(
            None,
            "words",
            postgresql_using="gin",
            postgresql_where=sa.text("status = 'awarded' AND outcome_published_at IS NOT NULL"),
        ),
        # All that rights, counts and the order of a list look at: dossiers are long, few of them are shown.
        sa.Index(None, "submitted_at", "id", postgresql_include=["status", "call_id", "ministry_id"]),
    )

    call_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("call.id"))
    organisation_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organisation.id"))
    # Root of the organisation's tree, kept here so that rights and lists need no walk up the tree.
    ministry_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organisation.id"))
    status: Mapped[ApplicationStatus] = mapped_column(stored(ApplicationStatus), default=ApplicationStatus.DRAFT)
    reference: Mapped[str | None] = mapped_column(sa.String(40))
    submitted_at: Mapped[dt.datetime | None]
    # When it was last examined anew, after an appeal or a new fact: the time to decide runs from then.
    reopened_at: Mapped[dt.datetime | None]
    # The round of the call that was running when it was submitted; complements do not move it.
    round_id: Mapped[uuid.UUID | None]
    version: Mapped[int] = mapped_column()
    # When its content last changed, whoever wrote.
    saved_at: Mapped[dt.datetime] = mapped_column(default=clock.now)
    # When the team was last told that the deadline is near.
    reminded_at: Mapped[dt.datetime | None]
    # Order given by the focal point among the ministry's own dossiers of the call; what is shown of it: priorities.py.
    ministry_rank: Mapped[int | None]

    # The project
    title: Mapped[str] = mapped_column(sa.String(200))
    summary: Mapped[str] = mapped_column(sa.Text, default="")
    family_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("project_family.id"))
    is_digital_service: Mapped[bool] = mapped_column(default=False)
    # Need and solution
    problem: Mapped[str] = mapped_column(sa.Text, default="")
    solution: Mapped[str] = mapped_column(sa.Text, default="")
    users_concerned: Mapped[str] = mapped_column(sa.Text, default="")
    deliverables: Mapped[str] = mapped_column(sa.Text, default="")
    without_funding: Mapped[str] = mapped_column(sa.Text, default="")
    # Carrier and stakeholders
    carrier_name: Mapped[str] = mapped_column(sa.String(200), default="")
    carrier_mandate: Mapped[str] = mapped_column(sa.Text, default="")
    carrier_time_percent: Mapped[int | None]
    stakeholders: Mapped[str] = mapped_column(sa.Text, default="")
    close_projects: Mapped[str] = mapped_column(sa.Text, default="")
    # Impact
    impact_method: Mapped[str] = mapped_column(sa.Text, default="")
    own_footprint: Mapped[str] = mapped_column(sa.Text, default="")
    annual_savings: Mapped[Decimal | None]
    savings_from_year: Mapped[int | None]
    rgesn_score: Mapped[int | None]
    rgesn_version: Mapped[str] = mapped_column(sa.String(20), default="")
    rgesn_on: Mapped[dt.date | None]
    # Openness
    licence: Mapped[str] = mapped_column(sa.String(200), default="")
    openness: Mapped[str] = mapped_column(sa.Text, default="")
    risks: Mapped[str] = mapped_column(sa.Text, default="")
    reuse: Mapped[str] = mapped_column(sa.Text, default="")
    feedback_sharing: Mapped[str] = mapped_column(sa.Text, default="")
    # Money: totals of the budget lines, kept by the budget's use case; the grant, by the published decision (euros).
    total_cost: Mapped[Decimal] = mapped_column(default=Decimal("0.00"))
    amount_requested: Mapped[Decimal] = mapped_column(default=Decimal("0.00"))
    amount_granted: Mapped[Decimal | None]
    # As last submitted: what everybody outside the team reads, sorts and looks for while complements are written.
    submitted_title: Mapped[str | None] = mapped_column(sa.String(200))
    submitted_summary: Mapped[str | None] = mapped_column(sa.Text)
    submitted_cost: Mapped[Decimal | None]
    submitted_amount: Mapped[Decimal | None]
    submitted_digital: Mapped[bool | None]
    # Outcome, as published
    outcome_reason: Mapped[str] = mapped_column(sa.Text, default="")
    outcome_published_at: Mapped[dt.datetime | None]
    # When the team was last told that nobody of it had said to have read an outcome.
    outcome_reminded_at: Mapped[dt.datetime | None]
    outcome_letter_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("document.id"))

    call: Mapped[Call] = relationship(lazy="raise_on_sql")
    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql", foreign_keys=[organisation_id])
    ministry: Mapped[Organisation] = relationship(lazy="raise_on_sql", foreign_keys=[ministry_id])
    family: Mapped[ProjectFamily | None] = relationship(lazy="raise_on_sql")
    priority_actions: Mapped[list[PriorityAction]] = relationship(
        secondary=application_priority_action, lazy="raise_on_sql", order_by=PriorityAction.position
    )
    team: Mapped[list["TeamMember"]] = relationship(
        lazy="raise_on_sql", order_by="TeamMember.created_at", cascade="all, delete-orphan"
    )
    plan_links: Mapped[list["PlanLink"]] = relationship(
        lazy="raise_on_sql", order_by="PlanLink.created_at", cascade="all, delete-orphan"
    )
    milestones: Mapped[list["Milestone"]] = relationship(
        lazy="raise_on_sql", order_by="Milestone.position", cascade="all, delete-orphan"
    )
    budget_lines: Mapped[list["BudgetLine"]] = relationship(
        lazy="raise_on_sql", order_by="BudgetLine.position", cascade="all, delete-orphan"
    )
    cofundings: Mapped[list["Cofunding"]] = relationship(
        lazy="raise_on_sql", order_by="Cofunding.position", cascade="all, delete-orphan"
    )
    indicators: Mapped[list["ApplicationIndicator"]] = relationship(
        lazy="raise_on_sql", order_by="ApplicationIndicator.position", cascade="all, delete-orphan"
    )
    attachments: Mapped[list["Attachment"]] = relationship(lazy="raise_on_sql", order_by="Attachment.created_at")
    versions: Mapped[list["ApplicationVersion"]] = relationship(
        lazy="raise_on_sql", order_by="ApplicationVersion.number"
    )
    change_requests: Mapped[list["ChangeRequest"]] = relationship(
        lazy="raise_on_sql", order_by="ChangeRequest.created_at"
    )
    # The proposal of another lead that nobody has ended, even if its time is over.
    pending_transfer: Mapped["LeadTransfer | None"] = relationship(
        lazy="raise_on_sql",
        viewonly=True,
        primaryjoin="and_(LeadTransfer.application_id == Application.id, LeadTransfer.accepted_at.is_(None),"
        " LeadTransfer.declined_at.is_(None), LeadTransfer.withdrawn_at.is_(None))",
    )
    own: Mapped["OwnAnswers | None"] = relationship(lazy="raise_on_sql", cascade="all, delete-orphan")
    # The latest published version of the call's own questions.
    current_form: Mapped[QuestionForm | None] = relationship(
        lazy="raise_on_sql", viewonly=True, primaryjoin=lambda: _is_latest_form()
    )

    @property
    def known_title(self) -> str:
        """The title under which it is spoken of: as submitted, or as it is written while it is a draft."""
        return self.title if self.submitted_title is None else self.submitted_title

    @property
    def round(self) -> Round | None:
        """The round it was submitted in, where its call goes by rounds."""
        return next((one for one in self.call.rounds if one.id == self.round_id), None) if self.round_id else None

    __mapper_args__ = {"version_id_col": version, "exclude_properties": ["words"]}
    # Who may write, and what: somebody may have left the team, or been answered, while a request waited for the lock.
    READ_UNDER_LOCK: ClassVar[Mapping[str, tuple[str, ...]]] = {"team": ("account",), "change_requests": ()}


def _is_latest_form() -> sa.ColumnElement[bool]:
    other = aliased(QuestionForm)
    latest = sa.select(sa.func.max(other.number)).where(
        other.call_id == Application.call_id, other.published_at.isnot(None)
    )
    return sa.and_(
        foreign(Application.call_id) == remote(QuestionForm.call_id),
        remote(QuestionForm.number) == latest.correlate(Application.__table__).scalar_subquery(),
    )
