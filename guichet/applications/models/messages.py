"""What the team, its focal point and the officers write to one another, and what officers note for themselves alone."""

import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from guichet.accounts.models import Account
from guichet.core.db import Model, stored

LONGEST_BODY = 5000


class MessageAudience(enum.StrEnum):
    """Who reads a message: the team, its focal point and the service (`exchange`), or the service alone (`internal`)."""

    EXCHANGE = "exchange"
    INTERNAL = "internal"

    @property
    def label(self) -> str:
        return {
            "exchange": "Échange\u00a0: porteurs et service",
            "internal": "Note interne\u00a0: invisible des porteurs",
        }[self.value]

    @property
    def tone(self) -> str:
        return {"exchange": "info", "internal": "warning"}[self.value]


class AuthorRole(enum.StrEnum):
    """What the author was on the dossier when she wrote."""

    LEAD = "lead"
    EDITOR = "editor"
    FOCAL_POINT = "focal_point"
    OFFICER = "officer"

    @property
    def label(self) -> str:
        return {
            "lead": "Porteur",
            "editor": "Co-porteur",
            "focal_point": "Référent numérique écoresponsable",
            "officer": "Chargé d’instruction",
        }[self.value]


class Message(Model):
    """One message about a dossier. A trigger refuses any change: it goes only with its dossier."""

    __tablename__ = "message"
    __table_args__ = (
        # A form sent twice is one message.
        sa.UniqueConstraint("application_id", "key"),
        sa.UniqueConstraint("number"),
        sa.CheckConstraint("body ~ '[^[:space:]]'", name="body_not_blank"),
        sa.CheckConstraint(f"char_length(body) <= {LONGEST_BODY}", name="body_not_too_long"),
        sa.CheckConstraint("audience <> 'internal' OR author_role = 'officer'", name="notes_are_the_officers"),
        sa.Index(None, "application_id", "number"),
        sa.Index(None, "author_id"),
    )

    # Of all dossiers together: a number of one dossier would tell its team that notes exist between two messages.
    number: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True))
    application_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("application.id", ondelete="CASCADE"))
    author_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"))
    author_role: Mapped[AuthorRole] = mapped_column(stored(AuthorRole))
    audience: Mapped[MessageAudience] = mapped_column(stored(MessageAudience))
    body: Mapped[str] = mapped_column(sa.Text)
    key: Mapped[uuid.UUID]

    author: Mapped[Account] = relationship(lazy="raise_on_sql")


class MessageReading(Model):
    """How far a person has read the messages of a dossier: her own business, told to nobody."""

    __tablename__ = "message_reading"
    __table_args__ = (
        sa.UniqueConstraint("account_id", "application_id"),
        sa.CheckConstraint("read_up_to > 0", name="read_up_to_positive"),
        sa.Index(None, "application_id"),
    )

    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"))
    application_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("application.id", ondelete="CASCADE"))
    # The number of the last message read.
    read_up_to: Mapped[int] = mapped_column(sa.BigInteger)
