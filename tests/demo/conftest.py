"""The demonstration and the load-test set, each made once for all the tests that look at it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from guichet import create_app
from guichet.core.db import db
from guichet.demo import bulk
from guichet.demo.seed import seed_demo
from guichet.embedded import EmbeddedPostgres, EmbeddedValkey
from tests.conftest import settings_for

LOAD = 480


@pytest.fixture(scope="session")
def app_on(
    template_database: str, postgres: EmbeddedPostgres, valkey: EmbeddedValkey, folder: Path
) -> Iterator[Callable[..., Flask]]:
    """Make an application on a database of that name, which lasts as long as the run."""
    made: list[Flask] = []

    def make(name: str, **others: str) -> Flask:
        postgres.create_database(name, template=template_database)
        made.append(create_app(settings_for(postgres.url(name), valkey.url(0), folder, **others)))
        return made[-1]

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="session")
def demonstration(app_on: Callable[..., Flask], folder: Path) -> Flask:
    app = app_on("guichet_demonstration", DEMO="1", DEMO_MAILBOX=str(folder / "demonstration-mailbox"))
    with app.app_context():
        seed_demo()
        db.session.remove()
    return app


@pytest.fixture(scope="session")
def loaded(app_on: Callable[..., Flask]) -> tuple[Flask, str]:
    """The application, and what the filling said."""
    app = app_on("guichet_load")
    with app.app_context():
        said = bulk.fill(LOAD)
        db.session.remove()
    return app, said


@pytest.fixture
def story(demonstration: Flask) -> Iterator[Any]:
    """The session, on the demonstration's database."""
    with demonstration.app_context():
        yield db.session
        db.session.remove()


@pytest.fixture
def load(loaded: tuple[Flask, str]) -> Iterator[str]:
    """Inside the load-test set's application; what the filling said."""
    app, said = loaded
    with app.app_context():
        yield said
        db.session.remove()


@pytest.fixture
def count() -> Callable[..., int]:
    """How many rows of a model meet the conditions, in whichever database the test is."""

    def counted(model: Any, *conditions: Any) -> int:
        return db.session.scalar(sa.select(sa.func.count()).select_from(model).where(*conditions)) or 0

    return counted
