"""Date the reading of a decision by those it concerns"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outcome_reading",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("created_at >= published_at", name=op.f("ck_outcome_reading_read_once_published")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_outcome_reading_application_id_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_outcome_reading_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcome_reading")),
        sa.UniqueConstraint(
            "application_id", "published_at", name=op.f("uq_outcome_reading_application_id_published_at")
        ),
    )
    op.add_column("application", sa.Column("outcome_reminded_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("application", "outcome_reminded_at")
    op.drop_table("outcome_reading")
