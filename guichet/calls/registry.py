"""What packages above add to the file and to the page of a call: the table is guichet/subscriptions.py, handed over at start."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

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


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A dossier that somebody has begun in a call; `saved_by` is who last wrote it, empty when nobody knows."""

    id: UUID
    title: str
    saved_at: dt.datetime
    saved_by: str


Begins = Callable[[Account, UUID], Sequence[Begun]]

_chapters: dict[str, Chapter] = {}
_begun: list[Begins] = []


def enter(table: Mapping[str, Chapter], begins: Begins) -> None:
    """Take `table` as the one and only list of chapters, and `begins` as who knows the dossiers begun."""
    _chapters.clear()
    _chapters.update(table)
    _begun[:] = [begins]


def chapters() -> Mapping[str, Chapter]:
    return _chapters


def begun(actor: Account, call_id: UUID) -> Sequence[Begun]:
    """What `actor` has begun in this call, alone or in a team, and not submitted; last saved first. One statement at most."""
    return [one for find in _begun for one in find(actor, call_id)]
