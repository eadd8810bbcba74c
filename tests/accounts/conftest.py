"""Rate limits count across tests unless they are forgotten."""

import pytest


@pytest.fixture(autouse=True)
def forgotten_limits(app, counters):
    counters.flushdb()
