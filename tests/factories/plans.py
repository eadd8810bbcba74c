"""Action plans, the smallest valid ones."""

from typing import Any

from guichet.accounts.models import Organisation
from guichet.core.db import db
from guichet.plans.models import ActionPlan, EngagementLevel, PlanAction, Theme


def make_plan(ministry: Organisation, **columns: Any) -> ActionPlan:
    columns = {"title": "Feuille de route 2023-2027", "first_year": 2023, "last_year": 2027, **columns}
    plan = ActionPlan(ministry_id=ministry.id, ministry=ministry, **columns)
    db.session.add(plan)
    db.session.flush()
    return plan


def make_action(plan: ActionPlan, number: int = 1, **columns: Any) -> PlanAction:
    columns = {
        "theme": Theme.USE_PHASE,
        "title": "Allonger la durée d’usage des postes",
        "level_target": EngagementLevel.EXPERIMENTATION,
        **columns,
    }
    action = PlanAction(plan_id=plan.id, plan=plan, number=number, **columns)
    db.session.add(action)
    db.session.flush()
    return action
