"""Two people who wrote one section from the same text: what goes together by itself, and what they must choose. Pure.

The page of a section carries the fingerprint of each value that it shows. A forged one can only hurt its author: it makes
her overwrite, or keep, what the page would have let her overwrite or keep.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

Values = Mapping[str, Any]


def digest(value: Any) -> str:
    """The same for what a person would call the same: 60000 and 60 000.00, milestones in another order."""
    content = msgspec.json.encode(_plain(value), order="sorted")
    return hashlib.sha256(content).hexdigest()[:12]


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return format(value.normalize(), "f")
        case dict():
            return {name: _plain(inner) for name, inner in value.items()}
        case list() | tuple():
            rows = [_plain(inner) for inner in value]
            dated = rows and all(isinstance(row, dict) and row.get("due_on") for row in rows)
            return sorted(rows, key=lambda row: str(row["due_on"])) if dated else rows
        case _:
            return value


def fingerprint(values: Values, shown: Mapping[str, str] | None = None) -> str:
    """« name:digest » of each value; `shown` are the digests of what a page still shows instead of what is saved."""
    digests = {name: digest(value) for name, value in values.items()} | dict(shown or {})
    return ",".join(f"{name}:{mark}" for name, mark in digests.items())


def shown_by(seen: str) -> dict[str, str]:
    """The digests that a fingerprint holds; what is no fingerprint holds none."""
    return {name: mark for name, _, mark in (pair.partition(":") for pair in seen.split(",")) if mark}


def moved(current: Values, seen: str) -> list[str]:
    """What was changed since a page was `seen`."""
    base = shown_by(seen)
    return [name for name, value in current.items() if name in base and base[name] != digest(value)]


@dataclass(frozen=True)
class Merge:
    """`values` are to be written; `kept` are those of somebody else that the page did not touch, with what it showed instead;
    `clashes` were changed on both sides, in two ways."""

    values: dict[str, Any]
    kept: dict[str, str] = field(default_factory=dict)
    clashes: tuple[str, ...] = ()


def merge(typed: Values, current: Values, seen: str) -> Merge:
    """Bring `typed` together with what is saved now, knowing what the page had `seen`."""
    base = shown_by(seen)
    values, kept, clashes = dict(typed), dict[str, str](), list[str]()
    for name, value in typed.items():
        mine, theirs = digest(value), digest(current.get(name))
        if mine == theirs or base.get(name) == theirs:
            continue
        if base.get(name) == mine:
            kept[name], values[name] = mine, current.get(name)
        else:
            clashes.append(name)
    return Merge(values, kept, tuple(clashes))
