"""A whole window for a browser: web server, worker, scheduler and mail server as processes, on a database of its own."""

import http.client
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from guichet import create_app
from guichet.config import read_settings
from guichet.core.db import db
from guichet.embedded import EmbeddedPostgres, EmbeddedValkey
from guichet.embedded.ports import HOST, free_port
from tests.conftest import environment_for
from tests.processes import Process, scheduler, wait_until, worker
from tests.sink import Sink

ROOT = Path(__file__).parents[2]
AXE = ROOT / "guichet" / "assets" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser: `make test` gives it, a bare pytest looks for the system's."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "no browser: run `make test`, which brings one"
    return path


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
    yield browser
    browser.close()


@dataclass
class Window:
    """A running window: its address, its application (for the test's own reading), its mail."""

    app: Flask
    url: str
    sink: Sink
    valkey: EmbeddedValkey
    worker: Process


@dataclass
class Site:
    """A web server and its application (for the test's own reading); nothing moves there by itself: no worker, no clock."""

    app: Flask
    url: str


@contextmanager
def served(app: Flask, log: Path) -> Iterator[Site]:
    """Open the application to browsers, at the address that it gives itself."""
    environment = app.extensions["environment"]
    url = environment["BASE_URL"]
    port = int(url.rpartition(":")[2])
    with web_server(port, environment, log):
        wait_until(lambda: _is_up(port), "the web server did not answer", seconds=60)
        yield Site(app, url)


@pytest.fixture(scope="session")
def demonstration_site(demonstration: Flask, folder: Path) -> Iterator[Site]:
    """The demonstration, open to browsers."""
    with served(demonstration, folder / "demonstration.log") as site:
        yield site


@pytest.fixture(scope="session")
def site(template_database: str, postgres: EmbeddedPostgres, valkey: EmbeddedValkey, folder: Path) -> Iterator[Site]:
    """An empty site, shared: each test brings its own people and dossiers."""
    postgres.create_database("site", template=template_database)
    url = f"http://{HOST}:{free_port()}"
    environment = environment_for(postgres.url("site"), valkey.url(1), folder, BASE_URL=url)
    app = create_app(read_settings(environment))
    app.extensions["environment"] = environment
    with served(app, folder / "site.log") as opened:
        yield opened
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def web_server(port: int, environment: dict[str, str], log: Path) -> Process:
    """Two gunicorn workers of four threads."""
    command = ("gunicorn", "--bind", f"127.0.0.1:{port}", "--workers=2", "--threads=4", "wsgi:app")
    return Process(*command, environment=environment, log=log)


@pytest.fixture
def window(own_app: Callable[..., Flask], folder: Path, tmp_path: Path, unique: str) -> Iterator[Window]:
    """Web (two gunicorn workers), Celery worker, scheduler, Valkey and SMTP server: all real, all its own."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with EmbeddedValkey(folder / f"valkey-{unique}", durable=False) as valkey, Sink() as sink:
        app = own_app(BASE_URL=url, MAIL_URL=sink.url, REDIS_URL=valkey.url(0))
        environment = app.extensions["environment"]
        web = web_server(port, environment, tmp_path / "web.log")
        working = worker(environment, tmp_path / "worker.log")
        with web, working, scheduler(environment, tmp_path / "beat.log"):
            wait_until(lambda: _is_up(port), "the web server did not answer", seconds=60)
            yield Window(app, url, sink, valkey, working)


def _is_up(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@pytest.fixture
def unique(request: pytest.FixtureRequest) -> str:
    return f"{abs(hash(request.node.nodeid)) % 1_000_000:06}"


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a browser for one person: `visit(url, scripts=False, width=360)`. Each has her own cookies."""
    contexts: list[BrowserContext] = []

    def open_page(url: str, *, scripts: bool = True, width: int = 1280, **options: Any) -> Page:
        context = browser.new_context(
            java_script_enabled=scripts,
            viewport={"width": width, "height": 900},
            base_url=url,
            locale="fr-FR",
            timezone_id="Europe/Paris",
            **options,
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], list[str]]:
    """What axe-core finds wrong on a page, as « rule: elements »; it needs scripts, so a page without them is reopened."""
    source = AXE.read_text(encoding="utf-8")

    def examine(page: Page) -> list[str]:
        page.evaluate(source)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{violation['id']}: {', '.join(str(node['target']) for node in violation['nodes'][:3])}"
            for violation in found["violations"]
        ]

    return examine
