"""Rate limits count across tests unless they are forgotten."""

import pytest

from guichet.extensions import limiter


@pytest.fixture(autouse=True)
def forgotten_limits(app):
    limiter.reset()
