"""One child process: a session of its own, a log, and the certainty that it does not outlive us."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from guichet.embedded.places import Account

PR_SET_PDEATHSIG = 1
LARGEST_LOG = 1_000_000
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class Child:
    """Start it, stop it gently then firmly, or kill it; may be started again."""

    def __init__(
        self,
        name: str,
        log: Path,
        *,
        account: Account | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        patience: float = 15,
    ) -> None:
        """`account` is who runs it (we must be root); `patience` is the time left to stop gently, in seconds."""
        self.name = name
        self.log = log
        self._account = account
        self._stop_signal = stop_signal
        self._patience = patience
        self._process: subprocess.Popen[bytes] | None = None

    def start(
        self,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        keep: Sequence[int] = (),
    ) -> None:
        """Run `command` with nothing but `env`. `keep` are the file descriptors it inherits."""
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.unlink()
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [str(part) for part in command],
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=tuple(keep),
                preexec_fn=die_with_parent(self._stop_signal),  # noqa: PLW1509 - it makes two system calls, nothing more
                **(self._account.for_popen() if self._account else {}),
            )

    @property
    def pid(self) -> int:
        """Raises LookupError when it was never started."""
        if self._process is None:
            raise LookupError(self.name)
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """None while it lives; negative for the signal that ended it."""
        return self._process.poll() if self._process else None

    def signal_stop(self) -> None:
        """Ask it to stop, without waiting."""
        if self.alive:
            with suppress(ProcessLookupError):
                os.kill(self.pid, self._stop_signal)

    def stop(self) -> None:
        """Ask it to stop, wait, then kill it with its descendants."""
        self.signal_stop()
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(self._patience)
        self.kill()

    def kill(self) -> None:
        """Kill -9 it, its session and its own children, at once."""
        if self._process is None:
            return
        # Listed before: once it is dead they belong to somebody else. PostgreSQL's leave the session at birth.
        offspring = children_of(self._process.pid) if self.alive else []
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        for pid in offspring:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def tail(self, lines: int = 20) -> str:
        """The end of its log."""
        try:
            with self.log.open(encoding="utf-8", errors="replace") as text:
                return "".join(deque(text, maxlen=lines)).rstrip()
        except OSError:
            return ""


def children_of(pid: int) -> list[int]:
    """Process identifiers of its direct children; empty where /proc is not to be read."""
    others = [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]
    return [other for other in others if _state_and_parent(other)[1] == pid]


def is_running(pid: int) -> bool:
    """Whether that process works; a dead one that nobody buried yet does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _state_and_parent(pid)[0] != "Z"


def _state_and_parent(pid: int) -> tuple[str, int]:
    try:
        # The name, in brackets, may hold spaces and brackets: what follows the last one is regular.
        state, parent = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
    except OSError:
        return "", 0
    return state, int(parent)


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Whether `condition` became true in that time."""
    deadline = time.monotonic() + seconds
    pause = 0.01
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
        pause = min(pause * 1.5, 0.2)
    return True


def die_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    """Linux sends `stop_signal` to the child when we die, even by kill -9."""
    if _libc is None:
        return None
    library, parent = _libc, os.getpid()

    def hook() -> None:
        library.prctl(PR_SET_PDEATHSIG, int(stop_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return hook
