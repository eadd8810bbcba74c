"""Give co-funders a table of their own, and dossiers an index of their words

What a line said of its co-funder moves to the list of co-funders, by name and year. The way back forgets the kind and the state
of co-fundings and gives lines no co-funder: a co-funding belongs to the project, no line can be told to be the one it paid.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KINDS = ("ministry", "operator", "local", "europe", "association", "company", "other")
ACCENTED, PLAIN = "àâäáãåçéèêëíìîïñóòôöõúùûüýÿ", "aaaaaaceeeeiiiinooooouuuuyy"


def _words(weight: str, *columns: str) -> str:
    text = " || ' ' || ".join(columns)
    plain = f"replace(translate(lower({text}), '{ACCENTED}', '{PLAIN}'), 'œ', 'oe')"
    return f"setweight(to_tsvector('french'::regconfig, {plain}), '{weight}')"


WORDS = " || ".join((_words("A", "title"), _words("B", "summary"), _words("C", "problem", "solution")))

# Every co-funded line gives a row, lines of one name and year together.
MOVE = """
INSERT INTO cofunding (id, created_at, application_id, position, name, kind, year, amount, state)
SELECT gen_random_uuid(), min(created_at), application_id,
       row_number() OVER (PARTITION BY application_id ORDER BY year, name), name, 'other', year, sum(amount_cofunded), 'asked'
FROM (SELECT *, CASE WHEN cofunder = '' THEN 'Cofinanceur à nommer' ELSE cofunder END AS name FROM budget_line) AS line
WHERE amount_cofunded > 0
GROUP BY application_id, name, year
"""


def _values(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade() -> None:
    op.create_table(
        "cofunding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", _values("cofunderkind", *KINDS), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=12, scale=2), nullable=False),
        sa.Column("state", _values("cofundingstate", "asked", "acquired"), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_cofunding_amount_positive")),
        sa.CheckConstraint("name <> ''", name=op.f("ck_cofunding_name_not_empty")),
        sa.CheckConstraint("year BETWEEN 2000 AND 2100", name=op.f("ck_cofunding_year_sensible")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_cofunding_application_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cofunding")),
        sa.UniqueConstraint("application_id", "position", name=op.f("uq_cofunding_application_id_position")),
    )
    op.execute(MOVE)
    op.drop_constraint(op.f("ck_budget_line_shares_within_amount"), "budget_line", type_="check")
    op.drop_constraint(op.f("ck_budget_line_shares_not_negative"), "budget_line", type_="check")
    op.drop_column("budget_line", "amount_cofunded")
    op.drop_column("budget_line", "cofunder")
    op.create_check_constraint(
        op.f("ck_budget_line_request_within_amount"), "budget_line", "amount_requested BETWEEN 0 AND amount"
    )
    op.add_column("application", sa.Column("words", postgresql.TSVECTOR(), sa.Computed(WORDS, persisted=True)))
    op.create_index(
        op.f("ix_application_words"),
        "application",
        ["words"],
        postgresql_using="gin",
        postgresql_where=sa.text("status = 'awarded' AND outcome_published_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_application_words"), table_name="application")
    op.drop_column("application", "words")
    op.drop_constraint(op.f("ck_budget_line_request_within_amount"), "budget_line", type_="check")
    for column in (
        sa.Column("amount_cofunded", sa.Numeric(12, 2), nullable=False, server_default="0"),
        sa.Column("cofunder", sa.String(200), nullable=False, server_default=""),
    ):
        op.add_column("budget_line", column)
        op.alter_column("budget_line", column.name, server_default=None)
    op.create_check_constraint(
        op.f("ck_budget_line_shares_within_amount"), "budget_line", "amount_requested + amount_cofunded <= amount"
    )
    op.create_check_constraint(
        op.f("ck_budget_line_shares_not_negative"),
        "budget_line",
        "amount_requested >= 0 AND amount_cofunded >= 0",
    )
    op.drop_table("cofunding")
