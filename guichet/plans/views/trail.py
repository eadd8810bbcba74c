"""Where one is in the pages of plans."""

from flask import url_for

from guichet.plans.models import ActionPlan, PlanAction

Crumbs = list[tuple[str, str | None]]


def crumbs(plan: ActionPlan | None = None, action: PlanAction | None = None, here: str | None = None) -> Crumbs:
    trail: Crumbs = [("Accueil", "/"), ("Plans d’action", url_for("plans.index"))]
    if plan is not None:
        trail.append((plan.ministry.short_name, url_for("plans.show", plan_id=plan.id)))
    if action is not None:
        trail.append((f"Action {action.number}", url_for("plans.action", action_id=action.id)))
    if here is not None:
        trail.append((here, None))
    return trail
