"""Note who is writing which section of a dossier

One row a person and section, renewed while she writes: it says that somebody is there, and since when.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "section_presence",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("section", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "section IN ('project', 'solution', 'team', 'plan', 'calendar', 'budget', 'impact', 'openness', 'attachments')",
            name=op.f("ck_section_presence_section"),
        ),
        sa.CheckConstraint("since <= seen_at", name=op.f("ck_section_presence_since_before_seen")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_section_presence_account_id_account")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_section_presence_application_id_application"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_section_presence")),
        sa.UniqueConstraint(
            "application_id",
            "section",
            "account_id",
            name=op.f("uq_section_presence_application_id_section_account_id"),
        ),
    )
    op.create_index(op.f("ix_section_presence_seen_at"), "section_presence", ["seen_at"])
    op.create_index(op.f("ix_section_presence_account_id"), "section_presence", ["account_id"])


def downgrade() -> None:
    op.drop_table("section_presence")
