"""The chapters of a call's file that belong to packages above: the table is guichet/subscriptions.py, handed over at start."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from guichet.accounts.models import Account
from guichet.calls.models import Call
from guichet.calls.reading import Block


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """One key of the file. Its value is None or empty when there is nothing to say: the key is then not written."""

    # What a call says, as far as the reader of the file may know it.
    said_by: Callable[[Call, Account], Any]
    # The value as dictionaries, lists, texts and numbers, and back; the block notes each fault with its line.
    write: Callable[[Any], Any]
    read: Callable[[Block, str], Any]
    # Give the value to a new call.
    keep: Callable[[Call, Any, Account], None]


_chapters: dict[str, Chapter] = {}


def enter(table: Mapping[str, Chapter]) -> None:
    """Take `table` as the one and only list of chapters."""
    _chapters.clear()
    _chapters.update(table)


def chapters() -> Mapping[str, Chapter]:
    return _chapters
