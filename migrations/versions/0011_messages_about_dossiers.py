"""Keep the messages of each dossier, and how far each person has read them

A message is never changed. It goes only with its dossier: the cascade has removed the dossier before it reaches its messages,
which is how the trigger tells it from a DELETE of somebody's.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "message",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("author_role", sa.String(length=40), nullable=False),
        sa.Column("audience", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("body ~ '[^[:space:]]'", name=op.f("ck_message_body_not_blank")),
        sa.CheckConstraint("char_length(body) <= 5000", name=op.f("ck_message_body_not_too_long")),
        sa.CheckConstraint(
            "audience <> 'internal' OR author_role = 'officer'", name=op.f("ck_message_notes_are_the_officers")
        ),
        sa.CheckConstraint(
            "author_role IN ('lead', 'editor', 'focal_point', 'officer')", name=op.f("ck_message_authorrole")
        ),
        sa.CheckConstraint("audience IN ('exchange', 'internal')", name=op.f("ck_message_messageaudience")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_message_application_id_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["author_id"], ["account.id"], name=op.f("fk_message_author_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("application_id", "key", name=op.f("uq_message_application_id_key")),
        sa.UniqueConstraint("number", name=op.f("uq_message_number")),
    )
    op.create_index(op.f("ix_message_application_id_number"), "message", ["application_id", "number"])
    op.create_index(op.f("ix_message_author_id"), "message", ["author_id"])
    op.create_table(
        "message_reading",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("read_up_to", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("read_up_to > 0", name=op.f("ck_message_reading_read_up_to_positive")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_message_reading_account_id_account")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_message_reading_application_id_application"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_reading")),
        sa.UniqueConstraint("account_id", "application_id", name=op.f("uq_message_reading_account_id_application_id")),
    )
    op.create_index(op.f("ix_message_reading_application_id"), "message_reading", ["application_id"])
    op.execute(
        """
        CREATE FUNCTION refuse_message_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT FROM application WHERE id = OLD.application_id) THEN
                RETURN OLD;
            END IF;
            RAISE EXCEPTION 'a message is never changed' USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER message_is_append_only BEFORE UPDATE OR DELETE ON message "
        "FOR EACH ROW EXECUTE FUNCTION refuse_message_change()"
    )
    op.execute(
        "CREATE TRIGGER message_is_not_emptied BEFORE TRUNCATE ON message "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("message_reading")
    op.drop_table("message")
    op.execute("DROP FUNCTION refuse_message_change()")
