"""The house of the tests: a private PostgreSQL and Valkey for each process, one transaction rolled back for each test."""

import datetime as dt
import gc
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import celery
import flask_migrate
import pytest
import redis
import sqlalchemy as sa
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from xdist.scheduler import LoadScopeScheduling

from guichet import create_app
from guichet.accounts.models import Account
from guichet.config import Settings, read_settings
from guichet.core import clock
from guichet.core.db import db
from guichet.core.queue import nudger
from guichet.demo.seed import seed_demo
from guichet.embedded import EmbeddedPostgres, EmbeddedValkey
from guichet.embedded.ports import HOST, free_port
from guichet.extensions import limiter
from guichet.outbox import services as outbox
from guichet.outbox.models import MessageStatus, OutboxMessage

MIGRATIONS = Path(__file__).parent.parent / "migrations"
TEMPLATE = "guichet_template"


_IDENTIFIER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def pytest_make_parametrize_id(val: object) -> str | None:
    """A random identifier, or the hour inside a file, would differ from one process of the run to the other."""
    if isinstance(val, bytes):
        return "octets"
    return _IDENTIFIER.sub("identifiant", val) if isinstance(val, str) and _IDENTIFIER.search(val) else None


# Tests with browsers, servers and workers of their own: one process of the run takes them all, first, and leaves a core to the
# other; two at once would wait for one another. They also share the demonstration, which takes half a minute to make.
# Those that measure milliseconds are with them: never beside a browser.
LONG = (
    "tests/core/test_queue.py",
    "tests/demo/",
    "tests/embedded/",
    "tests/journeys/",
    "tests/notifications/test_resilience.py",
)


class Scheduler(LoadScopeScheduling):
    """Gives whole modules to the processes of the run, in order: what the tests of a module share is made once."""

    def _split_scope(self, nodeid: str) -> str:
        return "long" if nodeid.startswith(LONG) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduler:
    config.option.loadscopereorder = False
    return Scheduler(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The same order in every process: cases that come from a set would not have it."""
    items.sort(key=lambda item: (not item.nodeid.startswith(LONG), item.nodeid))


def pytest_collection_finish() -> None:
    """The modules and the cases live as long as the run: collecting garbage need not go through them again and again."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A folder of the run, short enough for Unix sockets and open to the account that the servers run under."""
    path = Path(tempfile.mkdtemp(prefix="guichet-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(folder: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(folder / "postgres", durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def valkey(folder: Path) -> Iterator[EmbeddedValkey]:
    with EmbeddedValkey(folder / "valkey", durable=False) as server:
        yield server


def environment_for(database_url: str, redis_url: str, folder: Path, **others: str) -> dict[str, str]:
    """What a process of the application needs in its environment."""
    return {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": "the-tests-need-no-secret-but-a-long-one",
        "BASE_URL": "http://localhost",
        # Nothing listens there: a test that sends mail starts its own server.
        "MAIL_URL": "smtp://127.0.0.1:9",
        "STORAGE_URL": (folder / "storage").as_uri(),
        **others,
    }


def settings_for(database_url: str, redis_url: str, folder: Path, **others: str) -> Settings:
    return read_settings(environment_for(database_url, redis_url, folder, **others))


@pytest.fixture(scope="session")
def template_database(postgres: EmbeddedPostgres, valkey: EmbeddedValkey, folder: Path) -> str:
    """A database brought to the head of the migrations once, to be copied in some 50 ms."""
    postgres.create_database(TEMPLATE)
    app = create_app(settings_for(postgres.url(TEMPLATE), valkey.url(0), folder))
    with app.app_context():
        flask_migrate.upgrade(directory=str(MIGRATIONS))
        db.engine.dispose()
    return TEMPLATE


@pytest.fixture(scope="session")
def app(template_database: str, postgres: EmbeddedPostgres, valkey: EmbeddedValkey, folder: Path) -> Iterator[Flask]:
    """The application, on a database whose tests are all rolled back."""
    postgres.create_database("guichet_tests", template=template_database)
    app = create_app(settings_for(postgres.url("guichet_tests"), valkey.url(0), folder))
    app.testing = True
    with app.app_context():
        yield app
        db.engine.dispose()


@pytest.fixture(autouse=True)
def no_session_left() -> Iterator[None]:
    """A session that a test leaves open would make the next tests fail: the test that left it fails instead."""
    yield
    if has_app_context() and db.session.registry.has():
        db.session.remove()
        pytest.fail("the test left a database session open in the context of the run")


@pytest.fixture
def session(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The session, inside an outer transaction that the test's end rolls back: commits become savepoints."""
    # A task that a test calls itself works in the last application made, be it another's: this one again.
    app.extensions["celery"].set_current()
    # Nudges would leave for a worker that no such test has.
    monkeypatch.setattr(nudger, "put", lambda *_: None)
    connection = db.engine.connect()
    transaction = connection.begin()
    db.session.configure(join_transaction_mode="create_savepoint")
    monkeypatch.setitem(db.engines, None, connection)
    yield db.session
    db.session.remove()
    transaction.rollback()
    connection.close()
    db.session.configure(join_transaction_mode="conditional_savepoint")


class Client(FlaskClient):
    """A client that first closes the test's own savepoint, so that what the page commits stays.

    Each request has an application context of its own, as in production: the person signed in, the token and the loaded
    objects of the test or of the request before are not its own.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        db.session.commit()
        with self.application.app_context():
            answer = super().open(*args, **kwargs)
        db.session.expire_all()
        return answer

    def csrf(self, url: str) -> str:
        """The CSRF token of the first form of a page."""
        text = self.get(url).get_data(as_text=True)
        return text.split('name="csrf_token"', 1)[1].split('value="', 1)[1].split('"', 1)[0]

    def send(self, url: str, data: dict[str, Any] | None = None, *, form_at: str | None = None, **kwargs: Any) -> Any:
        """Post a form as a browser does: with the token of the page that holds it (`form_at`, or the same address)."""
        token = self.csrf(form_at or url)
        return self.post(url, data={"csrf_token": token, **(data or {})}, **kwargs)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what tests recorded, such as a table of measures, in the processes of pytest-xdist too."""
    for report in (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")):
        for title, text in report.user_properties:
            terminalreporter.section(title)
            terminalreporter.write_line(str(text))


@pytest.fixture(scope="session")
def counters(valkey: EmbeddedValkey) -> redis.Redis:
    """Where requests are counted. Not through the limiter, which gives up on a server that is busy for 40 ms."""
    return valkey.client()


@pytest.fixture
def client_for(app: Flask, session: Any, counters: redis.Redis) -> Callable[[Account | None], Client]:
    """A browser for somebody: signed in as `account`, or as nobody; what earlier tests asked is not counted against it."""
    app.test_client_class = Client
    counters.flushdb()

    def make(account: Account | None = None) -> Client:
        client = app.test_client()
        if account is not None:
            with client.session_transaction() as cookie:
                cookie["_user_id"] = account.get_id()
                cookie["_fresh"] = True
        return client

    return make


@pytest.fixture(scope="session")
def demonstration(
    template_database: str, postgres: EmbeddedPostgres, valkey: EmbeddedValkey, folder: Path
) -> Iterator[Flask]:
    """The demonstration, filled once for the run: tests read it, and write nothing."""
    postgres.create_database("demonstration", template=template_database)
    others = {"BASE_URL": f"http://{HOST}:{free_port()}", "DEMO": "1", "DEMO_MAILBOX": str(folder / "mail")}
    environment = environment_for(postgres.url("demonstration"), valkey.url(1), folder, **others)
    app = create_app(read_settings(environment))
    app.extensions["environment"] = environment
    with app.app_context():
        seed_demo()
        db.session.remove()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def at() -> Iterator[Callable[[dt.datetime], None]]:
    """Stop the clock at an instant, until the end of the test."""
    with ExitStack() as stack:
        yield lambda moment: stack.enter_context(clock.travel_to(moment))


@pytest.fixture
def owed(session: Any) -> Callable[[], list[tuple[str, str]]]:
    """The (event, handler) pairs that the outbox still owes, sorted."""

    def pending() -> list[tuple[str, str]]:
        rows = db.session.execute(
            sa.select(OutboxMessage.kind, OutboxMessage.handler).where(OutboxMessage.status == MessageStatus.PENDING)
        )
        return sorted((kind, handler) for kind, handler in rows)

    return pending


@pytest.fixture
def run_outbox(session: Any) -> Callable[[], int]:
    """Deliver what the outbox owes, here and now; fails loudly when a handler does."""

    def deliver() -> int:
        delivered = outbox.deliver_all_due()
        failed = db.session.scalars(sa.select(OutboxMessage.last_error).where(OutboxMessage.last_error != "")).all()
        assert failed == []
        db.session.expire_all()
        return delivered

    return deliver


@pytest.fixture
def own_app(
    template_database: str, postgres: EmbeddedPostgres, valkey: EmbeddedValkey, folder: Path
) -> Iterator[Callable[..., Flask]]:
    """Make an application on a database of its own, really committed: for races, workers and browsers."""
    made: list[Flask] = []
    # One object counts requests for all applications of the process: it must not stay tied to a server of this test.
    counters = vars(limiter).copy()
    # Nor must Celery's tasks stay tied to an application of this test.
    before = celery.current_app._get_current_object()

    def make(**others: str) -> Flask:
        name = f"own_{len(made)}_{dt.datetime.now(dt.UTC).timestamp():.6f}".replace(".", "_")
        postgres.create_database(name, template=template_database)
        environment = environment_for(postgres.url(name), others.pop("REDIS_URL", valkey.url(0)), folder, **others)
        made.append(create_app(read_settings(environment)))
        # For the processes that a test starts beside this one.
        made[-1].extensions["environment"] = environment
        return made[-1]

    yield make
    vars(limiter).update(counters)
    before.set_current()
    before.set_default()
    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


class Statements(list[str]):
    """SQL statements run inside the block of the `statements` fixture."""


@pytest.fixture
def statements(session: Any) -> Iterator[Statements]:
    """What the database was asked since the test began; clear() it before the page to be measured."""
    seen = Statements()

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            seen.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(sa.Engine, "before_cursor_execute", note)
