"""People, the organisations they work for, and what they may do there."""

import datetime as dt
import enum
import uuid

import sqlalchemy as sa
from flask_login import UserMixin
from sqlalchemy.orm import Mapped, mapped_column, relationship

from guichet.core import clock
from guichet.core.db import Model, stored


class Role(enum.StrEnum):
    """What a person may do, granted on the whole window, on one call or on one organisation."""

    APPLICANT = "applicant"
    FOCAL_POINT = "focal_point"
    OFFICER = "officer"
    REVIEWER = "reviewer"
    COMMITTEE = "committee"
    CHAIR = "chair"
    FINANCE = "finance"
    ADMIN = "admin"
    AUDITOR = "auditor"

    @property
    def label(self) -> str:
        return _ROLE_LABELS[self]


_ROLE_LABELS = {
    Role.APPLICANT: "Porteur de projet",
    Role.FOCAL_POINT: "Référent numérique écoresponsable",
    Role.OFFICER: "Chargé d’instruction",
    Role.REVIEWER: "Évaluateur",
    Role.COMMITTEE: "Membre du comité",
    Role.CHAIR: "Président du comité",
    Role.FINANCE: "Gestionnaire financier",
    Role.ADMIN: "Administrateur",
    Role.AUDITOR: "Auditeur",
}


class OrganisationKind(enum.StrEnum):
    MINISTRY = "ministry"
    DIRECTION = "direction"
    OPERATOR = "operator"

    @property
    def label(self) -> str:
        return {"ministry": "Ministère", "direction": "Direction", "operator": "Opérateur"}[self.value]


class Organisation(Model):
    """A ministry, or one of its directions or operators; `ministry_id` is the root of its tree (itself for a ministry)."""

    __tablename__ = "organisation"
    __table_args__ = (
        sa.UniqueConstraint("name"),
        sa.CheckConstraint("(parent_id IS NULL) = (ministry_id = id)", name="root_is_its_own_ministry"),
        sa.CheckConstraint("(kind = 'ministry') = (parent_id IS NULL)", name="ministry_iff_root"),
        sa.CheckConstraint("parent_id <> id", name="not_its_own_parent"),
        sa.CheckConstraint("valid_until IS NULL OR valid_until > valid_from", name="validity_in_order"),
        sa.Index(None, "ministry_id"),
        sa.Index(None, "parent_id"),
    )

    name: Mapped[str] = mapped_column(sa.String(200))
    short_name: Mapped[str] = mapped_column(sa.String(60))
    kind: Mapped[OrganisationKind] = mapped_column(stored(OrganisationKind))
    parent_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("organisation.id"))
    ministry_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organisation.id"))
    # Perimeters change with each government: an organisation has dates of validity.
    valid_from: Mapped[dt.date] = mapped_column(default=dt.date(2020, 1, 1))
    valid_until: Mapped[dt.date | None]


class Account(UserMixin, Model):
    """A person. The e-mail is stored in lower case and is what she signs in with."""

    __tablename__ = "account"
    __table_args__ = (
        sa.UniqueConstraint("email"),
        sa.CheckConstraint("email = lower(email)", name="email_in_lower_case"),
        sa.CheckConstraint("position('@' in email) > 1", name="email_has_an_at"),
        sa.Index(None, "organisation_id"),
    )

    email: Mapped[str] = mapped_column(sa.String(254))
    full_name: Mapped[str] = mapped_column(sa.String(200))
    job_title: Mapped[str] = mapped_column(sa.String(200), default="")
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    organisation_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organisation.id"))
    active: Mapped[bool] = mapped_column(default=True, server_default=sa.true())
    # Changed with the password: every session opened before stops being valid.
    session_key: Mapped[uuid.UUID] = mapped_column(default=uuid.uuid4)
    last_signed_in_at: Mapped[dt.datetime | None]

    organisation: Mapped[Organisation] = relationship(lazy="raise_on_sql")
    grants: Mapped[list["RoleGrant"]] = relationship(
        lazy="raise_on_sql", back_populates="account", foreign_keys="RoleGrant.account_id"
    )

    @property
    def is_active(self) -> bool:
        return self.active

    def get_id(self) -> str:
        return f"{self.id}.{self.session_key}"

    @property
    def current_grants(self) -> list["RoleGrant"]:
        return [grant for grant in self.grants if grant.holds_on(clock.today())]

    @property
    def roles(self) -> set[Role]:
        """Roles held today, in whatever scope."""
        return {grant.role for grant in self.current_grants}

    def has_role(self, *roles: Role) -> bool:
        """Whether the person holds one of `roles` today, in whatever scope: opens a menu, never a thing."""
        return not self.roles.isdisjoint(roles)

    def holds_on_call(self, call_id: uuid.UUID, *roles: Role) -> bool:
        """Whether one of `roles` is held today on the whole window or on this call."""
        return any(
            grant.role in roles and grant.organisation_id is None and grant.call_id in {None, call_id}
            for grant in self.current_grants
        )

    def organisations_as(self, role: Role) -> set[uuid.UUID]:
        """Organisations on which `role` is held today."""
        return {
            grant.organisation_id
            for grant in self.current_grants
            if grant.role is role and grant.organisation_id is not None
        }

    def calls_as(self, role: Role) -> set[uuid.UUID] | None:
        """Calls on which `role` is held today; None when it is held on the whole window."""
        grants = [grant for grant in self.current_grants if grant.role is role and grant.organisation_id is None]
        if any(grant.call_id is None for grant in grants):
            return None
        return {grant.call_id for grant in grants if grant.call_id is not None}


class RoleGrant(Model):
    """A role given to a person, on the whole window (no scope), one call or one organisation, with an optional last day."""

    __tablename__ = "role_grant"
    __table_args__ = (
        sa.UniqueConstraint(
            "account_id",
            "role",
            "organisation_id",
            "call_id",
            name="uq_role_grant_once",
            postgresql_nulls_not_distinct=True,
        ),
        sa.CheckConstraint("organisation_id IS NULL OR call_id IS NULL", name="one_scope_at_most"),
        sa.CheckConstraint(
            "(role IN ('applicant', 'focal_point')) = (organisation_id IS NOT NULL)",
            name="organisation_iff_ministry_role",
        ),
        sa.Index(None, "organisation_id"),
        sa.Index(None, "call_id"),
    )

    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"))
    role: Mapped[Role] = mapped_column(stored(Role))
    organisation_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("organisation.id"))
    call_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("call.id"))
    last_day: Mapped[dt.date | None]

    account: Mapped[Account] = relationship(lazy="raise_on_sql", back_populates="grants", foreign_keys=[account_id])

    def holds_on(self, day: dt.date) -> bool:
        return self.last_day is None or day <= self.last_day


class ResetKind(enum.StrEnum):
    """Why a person may choose a password, which decides for how long."""

    FORGOTTEN = "forgotten"
    INVITATION = "invitation"

    @property
    def lifetime(self) -> dt.timedelta:
        return dt.timedelta(hours=1) if self is ResetKind.FORGOTTEN else dt.timedelta(days=7)


class PasswordReset(Model):
    """A right to choose a password once. Its secret is made when the e-mail is written; only its SHA-256 is stored."""

    __tablename__ = "password_reset"
    __table_args__ = (
        sa.UniqueConstraint("token_sha256"),
        sa.CheckConstraint("token_sha256 ~ '^[0-9a-f]{64}$'", name="token_sha256_is_hexadecimal"),
        sa.CheckConstraint("used_at IS NULL OR token_sha256 IS NOT NULL", name="used_only_once_issued"),
        sa.Index(None, "account_id"),
    )

    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"))
    kind: Mapped[ResetKind] = mapped_column(stored(ResetKind), default=ResetKind.FORGOTTEN)
    # Empty until the e-mail that carries the secret is written.
    token_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    expires_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime | None]

    account: Mapped[Account] = relationship(lazy="raise_on_sql")
