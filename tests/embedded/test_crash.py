"""Two clones at once, a crash, a stale lock: the servers come back with their data, or say why not."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from guichet.embedded import AlreadyRunningError, EmbeddedError, EmbeddedPostgres, EmbeddedValkey
from guichet.embedded.child import children_of, is_running, wait_until

SCRIPT = Path(__file__).parent / "own_process.py"
ROOT = SCRIPT.parents[2]
Keeper = Callable[[Path], tuple[subprocess.Popen[str], dict[str, Any]]]


@pytest.fixture
def keeper() -> Iterator[Keeper]:
    """Start both servers of a folder in another process, which keeps them until it is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(place: Path) -> tuple[subprocess.Popen[str], dict[str, Any]]:
        process = subprocess.Popen([sys.executable, SCRIPT, "wait", place], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout
        return process, json.loads(process.stdout.readline())

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


def visits(place: Path) -> tuple[int, int]:
    """Starts both servers again, here; how many visits each remembers."""
    with EmbeddedPostgres(place / "postgres") as postgres, EmbeddedValkey(place / "valkey") as valkey:
        with psycopg.connect(postgres.url().replace("+psycopg", "")) as connection:
            rows = connection.execute("SELECT count(*) FROM visit").fetchone()
        with valkey.client() as client:
            remembered: Any = client.get("visits")
        return rows[0] if rows else 0, int(remembered)


def test_two_folders_run_at_the_same_time(place: Path, keeper: Keeper) -> None:
    _, first = keeper(place / "one")
    _, second = keeper(place / "two")

    assert (first["rows"], second["rows"]) == (1, 1)
    assert (first["visits"], second["visits"]) == (1, 1)


def test_start_is_refused_while_another_process_runs_the_folder(place: Path, keeper: Keeper) -> None:
    process, _ = keeper(place)

    with pytest.raises(AlreadyRunningError, match=str(process.pid)):
        EmbeddedPostgres(place / "postgres").start()
    with pytest.raises(AlreadyRunningError, match=str(process.pid)):
        EmbeddedValkey(place / "valkey").erase()


def test_servers_leave_when_their_keeper_is_killed_and_data_is_kept(place: Path, keeper: Keeper) -> None:
    process, facts = keeper(place)

    process.kill()

    assert wait_until(lambda: not (is_running(facts["postgres"]) or is_running(facts["valkey"])), seconds=20)
    assert visits(place) == (1, 1)


def test_start_right_after_a_kill_waits_for_the_orphans(place: Path, keeper: Keeper) -> None:
    process, _ = keeper(place)

    process.kill()

    assert visits(place) == (1, 1)


def test_data_is_kept_when_everything_is_killed_at_once(place: Path, keeper: Keeper) -> None:
    process, facts = keeper(place)
    backends = children_of(facts["postgres"])
    assert backends

    process.kill()
    for pid in (facts["postgres"], facts["valkey"], *backends):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    assert visits(place) == (1, 1)


def test_start_ignores_a_stale_number_that_another_process_took(place: Path) -> None:
    with EmbeddedPostgres(place) as postgres:
        lines = (postgres.data / "postmaster.pid").read_text().splitlines()
        postgres.kill()
        # As after a restart of the machine: the number now belongs to somebody else, here ourselves.
        (postgres.data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

        postgres.start()

        assert not postgres.has_database("nowhere")


def test_start_begins_again_after_an_interrupted_creation(place: Path) -> None:
    half_made = place / "data.new"
    half_made.mkdir()
    (half_made / "PG_VERSION").write_text("18\n")

    with EmbeddedPostgres(place, durable=False) as postgres:
        assert postgres.has_database("postgres")

    assert not half_made.exists()


def test_start_failure_shows_the_end_of_the_log(place: Path) -> None:
    with EmbeddedPostgres(place, durable=False) as postgres:
        data = postgres.data
    (data / "global" / "pg_control").unlink()

    with pytest.raises(EmbeddedError, match="pg_control"):
        EmbeddedPostgres(place, durable=False).start()
