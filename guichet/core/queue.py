"""Asking the worker for a task, by name, after the commit, without ever making a person wait for the broker.

What must not be lost is a row in the database (outbox message, queued e-mail); a nudge only makes it leave
sooner, and the scheduler's sweep replaces a nudge that was lost. So the nudge leaves from a thread of its own:
a broker that is down, or worse, that accepts and never answers, costs the request nothing.
"""

import atexit
import contextlib
import logging
import queue
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass

from celery import current_app

from guichet.core.transaction import after_commit

log = logging.getLogger(__name__)

Nudge = tuple[str, tuple[str, ...]]


class Nudger:
    """A thread that hands nudges to the broker, one at a time; it forgets them when the broker does not answer."""

    def __init__(self, capacity: int = 1000) -> None:
        self._waiting: queue.Queue[Nudge] = queue.Queue(maxsize=capacity)
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def put(self, task: str, *arguments: str) -> None:
        self._start()
        try:
            self._waiting.put_nowait((task, arguments))
        except queue.Full:
            log.warning("nudge dropped, the sweep will do", extra={"task": task})

    def flush(self, seconds: float = 2.0) -> None:
        """Give waiting nudges a short chance to leave before the process ends."""
        if self._thread is None or not self._thread.is_alive():
            return
        done = threading.Event()

        def wait() -> None:
            self._waiting.join()
            done.set()

        threading.Thread(target=wait, daemon=True).start()
        done.wait(seconds)

    def _start(self) -> None:
        # The thread is started lazily: a forked server process has lost its parent's.
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="nudger", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            task, arguments = self._waiting.get()
            try:
                current_app.send_task(task, args=arguments, retry=False, ignore_result=True)
            except Exception as problem:  # noqa: BLE001 - whatever the broker's client raises, the sweep takes over
                log.warning("broker did not take the nudge", extra={"task": task, "error": type(problem).__name__})
            finally:
                self._waiting.task_done()


nudger = Nudger()
atexit.register(nudger.flush)


@dataclass(frozen=True)
class _AfterCommitNudge:
    """Compares by value, so that a hundred events of one transaction nudge the worker once."""

    task: str
    arguments: tuple[str, ...]

    def __call__(self) -> None:
        held = _held.get()
        if held is None:
            nudger.put(self.task, *self.arguments)
        else:
            held.append(self.task)


_held: ContextVar[list[str] | None] = ContextVar("nudges_held", default=None)


@contextlib.contextmanager
def nudges_held() -> Iterator[list[str]]:
    """Keep the names of the tasks asked for inside the block, and nudge nobody: the caller does the worker's part."""
    tasks: list[str] = []
    token = _held.set(tasks)
    try:
        yield tasks
    finally:
        _held.reset(token)


def enqueue(task: str, *arguments: str) -> None:
    """Ask for `task` once the current unit of work is committed."""
    after_commit(_AfterCommitNudge(task, arguments))
