import dataclasses

import pytest

from tests.clamd import Clamd


@pytest.fixture
def clamd(app, monkeypatch):
    """An antivirus that answers, and the application configured to ask it."""
    with Clamd() as server:
        configured = dataclasses.replace(app.extensions["settings"], clamd_url=server.url)
        monkeypatch.setitem(app.extensions, "settings", configured)
        yield server
