"""The same identifiers each time the demonstration is made, so that its pages keep their addresses and its lists their order."""

import contextlib
import random
import uuid
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from guichet.core.db import Model

SEED = "guichet"


@contextlib.contextmanager
def steady_identifiers() -> Iterator[None]:
    """Draw the identifiers of the rows made inside the block from seeded dice rather than from the system's."""
    dice = random.Random(SEED)  # noqa: S311 - guessable on purpose

    def draw(_row: Any, _arguments: Any, columns: dict[str, Any]) -> None:
        columns.setdefault("id", uuid.UUID(int=dice.getrandbits(128), version=4))

    sa.event.listen(Model, "init", draw, propagate=True)
    try:
        yield
    finally:
        sa.event.remove(Model, "init", draw)
