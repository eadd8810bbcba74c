"""Ministries' action plans: actions by theme, what finances them, how they move."""

import datetime as dt
import enum
import uuid
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from guichet.accounts.models import Organisation
from guichet.calls.models import PriorityAction
from guichet.core.db import Model, stored


class Theme(enum.StrEnum):
    """The seven themes of the interministerial plan."""

    GOVERNANCE = "governance"
    TRAINING = "training"
    PURCHASING = "purchasing"
    SERVICE_DESIGN = "service_design"
    DATA_CENTRE = "data_centre"
    USE_PHASE = "use_phase"
    END_OF_USE = "end_of_use"

    @property
    def label(self) -> str:
        return _THEME_LABELS[self]

    @property
    def number(self) -> int:
        return list(Theme).index(self) + 1


_THEME_LABELS = {
    Theme.GOVERNANCE: "Stratégie et gouvernance",
    Theme.TRAINING: "Sensibilisation et formation",
    Theme.PURCHASING: "Achats",
    Theme.SERVICE_DESIGN: "Conception de service numérique",
    Theme.DATA_CENTRE: "Salle serveurs et centre de données",
    Theme.USE_PHASE: "Phase d’usage",
    Theme.END_OF_USE: "Fin d’usage et réemploi",
}


class EngagementLevel(enum.StrEnum):
    """How far a ministry commits itself, weakest first; shown by its word, never by a number (the guide counts backwards)."""

    REFLECTION = "reflection"
    EXPERIMENTATION = "experimentation"
    REALISATION = "realisation"

    @property
    def label(self) -> str:
        return {"reflection": "Réflexion", "experimentation": "Expérimentation", "realisation": "Réalisation"}[
            self.value
        ]

    def exceeds(self, other: "EngagementLevel") -> bool:
        return list(EngagementLevel).index(self) > list(EngagementLevel).index(other)


class Progress(enum.StrEnum):
    TO_DO = "to_do"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    ABANDONED = "abandoned"

    @property
    def label(self) -> str:
        return _PROGRESS_LABELS[self][0]

    @property
    def tone(self) -> str:
        return _PROGRESS_LABELS[self][1]


_PROGRESS_LABELS = {
    Progress.TO_DO: ("À faire", "neutral"),
    Progress.IN_PROGRESS: ("En cours", "info"),
    Progress.DONE: ("Fini", "success"),
    Progress.ABANDONED: ("Abandonné", "warning"),
}


class ChangedField(enum.StrEnum):
    """What of an action a dossier moved."""

    LEVEL_REACHED = "level_reached"
    LEVEL_TARGET = "level_target"
    PROGRESS = "progress"
    FUNDING = "funding"

    @property
    def label(self) -> str:
        return {
            "level_reached": "Niveau d’engagement atteint",
            "level_target": "Niveau d’engagement visé",
            "progress": "Avancement",
            "funding": "Financement",
        }[self.value]


class ChangeState(enum.StrEnum):
    """What the focal point made of a change that a dossier applied."""

    APPLIED = "applied"
    CONFIRMED = "confirmed"
    UNDONE = "undone"

    @property
    def label(self) -> str:
        return {"applied": "Appliqué", "confirmed": "Confirmé", "undone": "Annulé"}[self.value]

    @property
    def tone(self) -> str:
        return {"applied": "info", "confirmed": "success", "undone": "warning"}[self.value]


class ActionPlan(Model):
    """The plan of one ministry for one period (years included)."""

    __tablename__ = "action_plan"
    __table_args__ = (
        sa.UniqueConstraint("ministry_id", "first_year"),
        sa.CheckConstraint("last_year >= first_year", name="years_in_order"),
        sa.CheckConstraint("first_year BETWEEN 2000 AND 2100", name="first_year_sensible"),
    )

    ministry_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organisation.id"))
    title: Mapped[str] = mapped_column(sa.String(200))
    first_year: Mapped[int]
    last_year: Mapped[int]

    ministry: Mapped[Organisation] = relationship(lazy="raise_on_sql")


class PlanAction(Model):
    """One action of a plan. A level reached may go down: an experiment may send an action back to reflection."""

    __tablename__ = "plan_action"
    __table_args__ = (
        sa.UniqueConstraint("plan_id", "number"),
        sa.CheckConstraint("number > 0", name="number_positive"),
        sa.CheckConstraint("due_on IS NULL OR starts_on IS NULL OR due_on >= starts_on", name="dates_in_order"),
        sa.Index(None, "plan_id", "theme"),
        # A dossier's proposal becomes one action, however often its award is told, whatever name the action takes since.
        sa.UniqueConstraint("proposed_by_application_id", "proposed_as"),
        sa.CheckConstraint(
            "(proposed_by_application_id IS NULL) = (proposed_as IS NULL)", name="proposal_has_its_words"
        ),
    )

    plan_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("action_plan.id"))
    number: Mapped[int]
    theme: Mapped[Theme] = mapped_column(stored(Theme))
    title: Mapped[str] = mapped_column(sa.String(300))
    description: Mapped[str] = mapped_column(sa.Text, default="")
    pilot_name: Mapped[str] = mapped_column(sa.String(200), default="")
    level_reached: Mapped[EngagementLevel | None] = mapped_column(stored(EngagementLevel, name="level_reached"))
    level_target: Mapped[EngagementLevel] = mapped_column(stored(EngagementLevel, name="level_target"))
    progress: Mapped[Progress] = mapped_column(stored(Progress), default=Progress.TO_DO)
    key_action: Mapped[bool] = mapped_column(default=False)
    starts_on: Mapped[dt.date | None]
    due_on: Mapped[dt.date | None]
    priority_action_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("priority_action.id"))
    proposed_by_application_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("application.id"))
    proposed_as: Mapped[str | None] = mapped_column(sa.String(300))

    plan: Mapped[ActionPlan] = relationship(lazy="raise_on_sql")
    priority_action: Mapped[PriorityAction | None] = relationship(lazy="raise_on_sql")
    funding: Mapped[list["ActionFunding"]] = relationship(lazy="raise_on_sql", order_by="ActionFunding.decided_at")
    changes: Mapped[list["ActionChange"]] = relationship(
        lazy="raise_on_sql", order_by="ActionChange.happened_at.desc()", back_populates="action"
    )
    indicators: Mapped[list["ActionIndicator"]] = relationship(lazy="raise_on_sql", order_by="ActionIndicator.label")


class ActionFunding(Model):
    """What an awarded dossier brings to the action: a later decision replaces the amount, or takes the row away.

    A dossier tied to several actions shows on each of them; a total counts it once.
    """

    __tablename__ = "action_funding"
    __table_args__ = (
        sa.UniqueConstraint("action_id", "application_id"),
        sa.CheckConstraint("amount > 0", name="amount_positive"),
    )

    action_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("plan_action.id"))
    application_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("application.id"))
    reference: Mapped[str] = mapped_column(sa.String(40))
    title: Mapped[str] = mapped_column(sa.String(200))
    amount: Mapped[Decimal]
    decided_at: Mapped[dt.datetime]


class RecordedDecision(Model):
    """A published decision that the plans have heard of: told twice, or late, it never overwrites a newer one."""

    __tablename__ = "recorded_decision"
    __table_args__ = (sa.UniqueConstraint("event_id"), sa.Index(None, "application_id"))

    event_id: Mapped[uuid.UUID]
    application_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("application.id"))
    decided_at: Mapped[dt.datetime]


class ActionChange(Model):
    """A dated change of an action: which dossier caused it, what it was before and after, what the focal point made of it."""

    __tablename__ = "action_change"
    __table_args__ = (
        sa.UniqueConstraint("event_id", "action_id", "field"),
        sa.CheckConstraint("(state = 'undone') = (undo_reason <> '')", name="undo_has_a_reason"),
        sa.CheckConstraint("(state = 'applied') = (settled_at IS NULL)", name="settled_at_iff_settled"),
        sa.Index(None, "action_id", "happened_at"),
    )

    action_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("plan_action.id"))
    # The event that caused the change: told twice, it changes nothing more.
    event_id: Mapped[uuid.UUID]
    application_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("application.id"))
    reference: Mapped[str] = mapped_column(sa.String(40))
    field: Mapped[ChangedField] = mapped_column(stored(ChangedField))
    before: Mapped[str] = mapped_column(sa.String(100))
    after: Mapped[str] = mapped_column(sa.String(100))
    happened_at: Mapped[dt.datetime]
    state: Mapped[ChangeState] = mapped_column(stored(ChangeState), default=ChangeState.APPLIED)
    settled_at: Mapped[dt.datetime | None]
    settled_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    undo_reason: Mapped[str] = mapped_column(sa.String(500), default="")

    action: Mapped[PlanAction] = relationship(lazy="raise_on_sql", back_populates="changes")


class ActionIndicator(Model):
    """What an action is measured by: a baseline, a target, and a measure a year (`unit` says of what)."""

    __tablename__ = "action_indicator"
    __table_args__ = (sa.UniqueConstraint("action_id", "label"),)

    action_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("plan_action.id"))
    label: Mapped[str] = mapped_column(sa.String(200))
    unit: Mapped[str] = mapped_column(sa.String(40))
    baseline: Mapped[Decimal | None] = mapped_column(sa.Numeric(16, 3))
    target: Mapped[Decimal | None] = mapped_column(sa.Numeric(16, 3))

    measures: Mapped[list["Measure"]] = relationship(lazy="raise_on_sql", order_by="Measure.year")


class Measure(Model):
    """The value of an indicator for one year."""

    __tablename__ = "measure"
    __table_args__ = (
        sa.UniqueConstraint("indicator_id", "year"),
        sa.CheckConstraint("year BETWEEN 2000 AND 2100", name="year_sensible"),
    )

    indicator_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("action_indicator.id"))
    year: Mapped[int]
    value: Mapped[Decimal] = mapped_column(sa.Numeric(16, 3))
