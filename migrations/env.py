"""Alembic's entry: the engine and the models of the Flask application, one transaction for each migration."""

from alembic import context
from flask import current_app

from guichet.core.db import db

config = context.config


def run() -> None:
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            compare_type=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("Migrations run against a database: offline mode is not supported.")
run()
