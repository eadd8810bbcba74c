"""Rights on action plans."""

from uuid import UUID

from guichet.accounts.models import Account, Role
from guichet.plans.models import ActionPlan


def can_view_all(actor: Account) -> bool:
    """The mission, the committee and the auditors read every plan."""
    return actor.has_role(Role.OFFICER, Role.ADMIN, Role.AUDITOR, Role.COMMITTEE, Role.CHAIR, Role.FINANCE)


def can_view(actor: Account, plan: ActionPlan) -> bool:
    """A plan is read by its ministry's agents and by those who read every plan."""
    return actor.organisation.ministry_id == plan.ministry_id or can_view_all(actor)


def can_manage(actor: Account, plan: ActionPlan) -> bool:
    """The focal point of the ministry owns its plan."""
    return plan.ministry_id in actor.organisations_as(Role.FOCAL_POINT)


def can_create(actor: Account, ministry_id: UUID) -> bool:
    """The focal point opens the plan of her ministry."""
    return ministry_id in actor.organisations_as(Role.FOCAL_POINT)
