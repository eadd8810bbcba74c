"""What awaits somebody's yes: an invitation to join a team, a dossier to take over as its lead."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from guichet.accounts.models import Account
from guichet.applications.models.application import Application
from guichet.applications.models.statuses import TeamRole
from guichet.core.db import Model, stored

PENDING = "accepted_at IS NULL AND declined_at IS NULL AND withdrawn_at IS NULL"


class Offer:
    """Stands until `expires_at`, unless it is accepted, declined or withdrawn before; ends in one way only."""

    expires_at: Mapped[dt.datetime]
    accepted_at: Mapped[dt.datetime | None]
    declined_at: Mapped[dt.datetime | None]
    withdrawn_at: Mapped[dt.datetime | None]

    @property
    def is_pending(self) -> bool:
        """Nobody has ended it; its time may be over."""
        return self.accepted_at is None and self.declined_at is None and self.withdrawn_at is None

    def is_open(self, *, at: dt.datetime) -> bool:
        return self.is_pending and at < self.expires_at


class Invitation(Offer, Model):
    """An address asked to join the team. Its one-time secret is made when the e-mail is written: only its SHA-256 is stored."""

    __tablename__ = "team_invitation"
    __table_args__ = (
        sa.UniqueConstraint("token_sha256"),
        sa.CheckConstraint("token_sha256 ~ '^[0-9a-f]{64}$'", name="token_sha256_is_hexadecimal"),
        sa.CheckConstraint("address = lower(address)", name="address_in_lower_case"),
        sa.CheckConstraint("position('@' in address) > 1", name="address_has_an_at"),
        # Nobody becomes the lead by an e-mail: the dossier is passed on, from hand to hand.
        sa.CheckConstraint("role <> 'lead'", name="never_the_lead"),
        sa.CheckConstraint("num_nonnulls(accepted_at, declined_at, withdrawn_at) <= 1", name="ends_once"),
        sa.CheckConstraint("(accepted_at IS NULL) = (accepted_by_id IS NULL)", name="accepted_by_somebody"),
        sa.Index(
            "uq_team_invitation_one_pending",
            "application_id",
            "address",
            unique=True,
            postgresql_where=sa.text(PENDING),
        ),
        sa.Index("ix_team_invitation_pending", "address", postgresql_where=sa.text(PENDING)),
        sa.Index(None, "expires_at"),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("application.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(sa.String(254))
    role: Mapped[TeamRole] = mapped_column(stored(TeamRole))
    # Empty until the e-mail that carries the secret is written, and again when it must be sent anew.
    token_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    invited_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"))
    accepted_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"))

    application: Mapped[Application] = relationship(lazy="raise_on_sql")
    invited_by: Mapped[Account] = relationship(lazy="raise_on_sql", foreign_keys=[invited_by_id])


class LeadTransfer(Offer, Model):
    """The dossier proposed to a member of its team, who becomes its lead once she accepts."""

    __tablename__ = "lead_transfer"
    __table_args__ = (
        sa.CheckConstraint("num_nonnulls(accepted_at, declined_at, withdrawn_at) <= 1", name="ends_once"),
        sa.Index("uq_lead_transfer_one_pending", "application_id", unique=True, postgresql_where=sa.text(PENDING)),
        sa.Index("ix_lead_transfer_pending", "receiver_id", postgresql_where=sa.text(PENDING)),
    )

    application_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("application.id", ondelete="CASCADE"))
    receiver_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"))
    proposed_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"))

    application: Mapped[Application] = relationship(lazy="raise_on_sql")
    receiver: Mapped[Account] = relationship(lazy="raise_on_sql", foreign_keys=[receiver_id])
    proposed_by: Mapped[Account] = relationship(lazy="raise_on_sql", foreign_keys=[proposed_by_id])
