"""The Flask extensions and how they are set up; no rule of the trade."""

from typing import Any

from celery import Celery, Task
from flask import Flask
from flask_compress import Compress
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_migrate import Migrate
from redis.backoff import NoBackoff
from redis.retry import Retry
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from guichet.config import Settings
from guichet.core.db import db

login_manager = LoginManager()
migrate = Migrate()
compress = Compress()
# Counters live in Redis, shared by all processes; while it is down each process counts for itself.
limiter = Limiter(get_remote_address, in_memory_fallback_enabled=True, swallow_errors=True, headers_enabled=False)

A_YEAR = 365 * 24 * 3600


def init_extensions(app: Flask, settings: Settings) -> None:
    db.init_app(app)
    migrate.init_app(app, db, compare_type=True)
    login_manager.init_app(app)
    limiter.init_app(app)
    compress.init_app(app)
    init_celery(app, settings)
    if count := settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    static = app.static_folder or ""
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=static,
        prefix="static/",
        max_age=A_YEAR,
        immutable_file_test=lambda _path, url: "/dist/" in url,
    )


def flask_config(settings: Settings) -> dict[str, Any]:
    """Configuration of Flask and of its extensions, from our settings."""
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "pool_pre_ping": True,
            "pool_size": 8,
            "max_overflow": 4,
            # What people type is in the parameters: it must not reach the log with an error.
            "hide_parameters": True,
        },
        "SESSION_COOKIE_NAME": "guichet",
        "SESSION_COOKIE_SECURE": settings.secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": 8 * 3600,
        "MAX_CONTENT_LENGTH": 32 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "MAX_FORM_PARTS": 2000,
        "WTF_CSRF_TIME_LIMIT": 4 * 3600,
        # WTForms' own French messages, rather than Flask-Babel's.
        "WTF_I18N_ENABLED": False,
        "RATELIMIT_STORAGE_URI": settings.redis_url,
        # Beyond 40 ms the counters of the process will do; by default redis-py would try again for seconds.
        "RATELIMIT_STORAGE_OPTIONS": {
            "socket_connect_timeout": 0.04,
            "socket_timeout": 0.04,
            "retry": Retry(NoBackoff(), 0),
        },
        "RATELIMIT_STRATEGY": "fixed-window",
        "COMPRESS_ALGORITHM": ["br", "gzip"],
        "COMPRESS_BR_LEVEL": 4,
        "COMPRESS_MIMETYPES": ["text/html", "text/css", "application/json", "image/svg+xml", "text/csv"],
    }


def init_celery(app: Flask, settings: Settings) -> None:
    class AppTask(Task):  # type: ignore[type-arg]
        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            with app.app_context():
                return self.run(*args, **kwargs)

    celery = Celery("guichet", task_cls=AppTask)
    celery.conf.update(
        broker_url=settings.redis_url,
        # In memory: emptying the broker must not stop the clock, and two clocks are harmless, every task being single-run.
        beat_scheduler="celery.beat:Scheduler",
        beat_max_loop_interval=5,
        # A process that asks for a task must never wait for the broker; the worker reconnects all the same.
        broker_transport_options={
            "max_retries": 0,
            "socket_connect_timeout": 1,
            # What the broker carries are nudges, which a sweep replaces: nothing is kept until acknowledged. Kept ones
            # would be put back when the connection is lost, through that very connection, and the worker would die of it.
            "ack_emulation": False,
        },
        broker_connection_retry_on_startup=True,
        task_ignore_result=True,
        task_time_limit=300,
        task_soft_time_limit=240,
        worker_prefetch_multiplier=1,
        worker_max_tasks_per_child=500,
        worker_send_task_events=False,
        timezone="UTC",
        task_serializer="json",
        accept_content=["json"],
    )
    celery.set_default()
    app.extensions["celery"] = celery
