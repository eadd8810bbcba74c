"""The co-funders that lines named before they had a list of their own."""

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from guichet import create_app
from guichet.core.db import db
from tests.conftest import MIGRATIONS, settings_for

SCRIPT = next(
    script
    for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()
    if script.path.endswith("_name_cofunders_and_index_words.py")
)
ONE, TWO = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"
# What a dossier must hold, by type; what it refers to does not matter here.
LEAST = {"uuid": "gen_random_uuid()", "integer": "1", "numeric": "0", "boolean": "false"}
LEAST |= {"timestamp with time zone": "now()", "text": "''", "character varying": "''"}


@pytest.fixture
def older_app(postgres, valkey, folder):
    """An application on a database of the version before."""
    postgres.create_database("before_cofunders")
    app = create_app(settings_for(postgres.url("before_cofunders"), valkey.url(0), folder))
    with app.app_context():
        flask_migrate.upgrade(directory=str(MIGRATIONS), revision=SCRIPT.down_revision)
        yield app
        db.session.remove()
        db.engine.dispose()


def add_dossiers(connection) -> None:
    """Two drafts, of nobody and of no call."""
    links = "SELECT conname FROM pg_constraint WHERE conrelid = 'application'::regclass AND contype = 'f'"
    for name in connection.scalars(sa.text(links)).all():
        connection.execute(sa.text(f"ALTER TABLE application DROP CONSTRAINT {name}"))
    columns = sa.text(
        "SELECT column_name, data_type FROM information_schema.columns "
        "WHERE table_name = 'application' AND is_nullable = 'NO' AND column_name NOT IN ('id', 'status')"
    )
    least = {name: LEAST[kind] for name, kind in connection.execute(columns)}
    for dossier in (ONE, TWO):
        connection.execute(
            sa.text(
                f"INSERT INTO application (id, status, {', '.join(least)}) "  # noqa: S608 - names of columns
                f"VALUES ('{dossier}', 'draft', {', '.join(least.values())})"
            )
        )


def test_what_lines_said_of_their_cofunders_is_kept(older_app):
    line = sa.text(
        "INSERT INTO budget_line (id, application_id, position, category, label, year, amount, amount_requested, "
        "amount_cofunded, cofunder) VALUES (gen_random_uuid(), :dossier, :position, 'other', 'Divers', :year, 100, 50, "
        ":cofunded, :cofunder)"
    )
    said = [(ONE, 2027, "10.10", "Région"), (ONE, 2027, "5.05", "Région"), (ONE, 2028, "1", "Région")]
    said += [(ONE, 2027, "0", ""), (TWO, 2027, "3", "")]
    with db.engine.begin() as connection:
        add_dossiers(connection)
        for position, (dossier, year, cofunded, cofunder) in enumerate(said):
            values = {"dossier": dossier, "position": position, "year": year, "cofunded": cofunded}
            connection.execute(line, {**values, "cofunder": cofunder})

    flask_migrate.upgrade(directory=str(MIGRATIONS), revision=SCRIPT.revision)

    with db.engine.connect() as connection:
        kept = connection.execute(
            sa.text(
                "SELECT application_id::text, position, name, kind, year, amount::text, state FROM cofunding "
                "ORDER BY application_id, position"
            )
        ).all()
    assert [tuple(row) for row in kept] == [
        (ONE, 1, "Région", "other", 2027, "15.15", "asked"),
        (ONE, 2, "Région", "other", 2028, "1.00", "asked"),
        (TWO, 1, "Cofinanceur à nommer", "other", 2027, "3.00", "asked"),
    ]
