"""Say as data who may apply to a call, and write transfers between envelopes

A movement asked twice is written once: the form's key is unique.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BEFORE = ("opening", "freeze", "thaw", "award", "return")
AFTER = ("opening", "freeze", "thaw", "award", "return", "transfer_out", "transfer_in")


def upgrade() -> None:
    kinds = sa.ARRAY(sa.String(20))
    op.add_column("call", sa.Column("applicant_kinds", kinds, server_default="{}", nullable=False))
    op.alter_column("call", "applicant_kinds", server_default=None)
    op.add_column("call", sa.Column("one_per_ministry", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.alter_column("call", "one_per_ministry", server_default=None)
    op.create_check_constraint(
        op.f("ck_call_applicant_kinds_known"),
        "call",
        "applicant_kinds <@ ARRAY['ministry', 'direction', 'operator']::varchar[]",
    )
    op.create_table(
        "call_organisation",
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["call.id"], name=op.f("fk_call_organisation_call_id_call"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_call_organisation_organisation_id_organisation")
        ),
        sa.PrimaryKeyConstraint("call_id", "organisation_id", name=op.f("pk_call_organisation")),
    )
    op.add_column("envelope_movement", sa.Column("key", sa.Uuid(), nullable=True))
    op.create_unique_constraint(op.f("uq_envelope_movement_call_id_key"), "envelope_movement", ["call_id", "key"])
    _kinds(AFTER, "('freeze', 'award', 'transfer_out')")


def downgrade() -> None:
    _kinds(BEFORE, "('freeze', 'award')")
    op.drop_constraint(op.f("uq_envelope_movement_call_id_key"), "envelope_movement", type_="unique")
    op.drop_column("envelope_movement", "key")
    op.drop_table("call_organisation")
    op.drop_constraint(op.f("ck_call_applicant_kinds_known"), "call", type_="check")
    op.drop_column("call", "one_per_ministry")
    op.drop_column("call", "applicant_kinds")


def _kinds(known: tuple[str, ...], outward: str) -> None:
    op.drop_constraint(op.f("ck_envelope_movement_movementkind"), "envelope_movement", type_="check")
    op.drop_constraint(op.f("ck_envelope_movement_sign_follows_kind"), "envelope_movement", type_="check")
    listed = ", ".join(f"'{kind}'" for kind in known)
    op.create_check_constraint(op.f("ck_envelope_movement_movementkind"), "envelope_movement", f"kind IN ({listed})")
    op.create_check_constraint(
        op.f("ck_envelope_movement_sign_follows_kind"), "envelope_movement", f"(kind IN {outward}) = (amount < 0)"
    )
