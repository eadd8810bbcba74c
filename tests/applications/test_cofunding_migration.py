"""The co-funders that lines named before they had a list of their own."""

import flask_migrate
import pytest
import sqlalchemy as sa

from guichet import create_app
from guichet.core.db import db
from tests.conftest import MIGRATIONS, settings_for

BEFORE = "0003"


@pytest.fixture
def older_app(postgres, valkey, folder):
    """An application on a database of the version before."""
    postgres.create_database("before_cofunders")
    app = create_app(settings_for(postgres.url("before_cofunders"), valkey.url(0), folder))
    with app.app_context():
        flask_migrate.upgrade(directory=str(MIGRATIONS), revision=BEFORE)
        yield app
        db.session.remove()
        db.engine.dispose()


def test_what_lines_said_of_their_cofunders_is_kept(older_app):
    one, two = "00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"
    with db.engine.begin() as connection:
        # The dossiers themselves do not matter here.
        connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        for position, (dossier, year, cofunded, cofunder) in enumerate(
            [
                (one, 2027, "10.10", "Région"),
                (one, 2027, "5.05", "Région"),
                (one, 2028, "1", "Région"),
                (one, 2027, "0", ""),
                (two, 2027, "3", ""),
            ]
        ):
            connection.execute(
                sa.text(
                    "INSERT INTO budget_line (id, application_id, position, category, label, year, amount, amount_requested, "
                    "amount_cofunded, cofunder) VALUES (gen_random_uuid(), :dossier, :position, 'other', 'Divers', :year, 100, "
                    "50, :cofunded, :cofunder)"
                ),
                {"dossier": dossier, "position": position, "year": year, "cofunded": cofunded, "cofunder": cofunder},
            )

    flask_migrate.upgrade(directory=str(MIGRATIONS))

    with db.engine.connect() as connection:
        kept = connection.execute(
            sa.text(
                "SELECT application_id::text, position, name, kind, year, amount::text, state FROM cofunding "
                "ORDER BY application_id, position"
            )
        ).all()
    assert [tuple(row) for row in kept] == [
        (one, 1, "Région", "other", 2027, "15.15", "asked"),
        (one, 2, "Région", "other", 2028, "1.00", "asked"),
        (two, 1, "Cofinanceur à nommer", "other", 2027, "3.00", "asked"),
    ]
