"""Guichet: a funding window for the State's eco-responsible digital programme."""

import os
from pathlib import Path

from flask import Flask

from guichet.accounts.access import check_every_view_declares_its_access, init_access
from guichet.blueprints import BEAT_SCHEDULE, BLUEPRINTS
from guichet.calls.registry import enter
from guichet.config import Settings, read_settings
from guichet.extensions import flask_config, init_extensions
from guichet.outbox.registry import subscribe
from guichet.subscriptions import BEGINS, CHAPTERS, SUBSCRIPTIONS
from guichet.web import assets, errors, filters, forms, headers, logs, pages

ROOT = Path(__file__).resolve().parent.parent


def create_app(settings: Settings | None = None) -> Flask:
    """The application. Raises SettingsError when the environment is incomplete, RuntimeError when a view declares no access."""
    settings = settings or read_settings(os.environ)
    app = Flask(__name__, template_folder=str(ROOT / "templates"))
    app.config.from_mapping(flask_config(settings))
    app.extensions["settings"] = settings
    logs.init_app(app)
    init_extensions(app, settings)
    headers.init_app(app, settings)
    errors.init_app(app)
    filters.init_app(app)
    forms.init_app(app)
    pages.init_app(app)
    assets.init_assets(app)
    init_access(app, settings)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    if settings.demo_mailbox:
        from guichet.demo.views import bp as mailbox  # noqa: PLC0415 - the demonstration alone has a mailbox

        app.register_blueprint(mailbox)
    app.extensions["celery"].conf.beat_schedule = BEAT_SCHEDULE
    subscribe(SUBSCRIPTIONS)
    enter(CHAPTERS, BEGINS)
    check_every_view_declares_its_access(app)
    return app
