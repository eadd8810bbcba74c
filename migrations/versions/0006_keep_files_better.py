"""Scan, replace, check and take away files

States of the antivirus, the file that a file replaces, the daily check of the storage, and the exports of a dossier.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BEFORE = ("not_scanned", "pending", "clean", "infected")
AFTER = (*BEFORE, "too_large", "unscannable")


def words(*values: str, name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def allow(states: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_document_scanstate"), "document", type_="check")
    op.create_check_constraint(
        op.f("ck_document_scanstate"), "document", sa.column("scan_state", sa.String(40)).in_(states)
    )


def upgrade() -> None:
    allow(AFTER)
    op.add_column("document", sa.Column("scan_finding", sa.String(200), nullable=False, server_default=""))
    op.add_column("document", sa.Column("scan_attempts", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("document", "scan_finding", server_default=None)
    op.alter_column("document", "scan_attempts", server_default=None)
    op.add_column("document", sa.Column("next_scan_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("document", sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("document", sa.Column("fault", sa.String(40), nullable=True))
    op.create_check_constraint(
        op.f("ck_document_storagefault"), "document", sa.column("fault", sa.String(40)).in_(("missing", "altered"))
    )
    op.create_check_constraint(op.f("ck_document_scan_attempts_not_negative"), "document", "scan_attempts >= 0")
    op.create_index(
        "ix_document_to_scan", "document", ["created_at"], postgresql_where=sa.text("scan_state = 'pending'")
    )
    op.create_index("ix_document_to_check", "document", [sa.text("checked_at NULLS FIRST")])
    op.create_index("ix_document_faulty", "document", ["created_at"], postgresql_where=sa.text("fault IS NOT NULL"))
    op.add_column("attachment", sa.Column("replaces_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_attachment_replaces_id"), "attachment", "attachment", ["replaces_id"], ["id"])
    op.create_unique_constraint(op.f("uq_attachment_replaces_id"), "attachment", ["replaces_id"])
    op.create_check_constraint(op.f("ck_attachment_replaces_another"), "attachment", "replaces_id <> id")
    op.create_table(
        "dossier_export",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("kind", words("pdf", "archive", name="exportkind"), nullable=False),
        sa.Column("status", words("waiting", "done", "failed", name="exportstatus"), nullable=False),
        sa.Column("scope", sa.String(40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(status = 'done') = (document_id IS NOT NULL)", name=op.f("ck_dossier_export_document_iff_done")
        ),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_dossier_export_attempts_not_negative")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_dossier_export_application_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["asked_by_id"], ["account.id"], name=op.f("fk_dossier_export_asked_by_id")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_dossier_export_document_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossier_export")),
    )
    op.create_index(
        "uq_dossier_export_one_waiting",
        "dossier_export",
        ["application_id", "asked_by_id", "kind"],
        unique=True,
        postgresql_where=sa.text("status = 'waiting'"),
    )
    op.create_index(
        op.f("ix_dossier_export_asked_by_id_application_id"), "dossier_export", ["asked_by_id", "application_id"]
    )
    op.create_index(op.f("ix_dossier_export_expires_at"), "dossier_export", ["expires_at"])


def downgrade() -> None:
    op.drop_table("dossier_export")
    op.drop_constraint(op.f("ck_attachment_replaces_another"), "attachment", type_="check")
    op.drop_constraint(op.f("uq_attachment_replaces_id"), "attachment", type_="unique")
    op.drop_constraint(op.f("fk_attachment_replaces_id"), "attachment", type_="foreignkey")
    op.drop_column("attachment", "replaces_id")
    for index in ("ix_document_faulty", "ix_document_to_check", "ix_document_to_scan"):
        op.drop_index(index, table_name="document")
    op.drop_constraint(op.f("ck_document_scan_attempts_not_negative"), "document", type_="check")
    op.drop_constraint(op.f("ck_document_storagefault"), "document", type_="check")
    for column in ("fault", "checked_at", "next_scan_at", "scan_attempts", "scan_finding"):
        op.drop_column("document", column)
    # What no earlier version has a word for was, for it, not scanned.
    op.execute("UPDATE document SET scan_state = 'not_scanned' WHERE scan_state IN ('too_large', 'unscannable')")
    allow(BEFORE)
