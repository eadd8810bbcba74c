"""A page of a list: twenty rows, so that a page stays light (EcoIndex A) and readable."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from guichet.core.db import db

Item = TypeVar("Item")
PAGE_SIZE = 20


@dataclass(frozen=True)
class Page(Generic[Item]):
    items: Sequence[Item]
    number: int
    total: int
    size: int = PAGE_SIZE

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def has_next(self) -> bool:
        return self.number < self.pages


def page_within(number: int, total: int, *, size: int = PAGE_SIZE) -> int:
    """The page asked for, brought between the first and the last of `total` rows."""
    return min(max(1, number), max(1, -(-total // size)))


def paginate(rows: sa.Select[*tuple[Any, ...]], number: int, *, size: int = PAGE_SIZE) -> Page[Any]:
    """Run `rows` for page `number` (1 is the first; a number beyond the last gives the last). Two statements."""
    total = db.session.scalar(sa.select(sa.func.count()).select_from(rows.order_by(None).options().subquery())) or 0
    number = page_within(number, total, size=size)
    result = db.session.execute(rows.limit(size).offset((number - 1) * size))
    items = result.scalars().unique().all() if len(rows.column_descriptions) == 1 else result.unique().all()
    return Page(items=items, number=number, total=total, size=size)
