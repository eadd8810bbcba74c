"""Eligibility, assignment, scores, committee and decisions."""

import datetime as dt
import enum
import uuid
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from guichet.accounts.models import Account
from guichet.applications.models import Application
from guichet.calls.models import Call, Criterion
from guichet.core.db import Model, stored
from guichet.documents.models import Document


class AssignmentStatus(enum.StrEnum):
    """`assigned` until the person says that she has no conflict; then she may read and score."""

    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    CONFLICT = "conflict"
    DECLINED = "declined"
    COMPLETED = "completed"

    @property
    def label(self) -> str:
        return _ASSIGNMENTS[self][0]

    @property
    def tone(self) -> str:
        return _ASSIGNMENTS[self][1]


_ASSIGNMENTS = {
    AssignmentStatus.ASSIGNED: ("Déclaration attendue", "new"),
    AssignmentStatus.ACCEPTED: ("À évaluer", "info"),
    AssignmentStatus.CONFLICT: ("Conflit d’intérêts", "error"),
    AssignmentStatus.DECLINED: ("Déclinée", "warning"),
    AssignmentStatus.COMPLETED: ("Évaluation remise", "success"),
}


class Recommendation(enum.StrEnum):
    FAVOURABLE = "favourable"
    RESERVED = "reserved"
    UNFAVOURABLE = "unfavourable"

    @property
    def label(self) -> str:
        return {"favourable": "Favorable", "reserved": "Réservé", "unfavourable": "Défavorable"}[self.value]

    @property
    def tone(self) -> str:
        return {"favourable": "success", "reserved": "warning", "unfavourable": "error"}[self.value]


class Outcome(enum.StrEnum):
    AWARDED = "awarded"
    REJECTED = "rejected"
    WAITLISTED = "waitlisted"
    DEFERRED = "deferred"

    @property
    def label(self) -> str:
        return _OUTCOMES[self][0]

    @property
    def tone(self) -> str:
        return _OUTCOMES[self][1]


_OUTCOMES = {
    Outcome.AWARDED: ("Retenu", "success"),
    Outcome.REJECTED: ("Non retenu", "error"),
    Outcome.WAITLISTED: ("Liste complémentaire", "warning"),
    Outcome.DEFERRED: ("Ajourné", "warning"),
}


class DecisionStatus(enum.StrEnum):
    """Prepared (the secretariat alone knows), published (told, letter frozen), cancelled before publication, or replaced."""

    PREPARED = "prepared"
    PUBLISHED = "published"
    CANCELLED = "cancelled"
    REPLACED = "replaced"

    @property
    def label(self) -> str:
        return {"prepared": "Préparée", "published": "Publiée", "cancelled": "Annulée", "replaced": "Remplacée"}[
            self.value
        ]

    @property
    def tone(self) -> str:
        return {"prepared": "new", "published": "success", "cancelled": "neutral", "replaced": "neutral"}[self.value]


class SessionStatus(enum.StrEnum):
    PLANNED = "planned"
    HELD = "held"

    @property
    def label(self) -> str:
        return {"planned": "Prévue", "held": "Tenue"}[self.value]

    @property
    def tone(self) -> str:
        return {"planned": "info", "held": "success"}[self.value]


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
    """A reviewer asked to score a dossier: never of the ministry that carries it."""

    __tablename__ = "assignment"
    __table_args__ = (
        sa.UniqueConstraint("application_id", "reviewer_id"),
        sa.CheckConstraint(
            "(status IN ('conflict', 'declined')) = (refusal_reason <> '')", name="refusal_has_a_reason"
        ),
        sa.CheckConstraint("(status = 'assigned') = (answered_at IS NULL)", name="answered_at_iff_answered"),
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


class CommitteeSession(Model):
    """A meeting of the committee on one call."""

    __tablename__ = "committee_session"
    __table_args__ = (
        sa.CheckConstraint("(status = 'held') = (closed_at IS NOT NULL)", name="closed_at_iff_held"),
        sa.Index(None, "call_id"),
    )

    call_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("call.id"))
    title: Mapped[str] = mapped_column(sa.String(200))
    held_at: Mapped[dt.datetime]
    place: Mapped[str] = mapped_column(sa.String(200), default="")
    status: Mapped[SessionStatus] = mapped_column(stored(SessionStatus), default=SessionStatus.PLANNED)
    closed_at: Mapped[dt.datetime | None]

    call: Mapped[Call] = relationship(lazy="raise_on_sql")
    items: Mapped[list["SessionItem"]] = relationship(
        lazy="raise_on_sql", order_by="SessionItem.position", back_populates="session"
    )


class SessionItem(Model):
    """A dossier on the agenda of a session."""

    __tablename__ = "session_item"
    __table_args__ = (sa.UniqueConstraint("session_id", "application_id"), sa.Index(None, "application_id"))

    session_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("committee_session.id"))
    application_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("application.id"))
    position: Mapped[int]

    session: Mapped[CommitteeSession] = relationship(lazy="raise_on_sql", back_populates="items")
    application: Mapped[Application] = relationship(lazy="raise_on_sql")


class Decision(Model):
    """What the chair decided. Prepared first, then published with its letter; a reversal is a new decision."""

    __tablename__ = "decision"
    __table_args__ = (
        sa.CheckConstraint("(outcome = 'awarded') = (amount IS NOT NULL)", name="amount_iff_awarded"),
        sa.CheckConstraint("amount > 0", name="amount_positive"),
        sa.CheckConstraint("outcome = 'awarded' OR reason <> ''", name="refusal_has_a_reason"),
        sa.CheckConstraint(
            "(status IN ('published', 'replaced')) = (published_at IS NOT NULL)", name="published_at_iff_published"
        ),
        sa.Index(
            "uq_decision_one_prepared",
            "application_id",
            unique=True,
            postgresql_where=sa.text("status = 'prepared'"),
        ),
        sa.Index(
            "uq_decision_one_published",
            "application_id",
            unique=True,
            postgresql_where=sa.text("status = 'published'"),
        ),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("application.id"))
    session_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("committee_session.id"))
    outcome: Mapped[Outcome] = mapped_column(stored(Outcome))
    status: Mapped[DecisionStatus] = mapped_column(stored(DecisionStatus), default=DecisionStatus.PREPARED)
    # Granted, in euros; reserved on the envelope as soon as the decision is prepared.
    amount: Mapped[Decimal | None]
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    conditions: Mapped[str] = mapped_column(sa.Text, default="")
    prepared_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"))
    prepared_at: Mapped[dt.datetime]
    published_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    published_at: Mapped[dt.datetime | None]
    # Frozen with its SHA-256 (in the document) when the worker has made it.
    letter_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("document.id"))

    application: Mapped[Application] = relationship(lazy="raise_on_sql")
    session: Mapped[CommitteeSession] = relationship(lazy="raise_on_sql")
    prepared_by: Mapped[Account] = relationship(lazy="raise_on_sql", foreign_keys=[prepared_by_id])
    letter: Mapped[Document | None] = relationship(lazy="raise_on_sql")
