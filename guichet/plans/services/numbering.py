"""The numbers of the actions of a plan, given one writer at a time."""

from uuid import UUID

import sqlalchemy as sa

from guichet.accounts.models import Organisation
from guichet.core.db import db
from guichet.plans.models import PlanAction


def lock_ministry(ministry_id: UUID) -> None:
    """Make those who write the plans of a ministry (people, decisions) wait for one another; readers do not wait."""
    # The weaker lock lets others add rows that refer to the ministry.
    db.session.execute(sa.select(Organisation.id).where(Organisation.id == ministry_id).with_for_update(key_share=True))


def next_number(plan_id: UUID) -> int:
    """The number after the last of the plan. The caller holds the ministry's lock."""
    last = db.session.scalar(sa.select(sa.func.max(PlanAction.number)).where(PlanAction.plan_id == plan_id))
    return (last or 0) + 1
