"""What a dossier holds in tables: team, links to the plan, milestones, budget, indicators, attachments."""

import datetime as dt
import uuid
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from guichet.accounts.models import Account
from guichet.applications.models.statuses import BudgetCategory, CofunderKind, CofundingState, ImpactUnit, TeamRole
from guichet.calls.models import AttachmentKind
from guichet.core.db import Model, stored
from guichet.documents.models import Document
from guichet.plans.models import EngagementLevel, PlanAction, Theme


class TeamMember(Model):
    """A person of the dossier's team: its lead, who writes it with her, or who only reads it."""

    __tablename__ = "team_member"
    __table_args__ = (
        sa.UniqueConstraint("application_id", "account_id"),
        sa.Index(None, "account_id"),
        sa.Index("uq_team_member_one_lead", "application_id", unique=True, postgresql_where=sa.text("role = 'lead'")),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("application.id", ondelete="CASCADE"))
    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"))
    role: Mapped[TeamRole] = mapped_column(stored(TeamRole))

    account: Mapped[Account] = relationship(lazy="raise_on_sql")


class PlanLink(Model):
    """The action of the ministry's plan that the project serves: an existing one, or one that it proposes."""

    __tablename__ = "plan_link"
    __table_args__ = (
        sa.UniqueConstraint("application_id", "plan_action_id"),
        sa.CheckConstraint("(plan_action_id IS NULL) = (proposed_title <> '')", name="existing_or_proposed"),
        sa.CheckConstraint("(plan_action_id IS NULL) = (proposed_theme IS NOT NULL)", name="proposal_has_a_theme"),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("application.id", ondelete="CASCADE"))
    plan_action_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("plan_action.id"))
    proposed_title: Mapped[str] = mapped_column(sa.String(300), default="")
    proposed_theme: Mapped[Theme | None] = mapped_column(stored(Theme, name="proposed_theme"))
    level_aimed: Mapped[EngagementLevel] = mapped_column(stored(EngagementLevel, name="level_aimed"))

    plan_action: Mapped[PlanAction | None] = relationship(lazy="raise_on_sql")


class Milestone(Model):
    __tablename__ = "milestone"
    __table_args__ = (sa.UniqueConstraint("application_id", "position"),)

    application_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("application.id", ondelete="CASCADE"))
    position: Mapped[int]
    label: Mapped[str] = mapped_column(sa.String(200))
    due_on: Mapped[dt.date]


class BudgetLine(Model):
    """A cost of the project for one year, in euros, and what of it is requested."""

    __tablename__ = "budget_line"
    __table_args__ = (
        sa.UniqueConstraint("application_id", "position"),
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.CheckConstraint("amount_requested BETWEEN 0 AND amount", name="request_within_amount"),
        sa.CheckConstraint("year BETWEEN 2000 AND 2100", name="year_sensible"),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("application.id", ondelete="CASCADE"))
    position: Mapped[int]
    category: Mapped[BudgetCategory] = mapped_column(stored(BudgetCategory))
    label: Mapped[str] = mapped_column(sa.String(200))
    year: Mapped[int]
    amount: Mapped[Decimal]
    amount_requested: Mapped[Decimal] = mapped_column(default=Decimal("0.00"))


class Cofunding(Model):
    """What somebody else pays of the project in one year, in euros. What nobody pays is the carrier's own."""

    __tablename__ = "cofunding"
    __table_args__ = (
        sa.UniqueConstraint("application_id", "position"),
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.CheckConstraint("name <> ''", name="name_not_empty"),
        sa.CheckConstraint("year BETWEEN 2000 AND 2100", name="year_sensible"),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("application.id", ondelete="CASCADE"))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(sa.String(200))
    kind: Mapped[CofunderKind] = mapped_column(stored(CofunderKind))
    year: Mapped[int]
    amount: Mapped[Decimal]
    state: Mapped[CofundingState] = mapped_column(stored(CofundingState))


class ApplicationIndicator(Model):
    """A declared effect of the project: before, after, when and how it will be measured."""

    __tablename__ = "application_indicator"
    __table_args__ = (sa.UniqueConstraint("application_id", "position"),)

    application_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("application.id", ondelete="CASCADE"))
    position: Mapped[int]
    label: Mapped[str] = mapped_column(sa.String(200))
    unit: Mapped[ImpactUnit] = mapped_column(stored(ImpactUnit))
    baseline: Mapped[Decimal] = mapped_column(sa.Numeric(16, 3))
    target: Mapped[Decimal] = mapped_column(sa.Numeric(16, 3))
    measured_on: Mapped[dt.date | None]


class Attachment(Model):
    """A file of the dossier. A replaced one is kept, out of the list; `replaces_id` leads to it."""

    __tablename__ = "attachment"
    __table_args__ = (
        sa.Index(None, "application_id"),
        sa.UniqueConstraint("document_id"),
        # One successor at most: two people who replace the same file at once do not make two.
        sa.UniqueConstraint("replaces_id"),
        sa.CheckConstraint("replaces_id <> id", name="replaces_another"),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("application.id", ondelete="CASCADE"))
    document_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("document.id"))
    kind_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("attachment_kind.id"))
    removed_at: Mapped[dt.datetime | None]
    replaces_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("attachment.id"))

    document: Mapped[Document] = relationship(lazy="raise_on_sql")
    kind: Mapped[AttachmentKind | None] = relationship(lazy="raise_on_sql")
