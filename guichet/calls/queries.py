"""Finding calls."""

from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.interfaces import ORMOption

from guichet.calls.models import Call, EnvelopeMovement, MovementKind
from guichet.core.db import db
from guichet.core.errors import NotFound


def by_slug(slug: str, *loaded: ORMOption) -> Call:
    """The call at this address, with what `loaded` names. Raises NotFound; asks no right (see policies.can_view)."""
    call = db.session.scalars(sa.select(Call).where(Call.slug == slug).options(*loaded)).unique().one_or_none()
    if call is None:
        raise NotFound
    return call


def for_scoring(call_id: UUID) -> Call:
    """The call with the criteria of its scoring grid, in their order. One statement; raises NotFound."""
    rows = sa.select(Call).where(Call.id == call_id).options(joinedload(Call.criteria))
    call = db.session.scalars(rows).unique().one_or_none()
    if call is None:
        raise NotFound
    return call


def frozen(call_id: UUID) -> Decimal:
    """What is frozen of the call's envelope now, in euros."""
    kinds = (MovementKind.FREEZE, MovementKind.THAW)
    total = sa.select(sa.func.coalesce(-sa.func.sum(EnvelopeMovement.amount), 0)).where(
        EnvelopeMovement.call_id == call_id, EnvelopeMovement.kind.in_(kinds)
    )
    return db.session.execute(total).scalar_one()
