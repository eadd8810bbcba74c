"""The use cases of calls, one module for each use."""

from guichet.calls.services.content import (
    CriterionTerms,
    add_attachment_kind,
    add_criterion,
    add_document,
    change_criterion,
    move_criterion,
    remove_attachment_kind,
    remove_criterion,
    remove_document,
)
from guichet.calls.services.correction import Files, Words, correct
from guichet.calls.services.drafting import Terms, create, update
from guichet.calls.services.envelope import move_by_hand, move_envelope, transfer
from guichet.calls.services.lifecycle import (
    archive,
    close_now,
    open_and_close,
    open_now,
    publish,
    publish_results,
    start_deliberation,
)
from guichet.calls.services.portable import Novelty, clone, configuration_of, import_call
from guichet.calls.services.references import next_reference
from guichet.calls.services.rounds import RoundTerms, add_round, change_round, postpone, remove_round

__all__ = [
    "CriterionTerms",
    "Files",
    "Novelty",
    "RoundTerms",
    "Terms",
    "Words",
    "add_attachment_kind",
    "add_criterion",
    "add_document",
    "add_round",
    "archive",
    "change_criterion",
    "change_round",
    "clone",
    "close_now",
    "configuration_of",
    "correct",
    "create",
    "import_call",
    "move_by_hand",
    "move_criterion",
    "move_envelope",
    "next_reference",
    "open_and_close",
    "open_now",
    "postpone",
    "publish",
    "publish_results",
    "remove_attachment_kind",
    "remove_criterion",
    "remove_document",
    "remove_round",
    "start_deliberation",
    "transfer",
    "update",
]
