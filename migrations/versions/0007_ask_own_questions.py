"""Let a call ask its own questions

Versions of a form, and what each dossier answered. A published version is what people were asked: the database refuses
whoever would rewrite or remove it.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "question_form",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("definition", postgresql.JSONB(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_question_form_number_positive")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_question_form_call_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question_form")),
        sa.UniqueConstraint("call_id", "number", name=op.f("uq_question_form_call_id_number")),
    )
    op.create_index(
        "uq_question_form_one_draft",
        "question_form",
        ["call_id"],
        unique=True,
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.create_table(
        "own_answers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("form_id", sa.Uuid(), nullable=False),
        sa.Column("answers", postgresql.JSONB(), nullable=False),
        sa.Column("former", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_own_answers_application_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["form_id"], ["question_form.id"], name=op.f("fk_own_answers_form_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_answers")),
        sa.UniqueConstraint("application_id", name=op.f("uq_own_answers_application_id")),
    )
    op.execute(
        """
        CREATE FUNCTION refuse_form_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.published_at IS NOT NULL THEN
                RAISE EXCEPTION 'a published form never changes' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN COALESCE(NEW, OLD);
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER question_form_published_is_fixed BEFORE UPDATE OR DELETE ON question_form "
        "FOR EACH ROW EXECUTE FUNCTION refuse_form_change()"
    )


def downgrade() -> None:
    op.drop_table("own_answers")
    op.drop_table("question_form")
    op.execute("DROP FUNCTION refuse_form_change()")
