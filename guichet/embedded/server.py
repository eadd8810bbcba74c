"""What the two embedded servers share: one directory each, one owner at a time, a start that waits, a stop that is sure."""

import fcntl
import os
import shutil
import signal
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from guichet.embedded.child import Child, is_running, wait_until
from guichet.embedded.errors import AlreadyRunningError, EmbeddedError
from guichet.embedded.places import ENTER_ONLY, reachable_home, unprivileged_account

READY_WITHIN = 30.0
KEEPER_DIES_WITHIN = 1.0
ORPHAN_LEAVES_WITHIN = 8.0
# Directories whose server belongs to this very process: the lock file cannot tell two objects of one process apart.
_owned_here: set[Path] = set()


class EmbeddedServer(ABC):
    """A database server that lives in `directory` and dies with us.

    The lock on the directory is inherited by the server: it is free again only when the server itself is gone, even if we
    were killed before it. Raises EmbeddedError when it cannot start, AlreadyRunningError when another process owns it.
    """

    name: ClassVar[str]
    stop_signal: ClassVar[signal.Signals]

    def __init__(self, directory: Path | str, *, durable: bool = True) -> None:
        """`durable=False` trades the safety of the data for speed: for tests."""
        self.directory = Path(directory).absolute()
        self.durable = durable
        self._lock: int | None = None
        self._make_directory()
        self.account = unprivileged_account(self._data_of(self.directory))
        self.home = reachable_home(self.directory, self.account)
        self.data = self._data_of(self.home)
        self.child = Child(self.name, self.directory / "log", account=self.account, stop_signal=self.stop_signal)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self.child.pid

    @property
    def alive(self) -> bool:
        return self.child.alive

    def start(self) -> None:
        if self.alive:
            return
        self._claim()
        try:
            self._prepare()
            self._launch()
        except BaseException:
            self.stop()
            raise
        self._sign()

    def stop(self) -> None:
        """Stop it cleanly. Does nothing when it is not running."""
        self.child.stop()
        self._release()

    def kill(self) -> None:
        """Kill -9 it as a crash would; `start` brings it back."""
        self.child.kill()
        self._release()

    def erase(self) -> None:
        """Forget all its data. Raises AlreadyRunningError when it is in use."""
        self.stop()
        self._claim()
        try:
            for path in self._belongings():
                shutil.rmtree(path, ignore_errors=True)
        finally:
            self._release()

    def tail(self) -> str:
        return self.child.tail()

    @abstractmethod
    def _prepare(self) -> None:
        """Create the data and the settings when they are missing."""

    @abstractmethod
    def _launch(self) -> None:
        """Start the child and wait until it answers."""

    @abstractmethod
    def _is_ready(self) -> bool:
        """Whether the server answers now."""

    def _belongings(self) -> list[Path]:
        return [self.data]

    def _data_of(self, home: Path) -> Path:
        return home / "data"

    def _await_ready(self) -> None:
        wait_until(lambda: not self.alive or self._is_ready(), seconds=READY_WITHIN)
        if not (self.alive and self._is_ready()):
            raise EmbeddedError(f"{self.name} ne démarre pas. Fin de son journal :\n{self.tail()}")

    def _keep(self) -> list[int]:
        return [] if self._lock is None else [self._lock]

    def _make_directory(self) -> None:
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            owner = self.directory.stat()
            if os.geteuid() == 0 and owner.st_uid == 0:
                self.directory.chmod(ENTER_ONLY)
            for name in ("lock", "log"):
                path = self.directory / name
                path.touch(mode=0o600)
                if os.geteuid() == 0:
                    # Root lends a hand in somebody's clone: they must be able to go on without it.
                    os.chown(path, owner.st_uid, owner.st_gid)
        except PermissionError as error:
            raise EmbeddedError(
                f"{self.directory} appartient à un autre compte : supprimez ce dossier, ou reprenez son compte."
            ) from error

    def _claim(self) -> None:
        if self._lock is not None:
            return
        if self.directory in _owned_here:
            raise AlreadyRunningError(f"{self.name} tourne déjà dans {self.directory} (ce processus).")
        lock = os.open(self.directory / "lock", os.O_RDWR)
        try:
            self._acquire(lock)
        except BaseException:
            os.close(lock)
            raise
        self._lock = lock
        _owned_here.add(self.directory)
        self._sign()

    def _acquire(self, lock: int) -> None:
        """Wait for a server whose keeper was just killed to leave by itself, then end it; never disturb a living keeper."""
        if wait_until(lambda: _is_acquired(lock), seconds=KEEPER_DIES_WITHIN):
            return
        signatures = self._signatures()
        if keeper := next((pid for pid in signatures[:1] if pid != os.getpid() and is_running(pid)), None):
            raise AlreadyRunningError(f"{self.name} tourne déjà dans {self.directory} (processus {keeper}).")
        if wait_until(lambda: _is_acquired(lock), seconds=ORPHAN_LEAVES_WITHIN):
            return
        for server in signatures[1:]:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(server, signal.SIGKILL)
        if not wait_until(lambda: _is_acquired(lock), seconds=ORPHAN_LEAVES_WITHIN):
            raise AlreadyRunningError(f"{self.name} tourne encore dans {self.directory} : arrêtez-le d’abord.")

    def _sign(self) -> None:
        """Write who we are, and who our server is, for those who will find the lock taken."""
        server = self.pid if self.alive else ""
        (self.directory / "lock").write_text(f"{os.getpid()}\n{server}\n", encoding="ascii")

    def _signatures(self) -> list[int]:
        return [int(line) for line in (self.directory / "lock").read_text(encoding="ascii").split()]

    def _release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
            _owned_here.discard(self.directory)


def _is_acquired(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
