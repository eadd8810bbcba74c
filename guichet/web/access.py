"""How a view says who may reach it. The factory refuses to start with a view that says nothing."""

from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC: frozenset[Any] = frozenset({"public"})


def declare(view: View, access: frozenset[Any]) -> View:
    view.access = access  # type: ignore[attr-defined]
    return view


def declared(view: Callable[..., Any]) -> frozenset[Any] | None:
    """What `view` declared: PUBLIC, or the roles it asks for (none: any signed-in person); None when it said nothing."""
    return getattr(view, "access", None)


def public(view: View) -> View:
    """Anybody may reach this view, signed in or not."""
    return declare(view, PUBLIC)
