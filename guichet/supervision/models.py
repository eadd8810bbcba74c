"""Signs of life of the processes that no request shows."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from guichet.core.db import Model


class Heartbeat(Model):
    """When a process last said that it works."""

    __tablename__ = "heartbeat"
    __table_args__ = (sa.UniqueConstraint("process"),)

    process: Mapped[str] = mapped_column(sa.String(40))
    seen_at: Mapped[dt.datetime]
