"""Asking a policy inside a use case."""

from collections.abc import Callable
from typing import TypeVar

from guichet.core.errors import Forbidden

Actor = TypeVar("Actor")
Subject = TypeVar("Subject")


def require(policy: Callable[[Actor, Subject], bool], actor: Actor, subject: Subject) -> None:
    """Raise Forbidden unless `policy` lets `actor` do this to `subject`."""
    if not policy(actor, subject):
        raise Forbidden("Vous n’avez pas le droit de faire cette action.")
