"""The migrations lead, both ways, to exactly what the models say."""

from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.schema import CreateTable

from guichet import create_app
from guichet.core.db import db
from tests.conftest import MIGRATIONS, settings_for

SCRIPTS = ScriptDirectory(str(MIGRATIONS))
REVISIONS = [script.revision for script in reversed(list(SCRIPTS.walk_revisions()))]

CHECKS = sa.text(
    "SELECT conrelid::regclass::text || '.' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE contype = 'c' AND connamespace = 'public'::regnamespace ORDER BY 1"
)
TRIGGERS = sa.text("SELECT tgrelid::regclass::text || '.' || tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1")


@pytest.fixture
def empty_app(postgres, valkey, folder, request):
    """An application on an empty database, without any table."""
    name = f"empty_{abs(hash(request.node.nodeid))}"
    postgres.create_database(name)
    app = create_app(settings_for(postgres.url(name), valkey.url(0), folder))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def upgrade(revision="head"):
    flask_migrate.upgrade(directory=str(MIGRATIONS), revision=revision)


def downgrade(revision):
    flask_migrate.downgrade(directory=str(MIGRATIONS), revision=revision)


def catalogue(statement):
    with db.engine.connect() as connection:
        return list(connection.scalars(statement))


def test_migrations_have_one_head_and_are_numbered_in_order():
    assert SCRIPTS.get_heads() == [REVISIONS[-1]]
    assert [f"{number:04}" for number in range(1, len(REVISIONS) + 1)] == REVISIONS
    for script in SCRIPTS.walk_revisions():
        assert Path(script.path).name.startswith(f"{script.revision}_")


@pytest.mark.parametrize("revision", REVISIONS)
def test_migrations_go_up_down_and_up_again_from_every_version(empty_app, revision):
    upgrade(revision)
    upgrade()
    whole = catalogue(CHECKS), catalogue(TRIGGERS)
    downgrade(revision)
    downgrade("base")
    assert catalogue(sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")) == ["alembic_version"]
    assert catalogue(sa.text("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace")) == []
    upgrade()
    assert (catalogue(CHECKS), catalogue(TRIGGERS)) == whole


def test_migrated_tables_are_those_of_the_models(empty_app):
    upgrade()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, db.metadata) == []


def test_migrated_checks_are_those_of_the_models(empty_app):
    """Alembic does not compare CHECK constraints: the tables are made a second time from the models, and compared."""
    upgrade()
    migrated = catalogue(CHECKS)
    with db.engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    db.create_all()
    assert migrated == catalogue(CHECKS)
    assert len(migrated) > 50


def test_every_constraint_has_a_name():
    nameless = [
        f"{table.name}: {type(constraint).__name__}"
        for table in db.metadata.sorted_tables
        for constraint in table.constraints
        if constraint.name is None and not isinstance(constraint, sa.PrimaryKeyConstraint)
    ]
    assert nameless == []
    assert "None" not in str(CreateTable(db.metadata.tables["application"]))
