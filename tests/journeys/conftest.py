"""A whole window for a browser: web server, worker, scheduler and mail server as processes, on a database of its own."""

import http.client
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from guichet.embedded import EmbeddedValkey
from guichet.embedded.ports import free_port
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


@pytest.fixture
def window(own_app: Callable[..., Flask], folder: Path, tmp_path: Path, unique: str) -> Iterator[Window]:
    """Web (two gunicorn workers), Celery worker, scheduler, Valkey and SMTP server: all real, all its own."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with EmbeddedValkey(folder / f"valkey-{unique}", durable=False) as valkey, Sink() as sink:
        app = own_app(BASE_URL=url, MAIL_URL=sink.url, REDIS_URL=valkey.url(0))
        environment = app.extensions["environment"]
        web = Process(
            "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers=2", "--threads=4", "wsgi:app",
            environment=environment, log=tmp_path / "web.log",
        )  # fmt: skip
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
