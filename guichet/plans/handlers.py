"""Events in, plan rows out."""

from typing import TYPE_CHECKING

from guichet.plans import services
from guichet.plans.models import EngagementLevel, Theme

if TYPE_CHECKING:
    from guichet.review.events import DecisionPublished, PlanEffect


def record_decision(event: "DecisionPublished") -> None:
    """A published decision feeds the plan actions the dossier is tied to."""
    services.record_decision(
        services.Decided(
            event_id=event.event_id,
            application_id=event.application_id,
            ministry_id=event.ministry_id,
            reference=event.reference,
            title=event.title,
            # Known by its word: the outcomes belong to a package above this one.
            amount=event.amount if event.outcome == "awarded" else None,
            decided_at=event.published_at,
            effects=[_effect(effect) for effect in event.plan_effects],
        )
    )


def _effect(effect: "PlanEffect") -> services.Effect:
    return services.Effect(
        action_id=effect.plan_action_id,
        proposed_title=effect.proposed_title,
        proposed_theme=Theme(effect.proposed_theme) if effect.proposed_theme else None,
        level_aimed=EngagementLevel(effect.level_aimed),
    )
