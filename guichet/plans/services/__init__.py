"""The use cases of plans, one module for each use."""

from guichet.plans.services.actions import (
    ActionTerms,
    add_indicator,
    create_action,
    create_plan,
    measure,
    update_action,
)
from guichet.plans.services.changes import confirm_change, undo_change
from guichet.plans.services.decisions import Decided, Effect, record_decision

__all__ = [
    "ActionTerms",
    "Decided",
    "Effect",
    "add_indicator",
    "confirm_change",
    "create_action",
    "create_plan",
    "measure",
    "record_decision",
    "undo_change",
    "update_action",
]
