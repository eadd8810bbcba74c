"""The interface kit alone: templates, filters and built files, without database."""

import pytest
from flask import Flask

import guichet
from guichet.web import assets, filters, forms


@pytest.fixture(scope="session")
def kit() -> Flask:
    app = Flask("guichet", template_folder=str(guichet.ROOT / "templates"))
    app.config.update(SECRET_KEY="the-tests-need-no-secret-but-a-long-one", WTF_I18N_ENABLED=False)
    assets.init_assets(app)
    filters.init_app(app)
    forms.init_app(app)
    return app
