"""The demonstration and the load-test set, as the tests look at them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from guichet import create_app
from guichet.core.db import db
from guichet.demo import bulk
from guichet.embedded import EmbeddedPostgres, EmbeddedValkey
from tests.conftest import settings_for

LOAD = 480


@pytest.fixture(scope="session")
def loaded(
    template_database: str, postgres: EmbeddedPostgres, valkey: EmbeddedValkey, folder: Path
) -> Iterator[tuple[Flask, str]]:
    """The application, and what the filling said."""
    postgres.create_database("guichet_load", template=template_database)
    app = create_app(settings_for(postgres.url("guichet_load"), valkey.url(0), folder))
    with app.app_context():
        said = bulk.fill(LOAD)
        db.session.remove()
    yield app, said
    with app.app_context():
        db.engine.dispose()


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
