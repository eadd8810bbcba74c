"""Calls for projects: their window, envelope, criteria, priority actions and families."""

import datetime as dt
import enum
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from guichet.accounts.models import Account, Organisation
from guichet.calls.dating import CallKind, Round, Rounds
from guichet.core.db import Model, db, stored
from guichet.documents.models import Document


class CallStatus(enum.StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    OPEN = "open"
    CLOSED = "closed"
    DELIBERATING = "deliberating"
    RESULTS_PUBLISHED = "results_published"
    ARCHIVED = "archived"

    @property
    def label(self) -> str:
        return _STATUS_LABELS[self][0]

    @property
    def tone(self) -> str:
        return _STATUS_LABELS[self][1]


_STATUS_LABELS = {
    CallStatus.DRAFT: ("Brouillon", "neutral"),
    CallStatus.PUBLISHED: ("À venir", "info"),
    CallStatus.OPEN: ("Ouvert", "success"),
    CallStatus.CLOSED: ("Clos", "neutral"),
    CallStatus.DELIBERATING: ("En délibération", "new"),
    CallStatus.RESULTS_PUBLISHED: ("Résultats publiés", "info"),
    CallStatus.ARCHIVED: ("Archivé", "neutral"),
}


class Applicability(enum.StrEnum):
    """To which projects a criterion applies."""

    ALWAYS = "always"
    DIGITAL_SERVICE = "digital_service"

    @property
    def label(self) -> str:
        return {"always": "Tous les projets", "digital_service": "Services numériques seulement"}[self.value]


class MovementKind(enum.StrEnum):
    """Why an envelope moved; the sign of the amount says in which direction."""

    OPENING = "opening"
    FREEZE = "freeze"
    THAW = "thaw"
    AWARD = "award"
    RETURN = "return"
    TRANSFER_OUT = "transfer_out"
    TRANSFER_IN = "transfer_in"

    @property
    def label(self) -> str:
        return {
            "opening": "Ouverture",
            "freeze": "Gel",
            "thaw": "Dégel",
            "award": "Attribution",
            "return": "Retour à l’enveloppe",
            "transfer_out": "Transfert vers un autre appel",
            "transfer_in": "Transfert reçu d’un autre appel",
        }[self.value]


call_priority_action = sa.Table(
    "call_priority_action",
    db.metadata,
    sa.Column("call_id", sa.ForeignKey("call.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("priority_action_id", sa.ForeignKey("priority_action.id"), primary_key=True),
)

call_project_family = sa.Table(
    "call_project_family",
    db.metadata,
    sa.Column("call_id", sa.ForeignKey("call.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("project_family_id", sa.ForeignKey("project_family.id"), primary_key=True),
)


# The organisations that alone may apply; with none, the call is open to all those of its kinds.
call_organisation = sa.Table(
    "call_organisation",
    db.metadata,
    sa.Column("call_id", sa.ForeignKey("call.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("organisation_id", sa.ForeignKey("organisation.id"), primary_key=True),
)


class PriorityAction(Model):
    """An action that the ministries' plans hold as a priority (longer life, reuse, eco-design…)."""

    __tablename__ = "priority_action"
    __table_args__ = (sa.UniqueConstraint("code"),)

    code: Mapped[str] = mapped_column(sa.String(40))
    label: Mapped[str] = mapped_column(sa.String(200))
    position: Mapped[int] = mapped_column(default=0)


class ProjectFamily(Model):
    """A family of projects that the window finances; another list than the priority actions."""

    __tablename__ = "project_family"
    __table_args__ = (sa.UniqueConstraint("code"),)

    code: Mapped[str] = mapped_column(sa.String(40))
    label: Mapped[str] = mapped_column(sa.String(200))
    position: Mapped[int] = mapped_column(default=0)


class Call(Model):
    """A call for projects; its status moves only through the workflow."""

    __tablename__ = "call"
    __table_args__ = (
        sa.UniqueConstraint("slug"),
        sa.UniqueConstraint("code"),
        sa.CheckConstraint("code ~ '^[A-Z0-9]+(-[A-Z0-9]+)*$'", name="code_in_capitals"),
        sa.CheckConstraint("slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'", name="slug_in_kebab_case"),
        sa.CheckConstraint("closes_at > opens_at", name="closes_after_it_opens"),
        # Rounds are written after the call's own draft; the last of them closes it.
        sa.CheckConstraint(
            "closes_at IS NOT NULL OR kind = 'continuous' OR (kind = 'rounds' AND status = 'draft')",
            name="closes_unless_continuous",
        ),
        sa.CheckConstraint("envelope_left >= 0", name="envelope_never_exceeded"),
        sa.CheckConstraint("amount_min > 0 AND amount_max >= amount_min", name="amounts_in_order"),
        sa.CheckConstraint("max_rate > 0 AND max_rate <= 100", name="rate_is_a_percentage"),
        sa.CheckConstraint("reviews_required BETWEEN 1 AND 10", name="reviews_required_sensible"),
        sa.CheckConstraint("decision_delay_days BETWEEN 1 AND 730", name="decision_delay_sensible"),
        sa.CheckConstraint("last_reference >= 0", name="last_reference_not_negative"),
        sa.CheckConstraint(
            "applicant_kinds <@ ARRAY['ministry', 'direction', 'operator']::varchar[]", name="applicant_kinds_known"
        ),
        sa.Index(None, "status", "closes_at"),
    )

    slug: Mapped[str] = mapped_column(sa.String(80))
    # Opens the number of each dossier: « NER-2026 » gives « NER-2026-0042 ».
    code: Mapped[str] = mapped_column(sa.String(20))
    title: Mapped[str] = mapped_column(sa.String(200))
    summary: Mapped[str] = mapped_column(sa.String(500))
    description: Mapped[str] = mapped_column(sa.Text, default="")
    who_may_apply: Mapped[str] = mapped_column(sa.Text, default="")
    status: Mapped[CallStatus] = mapped_column(stored(CallStatus), default=CallStatus.DRAFT)
    kind: Mapped[CallKind] = mapped_column(stored(CallKind), default=CallKind.DATED)
    opens_at: Mapped[dt.datetime]
    # The last instant of all: that of the last round, where there are rounds; none for a call open until further notice.
    closes_at: Mapped[dt.datetime | None]
    # IANA name; dates are stored in UTC and shown in this zone.
    time_zone: Mapped[str] = mapped_column(sa.String(40), default="Europe/Paris")
    # Kept equal to the sum of the movements, under the row's lock; the CHECK is the last guard of public money.
    envelope_left: Mapped[Decimal] = mapped_column(default=Decimal("0.00"))
    amount_min: Mapped[Decimal]
    amount_max: Mapped[Decimal]
    # Percentage of the total cost that may be requested.
    max_rate: Mapped[Decimal] = mapped_column(sa.Numeric(5, 2), default=Decimal("50.00"))
    staff_cost_counted: Mapped[bool] = mapped_column(default=True)
    # Values of OrganisationKind; empty: all of them.
    applicant_kinds: Mapped[list[str]] = mapped_column(sa.ARRAY(sa.String(20)), default=list)
    one_per_ministry: Mapped[bool] = mapped_column(default=False)
    endorsement_required: Mapped[bool] = mapped_column(default=True)
    reviews_required: Mapped[int] = mapped_column(default=2)
    # Days between a submission and its decision, that the service commits to; empty when it commits to none.
    decision_delay_days: Mapped[int | None]
    contact_email: Mapped[str] = mapped_column(sa.String(254), default="")
    # Counter of references: the next dossier takes the next number, under the row's lock.
    last_reference: Mapped[int] = mapped_column(default=0)

    criteria: Mapped[list["Criterion"]] = relationship(
        lazy="raise_on_sql", order_by="Criterion.position", cascade="all, delete-orphan"
    )
    priority_actions: Mapped[list[PriorityAction]] = relationship(
        secondary=call_priority_action, lazy="raise_on_sql", order_by=PriorityAction.position
    )
    families: Mapped[list[ProjectFamily]] = relationship(
        secondary=call_project_family, lazy="raise_on_sql", order_by=ProjectFamily.position
    )
    organisations: Mapped[list[Organisation]] = relationship(
        secondary=call_organisation, lazy="raise_on_sql", order_by=Organisation.name
    )
    documents: Mapped[list["CallDocument"]] = relationship(lazy="raise_on_sql", order_by="CallDocument.created_at")
    attachment_kinds: Mapped[list["AttachmentKind"]] = relationship(
        lazy="raise_on_sql", order_by="AttachmentKind.position", cascade="all, delete-orphan"
    )
    if TYPE_CHECKING:
        # In their order; none unless the call goes by rounds. Read with the call, whoever loads it (see below).
        rounds: Mapped[tuple[Round, ...]]


class CallRound(Model):
    """A closing among several: whoever is too late for it is in time for the next.

    A trigger holds at the end of each transaction what no row can: order, window (the last one ends it), kind of the call.
    """

    __tablename__ = "call_round"
    __table_args__ = (
        sa.UniqueConstraint("call_id", "number", deferrable=True, initially="IMMEDIATE"),
        # What a dossier's own round refers to: a round of its own call.
        sa.UniqueConstraint("call_id", "id"),
        sa.CheckConstraint("number BETWEEN 1 AND 20", name="number_sensible"),
    )

    call_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("call.id", ondelete="CASCADE"))
    number: Mapped[int]
    label: Mapped[str] = mapped_column(sa.String(60), default="")
    closes_at: Mapped[dt.datetime]


def _rounds() -> sa.ScalarSelect[Any]:
    told = sa.func.jsonb_build_object(
        *("id", CallRound.id, "number", CallRound.number),
        *("label", CallRound.label, "closes_at", CallRound.closes_at),
    )
    gathered = sa.func.jsonb_agg(aggregate_order_by(told, CallRound.number), type_=Rounds())
    return sa.select(gathered).where(CallRound.call_id == Call.id).correlate_except(CallRound).scalar_subquery()


# Every deadline shown asks for them: a part of the call's own statement, rather than one more statement on each page.
Call.rounds = column_property(_rounds(), expire_on_flush=False)


class Criterion(Model):
    """A line of the call's scoring grid. Marks go from 0 to `highest_mark`; `weight` has no unit."""

    __tablename__ = "criterion"
    __table_args__ = (
        # Checked at the end of each statement, not at each row: one statement reorders the grid.
        sa.UniqueConstraint("call_id", "position", deferrable=True, initially="IMMEDIATE"),
        sa.CheckConstraint("weight > 0", name="weight_positive"),
        sa.CheckConstraint("highest_mark BETWEEN 1 AND 20", name="highest_mark_sensible"),
    )

    call_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("call.id", ondelete="CASCADE"))
    position: Mapped[int]
    title: Mapped[str] = mapped_column(sa.String(200))
    description: Mapped[str] = mapped_column(sa.Text, default="")
    weight: Mapped[Decimal] = mapped_column(sa.Numeric(5, 2))
    highest_mark: Mapped[int] = mapped_column(default=4)
    applicability: Mapped[Applicability] = mapped_column(stored(Applicability), default=Applicability.ALWAYS)


class AttachmentKind(Model):
    """A kind of attachment that the call asks for."""

    __tablename__ = "attachment_kind"
    __table_args__ = (sa.UniqueConstraint("call_id", "label"),)

    call_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("call.id", ondelete="CASCADE"))
    position: Mapped[int]
    label: Mapped[str] = mapped_column(sa.String(200))
    required: Mapped[bool] = mapped_column(default=False)


class CallDocument(Model):
    """A file offered with the call (rules, model of a budget…)."""

    __tablename__ = "call_document"
    __table_args__ = (sa.Index(None, "call_id"),)

    call_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("call.id", ondelete="CASCADE"))
    document_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("document.id"))
    label: Mapped[str] = mapped_column(sa.String(200))

    document: Mapped[Document] = relationship(lazy="raise_on_sql")


class EnvelopeMovement(Model):
    """A line of the envelope's ledger, never changed: positive amounts come in, negative ones go out (euros)."""

    __tablename__ = "envelope_movement"
    __table_args__ = (
        sa.CheckConstraint("amount <> 0", name="amount_not_zero"),
        sa.CheckConstraint("(kind IN ('freeze', 'award', 'transfer_out')) = (amount < 0)", name="sign_follows_kind"),
        sa.UniqueConstraint("call_id", "key"),
        sa.Index(None, "call_id", "created_at"),
    )

    call_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("call.id"))
    kind: Mapped[MovementKind] = mapped_column(stored(MovementKind))
    amount: Mapped[Decimal]
    reason: Mapped[str] = mapped_column(sa.String(500))
    author_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"))
    decision_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("decision.id"))
    # Drawn with the form: a form sent twice is one movement.
    key: Mapped[uuid.UUID | None]

    author: Mapped[Account] = relationship(lazy="raise_on_sql")
