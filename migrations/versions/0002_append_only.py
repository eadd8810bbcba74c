"""Forbid any change of the journal, of the envelope's ledger and of what was submitted

These rows are evidence: the application never updates them, and the database refuses whoever would try.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

EVIDENCE = ("audit_entry", "audit_seal", "audit_sealed_entry", "envelope_movement")


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in EVIDENCE:
        op.execute(
            f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    # A version's receipt is made a few seconds later: that column alone may be filled, once.
    op.execute(
        """
        CREATE FUNCTION refuse_version_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' OR OLD.receipt_id IS NOT NULL OR NEW.receipt_id IS NULL
               OR (to_jsonb(OLD) - 'receipt_id') IS DISTINCT FROM (to_jsonb(NEW) - 'receipt_id') THEN
                RAISE EXCEPTION 'a submitted version is frozen' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER application_version_is_frozen BEFORE UPDATE OR DELETE ON application_version "
        "FOR EACH ROW EXECUTE FUNCTION refuse_version_change()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER application_version_is_frozen ON application_version")
    op.execute("DROP FUNCTION refuse_version_change()")
    for table in EVIDENCE:
        op.execute(f"DROP TRIGGER {table}_is_append_only ON {table}")
    op.execute("DROP FUNCTION refuse_change()")
