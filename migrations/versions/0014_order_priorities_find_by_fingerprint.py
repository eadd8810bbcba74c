"""Order a ministry's dossiers of a call

The rank was typed freely before: those of a ministry are numbered again, in the order that they had.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# Whose file somebody holds is asked by its fingerprint.
INDEXED = (("document", "sha256"), ("application_version", "receipt_id"), ("decision", "letter_id"))
RANK = "uq_application_ministry_id_call_id_ministry_rank"


def upgrade() -> None:
    op.execute(
        sa.text(
            """
            UPDATE application SET ministry_rank = numbered.place
            FROM (
                SELECT id, row_number() OVER (
                    PARTITION BY ministry_id, call_id ORDER BY ministry_rank, submitted_at NULLS LAST, id
                ) AS place
                FROM application WHERE ministry_rank IS NOT NULL
            ) AS numbered
            WHERE application.id = numbered.id
            """
        )
    )
    op.create_unique_constraint(
        op.f(RANK), "application", ["ministry_id", "call_id", "ministry_rank"], deferrable=True, initially="IMMEDIATE"
    )
    for table, column in INDEXED:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def downgrade() -> None:
    for table, column in INDEXED:
        op.drop_index(op.f(f"ix_{table}_{column}"), table)
    op.drop_constraint(op.f(RANK), "application", type_="unique")
