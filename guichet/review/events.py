"""What happens between submission and decision."""

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal

from guichet.applications.events import ApplicationEvent
from guichet.applications.models import ApplicationStatus
from guichet.review.models import Outcome


@dataclass(frozen=True, kw_only=True)
class EligibilityDecided(ApplicationEvent):
    eligible: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class ApplicationClosed(ApplicationEvent):
    """Closed without follow-up."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class ApplicationReopened(ApplicationEvent):
    """Examined anew: found ineligible, rejected (after an appeal) or deferred (its points are cleared) `before`."""

    before: ApplicationStatus
    reason: str


@dataclass(frozen=True, kw_only=True)
class ReviewAssigned(ApplicationEvent):
    assignment_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class ReviewDeclined(ApplicationEvent):
    """The reviewer declared a conflict, or declined: somebody else must be found."""

    assignment_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class ReviewStopped(ApplicationEvent):
    """The dossier was withdrawn: the reviewer has nothing to give any more."""

    assignment_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class ReviewCompleted(ApplicationEvent):
    assignment_id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class PlanEffect:
    """What an award does to one linked action: an existing one, or one proposed by title and theme."""

    plan_action_id: uuid.UUID | None
    proposed_title: str
    proposed_theme: str | None
    level_aimed: str


@dataclass(frozen=True, kw_only=True)
class DecisionPublished(ApplicationEvent):
    """A decision is public: its facts travel with the event, so that no handler needs to look them up here."""

    decision_id: uuid.UUID
    outcome: Outcome
    ministry_id: uuid.UUID
    reference: str
    title: str
    amount: Decimal | None
    published_at: dt.datetime
    plan_effects: tuple[PlanEffect, ...]
