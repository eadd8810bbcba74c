"""What the person who starts the demonstration sees: one line a step, ticked, with its seconds."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def step(words: str) -> Iterator[None]:
    started = time.monotonic()
    if sys.stdout.isatty():
        print(f"  … {words}", end="\r", flush=True)
    try:
        yield
    except BaseException:
        print(f"  ✗ {words}", flush=True)
        raise
    seconds = f"{time.monotonic() - started:.1f}".replace(".", ",")
    print(f"  ✓ {words} ({seconds} s)", flush=True)
