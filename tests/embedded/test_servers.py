"""What the application and the tests ask of the embedded servers."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
import sqlalchemy as sa
from celery import Celery
from limits import parse
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

from guichet.embedded import AlreadyRunningError, EmbeddedPostgres, EmbeddedValkey
from guichet.embedded.places import scratch_directory
from guichet.embedded.ports import free_port, is_free


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[EmbeddedPostgres, EmbeddedValkey]]:
    with (
        scratch_directory() as place,
        EmbeddedPostgres(place / "postgres", durable=False) as postgres,
        EmbeddedValkey(place / "valkey", durable=False) as valkey,
    ):
        yield postgres, valkey


@pytest.fixture(scope="module")
def own_postgres(pair: tuple[EmbeddedPostgres, EmbeddedValkey]) -> EmbeddedPostgres:
    return pair[0]


@pytest.fixture(scope="module")
def own_valkey(pair: tuple[EmbeddedPostgres, EmbeddedValkey]) -> EmbeddedValkey:
    return pair[1]


@pytest.fixture
def database(own_postgres: EmbeddedPostgres) -> Iterator[str]:
    own_postgres.create_database("a_database")
    yield "a_database"
    own_postgres.drop_database("a_database")


def plain_url(postgres: EmbeddedPostgres, database: str, role: str = "guichet") -> str:
    return postgres.url(database, role=role).replace("+psycopg", "")


def test_database_speaks_utf8_and_universal_time(own_postgres: EmbeddedPostgres, database: str) -> None:
    engine = sa.create_engine(own_postgres.url(database), poolclass=sa.NullPool)

    with engine.connect() as connection:
        row = connection.execute(
            sa.text("SELECT current_setting('server_encoding'), current_setting('timezone'), lower('ÉÇŒ')")
        ).one()

    assert tuple(row) == ("UTF8", "UTC", "éçœ")


def test_database_belongs_to_a_role_without_privileges(own_postgres: EmbeddedPostgres, database: str) -> None:
    with psycopg.connect(plain_url(own_postgres, database)) as connection:
        role = connection.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        owner = connection.execute(
            "SELECT datdba::regrole::text FROM pg_database WHERE datname = %s", [database]
        ).fetchone()

    assert role == (False, False, False)
    assert owner == ("guichet",)


def test_create_database_copies_its_template(own_postgres: EmbeddedPostgres, database: str) -> None:
    with psycopg.connect(plain_url(own_postgres, database)) as connection:
        connection.execute("CREATE TABLE thing AS SELECT 'réemploi' AS name")

    own_postgres.create_database("a_copy", template=database)

    with psycopg.connect(plain_url(own_postgres, "a_copy")) as connection:
        assert connection.execute("SELECT name FROM thing").fetchone() == ("réemploi",)
    own_postgres.drop_database("a_copy")
    assert not own_postgres.has_database("a_copy")


def test_postgres_listens_on_no_network(own_postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(plain_url(own_postgres, "postgres", "postgres")) as connection:
        assert connection.execute("SELECT current_setting('listen_addresses')").fetchone() == ("",)


def test_kill_then_start_keeps_data_and_address(place: Path) -> None:
    with EmbeddedPostgres(place / "postgres") as postgres, EmbeddedValkey(place / "valkey") as valkey:
        postgres.ensure_database()
        addresses = postgres.url(), valkey.url()
        with psycopg.connect(plain_url(postgres, "guichet")) as connection:
            connection.execute("CREATE TABLE thing AS SELECT 1 AS number")
        with valkey.client() as client:
            client.set("thing", 1)
            client.execute_command("WAITAOF", 1, 0, 5000)

        for server in (postgres, valkey):
            before = server.pid
            server.kill()
            assert not server.alive
            server.start()
            assert server.pid != before

        assert (postgres.url(), valkey.url()) == addresses
        with psycopg.connect(plain_url(postgres, "guichet")) as connection:
            assert connection.execute("SELECT number FROM thing").fetchone() == (1,)
        with valkey.client() as client:
            assert client.get("thing") == b"1"


def test_erase_forgets_the_data(place: Path) -> None:
    with EmbeddedPostgres(place, durable=False) as postgres:
        postgres.create_database("thing")

    postgres.erase()
    with postgres:
        assert not postgres.has_database("thing")


def test_second_server_of_a_folder_is_refused_in_the_same_process(own_postgres: EmbeddedPostgres) -> None:
    with pytest.raises(AlreadyRunningError):
        EmbeddedPostgres(own_postgres.directory).start()
    assert own_postgres.alive


def test_long_path_moves_the_socket_to_a_short_folder_and_leaves_nothing_there(place: Path) -> None:
    before = set(Path(tempfile.gettempdir()).glob("guichet-*"))
    deep = place / ("a" * 60) / ("b" * 60)
    deep.mkdir(parents=True)

    with EmbeddedPostgres(deep, durable=False) as postgres:
        assert postgres.has_database("postgres")

    assert set(Path(tempfile.gettempdir()).glob("guichet-*")) == before


def test_path_with_spaces_and_accents_is_accepted(place: Path) -> None:
    folder = place / "Été « deux »"

    with EmbeddedPostgres(folder / "p", durable=False) as postgres, EmbeddedValkey(folder / "v") as valkey:
        assert postgres.has_database("postgres")
        with valkey.client() as client:
            assert client.ping()


def test_valkey_refuses_who_has_no_password(own_valkey: EmbeddedValkey) -> None:
    with (
        redis.Redis(port=own_valkey.port, retry=Retry(NoBackoff(), 0)) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.get("anything")


def test_valkey_password_is_not_in_the_list_of_processes(own_valkey: EmbeddedValkey) -> None:
    password = own_valkey.url().split(":")[2].partition("@")[0]
    command_line = Path(f"/proc/{own_valkey.pid}/cmdline").read_text()

    assert len(password) > 20
    assert password not in command_line


def test_valkey_address_serves_queue_and_rate_limits(own_valkey: EmbeddedValkey) -> None:
    celery = Celery("probe", broker=own_valkey.url(1))
    celery.conf.update(task_ignore_result=True)
    celery.send_task("a.task")
    limiter = FixedWindowRateLimiter(storage_from_string(own_valkey.url(1)))

    taken = [limiter.hit(parse("2/minute"), "somebody") for _ in range(3)]

    assert taken == [True, True, False]
    with own_valkey.client(1) as client:
        assert client.llen("celery") == 1
    celery.close()


def test_valkey_gets_another_port_when_its_first_choice_is_taken(
    place: Path, own_valkey: EmbeddedValkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    choices = iter([own_valkey.port, free_port()])
    monkeypatch.setattr("guichet.embedded.valkey.free_port", lambda: next(choices))

    with EmbeddedValkey(place, durable=False) as valkey:
        assert valkey.port != own_valkey.port
        with valkey.client() as client:
            assert client.ping()


def test_free_port_is_outside_the_range_of_outgoing_connections() -> None:
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    port = free_port()

    assert port < first
    assert is_free(port)
