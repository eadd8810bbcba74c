"""Signs of life."""

import uuid

from sqlalchemy.dialects.postgresql import insert

from guichet.core import clock
from guichet.core.db import db
from guichet.supervision.models import Heartbeat


def beat(process: str) -> None:
    """Note that `process` works, now."""
    row = insert(Heartbeat).values(id=uuid.uuid4(), process=process, created_at=clock.now(), seen_at=clock.now())
    db.session.execute(
        row.on_conflict_do_update(index_elements=[Heartbeat.process], set_={"seen_at": row.excluded.seen_at})
    )
