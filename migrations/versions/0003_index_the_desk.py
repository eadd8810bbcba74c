"""Index what the lists of dossiers read of each one

Rights, counts and the default order look at five short columns of rows full of long texts: they are read from the index alone.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        op.f("ix_application_submitted_at_id"),
        "application",
        ["submitted_at", "id"],
        postgresql_include=["status", "call_id", "ministry_id"],
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_application_submitted_at_id"), table_name="application")
