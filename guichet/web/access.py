"""How a view says who may reach it. The factory refuses to start with a view that says nothing."""

from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])

PUBLIC: frozenset[Any] = frozenset({"public"})


def declare(view: View, access: frozenset[Any], allowed: Callable[[Any], bool] | None = None) -> View:
    view.access, view.allowed = access, allowed  # type: ignore[attr-defined]
    return view


def lets_in(view: Callable[..., Any], roles: frozenset[Any] | set[Any] | None, person: Any) -> bool:
    """Whether `view` opens to `person`, who holds `roles` (None: nobody is signed in). The one answer, for views and menus."""
    access, allowed = declared(view), getattr(view, "allowed", None)
    if access is None or access == PUBLIC:
        return access is not None
    if roles is None:
        return False
    return (not access or not access.isdisjoint(roles)) and (allowed is None or allowed(person))


def declared(view: Callable[..., Any]) -> frozenset[Any] | None:
    """What `view` declared: PUBLIC, or the roles it asks for (none: any signed-in person); None when it said nothing."""
    return getattr(view, "access", None)


def public(view: View) -> View:
    """Anybody may reach this view, signed in or not."""
    return declare(view, PUBLIC)
