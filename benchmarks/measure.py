"""Repeating a piece of work and telling its times: p50 and p95 in milliseconds, requests a second, SQL statements."""

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

Work = Callable[[], float]


WARMUP = 3


def timed(*works: Work, runs: int) -> list[list[float]]:
    """The seconds of each of `runs`, for each of `works`, in turn: a busy moment of the machine weighs on all of them."""
    for work in works * WARMUP:
        work()
    rounds = [[work() for work in works] for _ in range(runs)]
    return [list(seconds) for seconds in zip(*rounds, strict=True)]


def summary(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    ninety_fifth = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return {"p50_ms": round(statistics.median(ordered) * 1000, 2), "p95_ms": round(ninety_fifth * 1000, 2)}


def rate(make_work: Callable[[], Work], clients: int, *, seconds: float = 3.0, runs: int | None = None) -> float:
    """How often a second `clients` at once do their work, each with its own connection: for `seconds`, or `runs` each."""
    works = [make_work() for _ in range(clients)]
    done = [0] * clients
    limit = time.perf_counter() + seconds
    failures: list[Exception] = []

    def run(number: int) -> None:
        try:
            while done[number] < runs if runs else time.perf_counter() < limit:
                works[number]()
                done[number] += 1
        except Exception as problem:  # noqa: BLE001 - a thread's failure must reach the report
            failures.append(problem)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return round(sum(done) / (time.perf_counter() - started), 1)


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """The SQL statements of the block, in this process, savepoints and transactions left out."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            seen.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
