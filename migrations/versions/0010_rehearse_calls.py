"""Rehearse calls

What a rehearsal told and the documents that it produced; what it played is undone, and is nowhere.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rehearsal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "waiting",
                "running",
                "done",
                "failed",
                name="rehearsalstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("obstacle", sa.String(500), nullable=False),
        sa.Column("report", postgresql.JSONB(), nullable=True),
        sa.CheckConstraint(
            "(status = 'waiting') = (started_at IS NULL)", name=op.f("ck_rehearsal_started_unless_waiting")
        ),
        sa.CheckConstraint(
            "(status IN ('done', 'failed')) = (finished_at IS NOT NULL)", name=op.f("ck_rehearsal_finished_at_iff_over")
        ),
        sa.CheckConstraint("(status = 'done') = (report IS NOT NULL)", name=op.f("ck_rehearsal_report_iff_done")),
        sa.CheckConstraint("obstacle = '' OR status = 'done'", name=op.f("ck_rehearsal_obstacle_only_when_done")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_rehearsal_attempts_not_negative")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_rehearsal_call_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["asked_by_id"], ["account.id"], name=op.f("fk_rehearsal_asked_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rehearsal")),
    )
    op.create_index(
        "uq_rehearsal_one_at_a_time",
        "rehearsal",
        ["call_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('waiting', 'running')"),
    )
    op.create_index(op.f("ix_rehearsal_call_id_created_at"), "rehearsal", ["call_id", "created_at"])
    op.create_index(op.f("ix_rehearsal_expires_at"), "rehearsal", ["expires_at"])
    op.create_table(
        "rehearsal_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("rehearsal_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(
            ["rehearsal_id"], ["rehearsal.id"], name=op.f("fk_rehearsal_file_rehearsal_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_rehearsal_file_document_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rehearsal_file")),
        sa.UniqueConstraint("rehearsal_id", "position", name=op.f("uq_rehearsal_file_rehearsal_id_position")),
        sa.UniqueConstraint("document_id", name=op.f("uq_rehearsal_file_document_id")),
    )


def downgrade() -> None:
    op.drop_table("rehearsal_file")
    op.drop_table("rehearsal")
