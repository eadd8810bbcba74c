"""Invite to a dossier's team by e-mail, let some only read, and pass a dossier on

A dossier has one lead at most, and at most one proposal of another; an address has at most one pending invitation to it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

PENDING = "accepted_at IS NULL AND declined_at IS NULL AND withdrawn_at IS NULL"
BEFORE, AFTER = ("lead", "editor"), ("lead", "editor", "reader")


def roles(known: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_team_member_teamrole"), "team_member", type_="check")
    op.create_check_constraint(
        op.f("ck_team_member_teamrole"), "team_member", sa.column("role", sa.String(40)).in_(known)
    )


def moment(name: str, *, empty: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=empty)


def offered(table: str, *own: sa.schema.SchemaItem) -> None:
    """What somebody of the team offers about a dossier."""
    op.create_table(
        table,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        moment("expires_at", empty=False),
        moment("accepted_at"),
        moment("declined_at"),
        moment("withdrawn_at"),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        *own,
        sa.CheckConstraint(
            "num_nonnulls(accepted_at, declined_at, withdrawn_at) <= 1", name=op.f(f"ck_{table}_ends_once")
        ),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f(f"fk_{table}_application_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def person(table: str, name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([name], ["account.id"], name=op.f(f"fk_{table}_{name}"))


def upgrade() -> None:
    roles(AFTER)
    op.create_index(
        "uq_team_member_one_lead",
        "team_member",
        ["application_id"],
        unique=True,
        postgresql_where=sa.text("role = 'lead'"),
    )
    table = "team_invitation"
    offered(
        table,
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column(
            "role",
            sa.Enum(*AFTER, name="teamrole", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("token_sha256", sa.String(64), nullable=True),
        sa.Column("invited_by_id", sa.Uuid(), nullable=False),
        sa.Column("accepted_by_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("token_sha256 ~ '^[0-9a-f]{64}$'", name=op.f(f"ck_{table}_token_sha256_is_hexadecimal")),
        sa.CheckConstraint("address = lower(address)", name=op.f(f"ck_{table}_address_in_lower_case")),
        sa.CheckConstraint("position('@' in address) > 1", name=op.f(f"ck_{table}_address_has_an_at")),
        sa.CheckConstraint("role <> 'lead'", name=op.f(f"ck_{table}_never_the_lead")),
        sa.CheckConstraint(
            "(accepted_at IS NULL) = (accepted_by_id IS NULL)", name=op.f(f"ck_{table}_accepted_by_somebody")
        ),
        sa.UniqueConstraint("token_sha256", name=op.f(f"uq_{table}_token_sha256")),
        person(table, "invited_by_id"),
        person(table, "accepted_by_id"),
    )
    op.create_index(
        "uq_team_invitation_one_pending",
        table,
        ["application_id", "address"],
        unique=True,
        postgresql_where=sa.text(PENDING),
    )
    op.create_index("ix_team_invitation_pending", table, ["address"], postgresql_where=sa.text(PENDING))
    op.create_index(op.f("ix_team_invitation_expires_at"), table, ["expires_at"])
    table = "lead_transfer"
    offered(
        table,
        sa.Column("receiver_id", sa.Uuid(), nullable=False),
        sa.Column("proposed_by_id", sa.Uuid(), nullable=False),
        person(table, "receiver_id"),
        person(table, "proposed_by_id"),
    )
    op.create_index(
        "uq_lead_transfer_one_pending", table, ["application_id"], unique=True, postgresql_where=sa.text(PENDING)
    )
    op.create_index("ix_lead_transfer_pending", table, ["receiver_id"], postgresql_where=sa.text(PENDING))


def downgrade() -> None:
    op.drop_table("lead_transfer")
    op.drop_table("team_invitation")
    op.drop_index("uq_team_member_one_lead", table_name="team_member")
    # Who could only read must not write because the word for it is gone.
    op.execute("DELETE FROM team_member WHERE role = 'reader'")
    roles(BEFORE)
