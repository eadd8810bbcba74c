"""Keep apart what was submitted from what is rewritten, and count the time to decide

What the service reads of a dossier stays as submitted while complements are written; a request may be extended, closed
without an answer and reminded; a call says in how many days it decides.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

STATUSES = (
    "draft",
    "awaiting_endorsement",
    "submitted",
    "changes_requested",
    "eligible",
    "ineligible",
    "under_review",
    "reviewed",
    "deferred",
    "waitlisted",
    "awarded",
    "rejected",
    "withdrawn",
    "closed",
)
CLOSURES = ("cancelled", "withdrawn", "closed")
ASSIGNMENTS = ("assigned", "accepted", "conflict", "declined", "completed", "cancelled")
# The value of a field of a frozen content.
FIELD = """jsonb_path_query_first(version.content, '$.sections[*].fields[*] ? (@.key == "{}").value') #>> '{{}}'"""


def upgrade() -> None:
    op.add_column("call", sa.Column("decision_delay_days", sa.Integer(), nullable=True))
    op.create_check_constraint(op.f("ck_call_decision_delay_sensible"), "call", "decision_delay_days BETWEEN 1 AND 730")
    _extend_requests()
    _keep_submitted_words()
    _allow_assignments((*ASSIGNMENTS, "stopped"))
    _answered_when("status = 'stopped' OR (status IN ('assigned', 'cancelled')) = (answered_at IS NULL)")


def _extend_requests() -> None:
    table = "change_request"
    op.add_column(table, sa.Column("extended_from", sa.Date(), nullable=True))
    for name in ("extension_reason", "closing_reason"):
        op.add_column(table, sa.Column(name, sa.Text(), nullable=False, server_default=""))
        op.alter_column(table, name, server_default=None)
    op.add_column(table, sa.Column("asked_from", sa.String(40), nullable=False, server_default="submitted"))
    op.alter_column(table, "asked_from", server_default=None)
    op.add_column(table, sa.Column("closure", sa.String(40), nullable=True))
    for name in ("closed_at", "week_reminded_at", "day_reminded_at"):
        op.add_column(table, sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    for name in ("before", "unsent"):
        op.add_column(table, sa.Column(name, JSONB(none_as_null=True), nullable=True))
    # Where the dossier was when complements were asked: its journal says.
    op.execute(
        """
        UPDATE change_request AS request SET asked_from = 'under_review'
        WHERE 'under_review' = (
            SELECT entry.facts ->> 'before' FROM audit_entry AS entry
            WHERE entry.subject_id = request.application_id AND entry.action = 'application.request_changes'
              AND entry.created_at <= request.created_at + interval '1 minute'
            ORDER BY entry.number DESC LIMIT 1
        )
        """
    )
    for name, rule in (
        ("asked_from", sa.column("asked_from", sa.String(40)).in_(STATUSES)),
        ("requestclosure", sa.column("closure", sa.String(40)).in_(CLOSURES)),
        ("ends_once", "answered_at IS NULL OR closed_at IS NULL"),
        ("closed_at_iff_closed", "(closed_at IS NULL) = (closure IS NULL)"),
        ("cancellation_has_a_reason", "closure <> 'cancelled' OR closing_reason <> ''"),
        ("extension_has_a_reason", "(extended_from IS NULL) = (extension_reason = '')"),
        ("extended_to_a_later_day", "due_on > extended_from"),
    ):
        op.create_check_constraint(op.f(f"ck_change_request_{name}"), table, rule)
    _one_open("answered_at IS NULL AND closed_at IS NULL")
    op.create_index(op.f("ix_change_request_application_id"), table, ["application_id"])


def _one_open(where: str) -> None:
    op.drop_index("uq_change_request_one_open", table_name="change_request")
    op.create_index(
        "uq_change_request_one_open",
        "change_request",
        ["application_id"],
        unique=True,
        postgresql_where=sa.text(where),
    )


def _keep_submitted_words() -> None:
    table = "application"
    op.add_column(table, sa.Column("reopened_at", sa.DateTime(timezone=True), nullable=True))
    for column in (
        sa.Column("submitted_title", sa.String(200), nullable=True),
        sa.Column("submitted_summary", sa.Text(), nullable=True),
        sa.Column("submitted_cost", sa.Numeric(12, 2), nullable=True),
        sa.Column("submitted_amount", sa.Numeric(12, 2), nullable=True),
        sa.Column("submitted_digital", sa.Boolean(), nullable=True),
    ):
        op.add_column(table, column)
    op.execute(
        """
        UPDATE application SET submitted_title = title, submitted_summary = summary, submitted_cost = total_cost,
               submitted_amount = amount_requested, submitted_digital = is_digital_service
        WHERE submitted_at IS NOT NULL
        """
    )
    # What is being rewritten is read in the last version.
    op.execute(
        f"""
        UPDATE application AS dossier SET
            submitted_title = version.content ->> 'title',
            submitted_summary = coalesce({FIELD.format("summary")}, ''),
            submitted_cost = ({FIELD.format("total_cost")})::numeric,
            submitted_amount = ({FIELD.format("amount_requested")})::numeric,
            submitted_digital = ({FIELD.format("is_digital_service")})::boolean
        FROM application_version AS version
        WHERE dossier.status = 'changes_requested' AND version.application_id = dossier.id
          AND version.number = (SELECT max(number) FROM application_version WHERE application_id = dossier.id)
        """
    )
    op.create_check_constraint(
        op.f("ck_application_told_iff_submitted"),
        table,
        "num_nulls(submitted_at, submitted_title, submitted_summary, submitted_cost, submitted_amount, "
        "submitted_digital) IN (0, 6)",
    )
    op.create_check_constraint(
        op.f("ck_application_told_as_submitted"),
        table,
        "status = 'changes_requested' OR submitted_at IS NULL OR (title, summary, total_cost, amount_requested, "
        "is_digital_service) IS NOT DISTINCT FROM (submitted_title, submitted_summary, submitted_cost, "
        "submitted_amount, submitted_digital)",
    )


def _allow_assignments(states: tuple[str, ...]) -> None:
    op.drop_constraint(op.f("ck_assignment_assignmentstatus"), "assignment", type_="check")
    op.create_check_constraint(
        op.f("ck_assignment_assignmentstatus"), "assignment", sa.column("status", sa.String(40)).in_(states)
    )


def _answered_when(rule: str) -> None:
    op.drop_constraint(op.f("ck_assignment_answered_at_iff_answered"), "assignment", type_="check")
    op.create_check_constraint(op.f("ck_assignment_answered_at_iff_answered"), "assignment", rule)


def downgrade() -> None:
    # No earlier version has a word for them: the person's answer is forgotten with the dossier.
    op.execute("UPDATE assignment SET status = 'cancelled', answered_at = NULL WHERE status = 'stopped'")
    _answered_when("(status IN ('assigned', 'cancelled')) = (answered_at IS NULL)")
    _allow_assignments(ASSIGNMENTS)
    for name in ("told_as_submitted", "told_iff_submitted"):
        op.drop_constraint(op.f(f"ck_application_{name}"), "application", type_="check")
    for name in ("title", "summary", "cost", "amount", "digital"):
        op.drop_column("application", f"submitted_{name}")
    op.drop_column("application", "reopened_at")
    # A request closed without its answer would be open again.
    op.execute("UPDATE change_request SET answered_at = closed_at WHERE closed_at IS NOT NULL")
    op.drop_index(op.f("ix_change_request_application_id"), table_name="change_request")
    for name in (
        "extended_to_a_later_day",
        "extension_has_a_reason",
        "cancellation_has_a_reason",
        "closed_at_iff_closed",
        "ends_once",
        "requestclosure",
        "asked_from",
    ):
        op.drop_constraint(op.f(f"ck_change_request_{name}"), "change_request", type_="check")
    _one_open("answered_at IS NULL")
    for name in (
        "unsent",
        "before",
        "day_reminded_at",
        "week_reminded_at",
        "closed_at",
        "closure",
        "asked_from",
        "closing_reason",
        "extension_reason",
        "extended_from",
    ):
        op.drop_column("change_request", name)
    op.drop_constraint(op.f("ck_call_decision_delay_sensible"), "call", type_="check")
    op.drop_column("call", "decision_delay_days")
