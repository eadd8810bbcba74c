"""Real processes of the application, started and killed by tests."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from guichet.embedded.child import die_with_parent

ROOT = Path(__file__).parent.parent


def wait_until(condition: Callable[[], bool], failure: str, *, seconds: float = 30.0) -> None:
    """Wait for `condition`, asked often. Raises AssertionError with `failure` when it does not come."""
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, failure
        time.sleep(0.05)


class Process:
    """A command in a process group of its own, so that a kill takes its children too."""

    def __init__(self, *command: str, environment: Mapping[str, str], log: Path) -> None:
        self._command = [sys.executable, "-m", *command]
        self._environment = {**os.environ, **environment}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
                # A run that is itself killed leaves no server behind.
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - it makes two system calls, nothing more
            )

    def kill(self) -> None:
        """SIGKILL to the whole group: nobody gets to tidy up."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        self._signal(signal.SIGTERM)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        os.killpg(self._process.pid, number)
        self._process.wait(30)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()


def worker(environment: Mapping[str, str], log: Path) -> Process:
    """A Celery worker with two processes."""
    options = ("--concurrency=2", "--loglevel=WARNING", "--without-gossip", "--without-mingle")
    command = ("celery", "-A", "worker:celery", "worker", *options)
    return Process(*command, environment=environment, log=log)


def scheduler(environment: Mapping[str, str], log: Path) -> Process:
    """The clock that asks for the sweeps."""
    return Process("celery", "-A", "worker:celery", "beat", "--loglevel=WARNING", environment=environment, log=log)
