"""The committee: its sessions, their agenda, what is decided and how it is published."""

import datetime as dt
import uuid
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from guichet.accounts.models import Account
from guichet.applications.models import Application
from guichet.calls.models import Call
from guichet.core.db import Model, stored
from guichet.documents.models import Document
from guichet.review.models.statuses import DecisionStatus, Outcome, PublicationState, SessionStatus


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
        sa.Index(None, "application_id", "session_id"),
        sa.Index(None, "session_id"),
        sa.Index(None, "letter_id"),
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


class PublicationRun(Model):
    """Somebody asked to publish several decisions of a session: the worker does it, a transaction each, and keeps the results."""

    __tablename__ = "publication_run"
    __table_args__ = (sa.Index(None, "session_id"),)

    session_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("committee_session.id"))
    started_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"))

    session: Mapped[CommitteeSession] = relationship(lazy="raise_on_sql")
    started_by: Mapped[Account] = relationship(lazy="raise_on_sql")
    items: Mapped[list["PublicationItem"]] = relationship(lazy="raise_on_sql", back_populates="run")


class PublicationItem(Model):
    """One decision of a run; `message` says why it could not be published."""

    __tablename__ = "publication_item"
    __table_args__ = (
        sa.UniqueConstraint("run_id", "decision_id"),
        sa.CheckConstraint("(state = 'failed') = (message <> '')", name="message_iff_failed"),
        sa.CheckConstraint("(state = 'pending') = (settled_at IS NULL)", name="settled_at_iff_settled"),
        sa.Index("ix_publication_item_pending", "created_at", postgresql_where=sa.text("state = 'pending'")),
    )

    run_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("publication_run.id"))
    decision_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("decision.id"))
    state: Mapped[PublicationState] = mapped_column(stored(PublicationState), default=PublicationState.PENDING)
    settled_at: Mapped[dt.datetime | None]
    message: Mapped[str] = mapped_column(sa.String(500), default="")

    run: Mapped[PublicationRun] = relationship(lazy="raise_on_sql", back_populates="items")
    decision: Mapped[Decision] = relationship(lazy="raise_on_sql")
