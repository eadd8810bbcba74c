"""A window to measure: PostgreSQL and Valkey of its own, a bulk of dossiers, gunicorn with two workers, an SMTP sink."""

import contextlib
import http.client
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import flask_migrate
from flask import Flask

from guichet import create_app
from guichet.config import read_settings
from guichet.core.db import db
from guichet.demo import bulk
from guichet.embedded import EmbeddedPostgres, EmbeddedValkey
from guichet.embedded.ports import free_port

ROOT = Path(__file__).resolve().parent.parent
DATABASE = "guichet_bench"


@dataclass
class Window:
    app: Flask
    environment: dict[str, str]
    port: int
    bare_port: int
    applications: int


@contextlib.contextmanager
def window(applications: int) -> Iterator[Window]:
    """A window filled with `applications` dossiers, for the length of the block; everything is erased after."""
    folder = Path(tempfile.mkdtemp(prefix="guichet-bench-"))
    folder.chmod(0o755)
    port = free_port()
    try:
        with EmbeddedPostgres(folder / "postgres") as postgres, EmbeddedValkey(folder / "valkey") as valkey:
            postgres.create_database(DATABASE)
            environment = {
                "DATABASE_URL": postgres.url(DATABASE),
                "REDIS_URL": valkey.url(0),
                "SECRET_KEY": "a benchmark has nothing to hide, only length",
                "BASE_URL": f"http://127.0.0.1:{port}",
                "MAIL_URL": f"smtp://127.0.0.1:{free_port()}",
                "STORAGE_URL": (folder / "storage").as_uri(),
            }
            app = create_app(read_settings(environment))
            with app.app_context():
                flask_migrate.upgrade(directory=str(ROOT / "migrations"))
                say(bulk.fill(applications))
                vacuum()
            bare_port = free_port()
            with (
                _server("wsgi:app", port, environment, folder),
                _server("benchmarks.bare:app", bare_port, environment, folder),
            ):
                yield Window(app, environment, port, bare_port, applications)
            with app.app_context():
                db.session.remove()
                db.engine.dispose()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def vacuum() -> None:
    """What PostgreSQL does by itself in the minutes that follow a large import."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


@contextlib.contextmanager
def _server(application: str, port: int, environment: dict[str, str], folder: Path) -> Iterator[None]:
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--bind",
        f"127.0.0.1:{port}",
        "--workers=2",
        "--threads=4",
        # Signing eight people in takes longer than the two seconds that an idle connection is kept for by default.
        "--keep-alive=60",
        application,
    ]
    with (folder / f"web-{port}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        wait_until(lambda: is_up(port))
        yield
    finally:
        process.terminate()
        process.wait(30)


def is_up(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            raise TimeoutError
        time.sleep(0.05)


def say(words: str) -> None:
    """Progress, on stderr: stdout is for the JSON alone."""
    print(words, file=sys.stderr, flush=True)
