"""Eligibility, and what reviewers are asked and answer."""

import datetime as dt
import uuid
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from guichet.accounts.models import Account
from guichet.applications.models import Application
from guichet.calls.models import Criterion
from guichet.core.db import Model, stored
from guichet.review.models.statuses import AssignmentStatus, Recommendation


class EligibilityDecision(Model):
    """An officer's reasoned decision on eligibility; a reopening adds a new one, never changes an old one."""

    __tablename__ = "eligibility_decision"
    __table_args__ = (
        sa.CheckConstraint("eligible OR reason <> ''", name="refusal_has_a_reason"),
        sa.Index(None, "application_id"),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("application.id"))
    eligible: Mapped[bool]
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    decided_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"))
    decided_at: Mapped[dt.datetime]

    decided_by: Mapped[Account] = relationship(lazy="raise_on_sql")


class Assignment(Model):
    """A reviewer asked to score a dossier: never of the ministry that carries it. `due_on` is the last day, included."""

    __tablename__ = "assignment"
    __table_args__ = (
        sa.UniqueConstraint("application_id", "reviewer_id"),
        sa.CheckConstraint(
            "(status IN ('conflict', 'declined')) = (refusal_reason <> '')", name="refusal_has_a_reason"
        ),
        sa.CheckConstraint(
            "status = 'stopped' OR (status IN ('assigned', 'cancelled')) = (answered_at IS NULL)",
            name="answered_at_iff_answered",
        ),
        sa.Index(None, "reviewer_id", "status"),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("application.id"))
    reviewer_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"))
    status: Mapped[AssignmentStatus] = mapped_column(stored(AssignmentStatus), default=AssignmentStatus.ASSIGNED)
    assigned_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"))
    due_on: Mapped[dt.date]
    answered_at: Mapped[dt.datetime | None]
    refusal_reason: Mapped[str] = mapped_column(sa.String(500), default="")

    application: Mapped[Application] = relationship(lazy="raise_on_sql")
    reviewer: Mapped[Account] = relationship(lazy="raise_on_sql", foreign_keys=[reviewer_id])
    evaluation: Mapped["Evaluation | None"] = relationship(lazy="raise_on_sql", back_populates="assignment")


class Evaluation(Model):
    """The opinion of one reviewer on one dossier; no assignment, no evaluation."""

    __tablename__ = "evaluation"
    __table_args__ = (
        sa.UniqueConstraint("assignment_id"),
        sa.CheckConstraint("submitted_at IS NULL OR recommendation IS NOT NULL", name="submitted_with_recommendation"),
        sa.CheckConstraint("submitted_at IS NULL OR mean IS NOT NULL", name="submitted_with_mean"),
        sa.CheckConstraint("mean BETWEEN 0 AND 100", name="mean_is_a_percentage"),
    )

    assignment_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("assignment.id"))
    recommendation: Mapped[Recommendation | None] = mapped_column(stored(Recommendation))
    comment_to_committee: Mapped[str] = mapped_column(sa.Text, default="")
    comment_to_applicant: Mapped[str] = mapped_column(sa.Text, default="")
    submitted_at: Mapped[dt.datetime | None]
    # Weighted mean of the marks, brought to 100; computed when submitted, by review.ranking alone.
    mean: Mapped[Decimal | None] = mapped_column(sa.Numeric(5, 2))
    version: Mapped[int] = mapped_column()

    assignment: Mapped[Assignment] = relationship(lazy="raise_on_sql", back_populates="evaluation")
    scores: Mapped[list["CriterionScore"]] = relationship(lazy="raise_on_sql", cascade="all, delete-orphan")

    __mapper_args__ = {"version_id_col": version}


class CriterionScore(Model):
    """The mark given on one criterion (0 to its highest mark), with its justification."""

    __tablename__ = "criterion_score"
    __table_args__ = (
        sa.UniqueConstraint("evaluation_id", "criterion_id"),
        sa.CheckConstraint("mark >= 0", name="mark_not_negative"),
    )

    evaluation_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("evaluation.id", ondelete="CASCADE"))
    criterion_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("criterion.id"))
    # Empty while the evaluation is a draft.
    mark: Mapped[int | None]
    justification: Mapped[str] = mapped_column(sa.Text, default="")

    criterion: Mapped[Criterion] = relationship(lazy="raise_on_sql")
