"""Date a call by one closing, by several rounds, or not at all, and keep the round of each dossier

Every call there is keeps its one closing. What no constraint of a row can say of the rounds together (their order, their
place in the window of the call) is said by a trigger at the end of each transaction, in the way of a constraint.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

CHECK = """
CREATE FUNCTION check_call_rounds() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched jsonb := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
    held call%ROWTYPE;
    broken text;
BEGIN
    SELECT * INTO held FROM call WHERE id = (touched ->> TG_ARGV[0])::uuid;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF held.kind <> 'rounds' THEN
        IF EXISTS (SELECT FROM call_round WHERE call_id = held.id) THEN
            broken := 'ck_call_round_only_by_rounds';
        END IF;
    ELSIF EXISTS (
        SELECT FROM call_round earlier JOIN call_round later ON later.call_id = earlier.call_id
        WHERE earlier.call_id = held.id AND earlier.number < later.number AND earlier.closes_at >= later.closes_at
    ) THEN
        broken := 'ck_call_round_closings_in_order';
    ELSIF EXISTS (SELECT FROM call_round WHERE call_id = held.id AND closes_at <= held.opens_at)
        OR held.closes_at IS DISTINCT FROM (SELECT max(closes_at) FROM call_round WHERE call_id = held.id)
    THEN
        broken := 'ck_call_round_inside_window';
    END IF;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'the rounds of a call violate check constraint "%"', broken
        USING ERRCODE = 'check_violation', CONSTRAINT = broken;
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.add_column("call", sa.Column("kind", sa.String(40), server_default="dated", nullable=False))
    op.alter_column("call", "kind", server_default=None)
    op.create_check_constraint(op.f("ck_call_callkind"), "call", "kind IN ('dated', 'rounds', 'continuous')")
    op.alter_column("call", "closes_at", nullable=True)
    op.create_check_constraint(
        op.f("ck_call_closes_unless_continuous"),
        "call",
        "closes_at IS NOT NULL OR kind = 'continuous' OR (kind = 'rounds' AND status = 'draft')",
    )
    op.create_table(
        "call_round",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number BETWEEN 1 AND 20", name=op.f("ck_call_round_number_sensible")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_round_call_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_round")),
        sa.UniqueConstraint(
            "call_id", "number", name=op.f("uq_call_round_call_id_number"), deferrable=True, initially="IMMEDIATE"
        ),
        sa.UniqueConstraint("call_id", "id", name=op.f("uq_call_round_call_id_id")),
    )
    op.execute(CHECK)
    for table, key, moments in (("call_round", "call_id", "INSERT OR UPDATE OR DELETE"), ("call", "id", CALL_MOMENTS)):
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {table}_has_its_rounds_in_order AFTER {moments} ON {table} "
            f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_call_rounds('{key}')"
        )
    op.add_column("application", sa.Column("round_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_application_call_id_round_id"),
        "application",
        "call_round",
        ["call_id", "round_id"],
        ["call_id", "id"],
    )
    op.create_check_constraint(
        op.f("ck_application_round_once_submitted"), "application", "round_id IS NULL OR submitted_at IS NOT NULL"
    )
    op.create_index(op.f("ix_application_round_id"), "application", ["round_id"])


# Its other columns move at each dossier submitted, and have nothing to do with rounds.
CALL_MOMENTS = "INSERT OR UPDATE OF kind, opens_at, closes_at"


def downgrade() -> None:
    op.drop_index(op.f("ix_application_round_id"), table_name="application")
    op.drop_constraint(op.f("ck_application_round_once_submitted"), "application", type_="check")
    op.drop_constraint(op.f("fk_application_call_id_round_id"), "application", type_="foreignkey")
    op.drop_column("application", "round_id")
    for table in ("call", "call_round"):
        op.execute(f"DROP TRIGGER {table}_has_its_rounds_in_order ON {table}")
    op.execute("DROP FUNCTION check_call_rounds()")
    op.drop_table("call_round")
    op.drop_constraint(op.f("ck_call_closes_unless_continuous"), "call", type_="check")
    # A call that never closes, or whose rounds are not written yet, gets the latest day that the forms know.
    op.execute("UPDATE call SET closes_at = '2100-12-31 12:00+00' WHERE closes_at IS NULL")
    op.alter_column("call", "closes_at", nullable=False)
    op.drop_constraint(op.f("ck_call_callkind"), "call", type_="check")
    op.drop_column("call", "kind")
