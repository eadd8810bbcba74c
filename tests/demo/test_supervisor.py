"""`guichet demo`, as a person lives it: it starts, is stopped, resumes, and says which part fell."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from guichet.embedded import scratch_directory
from guichet.embedded.child import children_of, is_running, wait_until
from guichet.embedded.ports import HOST, free_port

ROOT = Path(__file__).resolve().parents[2]
RUN = """
import sys, pathlib
from guichet.demo.supervisor import run_demo

sys.exit(run_demo({port}, {reset}, pathlib.Path({folder!r})))
"""


@pytest.fixture(scope="module")
def instance() -> Iterator[Path]:
    with scratch_directory() as folder:
        yield folder / "instance"


class Demonstration:
    """One run, its output in a file."""

    def __init__(self, folder: Path, port: int, *, reset: bool = False) -> None:
        self.port = port
        self.output = folder.with_name(f"{folder.name}-{port}.out")
        # What the caller's shell says must not reach the demonstration.
        environment = {**os.environ, "DATABASE_URL": "postgresql://nobody@nowhere/nothing", "SECRET_KEY": "weak"}
        with self.output.open("w") as output:
            code = RUN.format(port=port, reset=reset, folder=str(folder))
            self.process = subprocess.Popen(
                [sys.executable, "-c", code], cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, env=environment
            )

    @property
    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def wait_ready(self) -> None:
        over = wait_until(lambda: "est prête" in self.said or self.process.poll() is not None, seconds=120)
        assert over, self.said
        assert self.process.poll() is None, self.said

    def tree(self) -> list[int]:
        """Every process of it."""
        found = [self.process.pid]
        for pid in found:
            found += children_of(pid)
        return found

    def child(self, words: str) -> int:
        """The process whose command line holds `words`."""
        return next(
            pid
            for pid in children_of(self.process.pid)
            if words in Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
        )

    def wait_end(self) -> int:
        return self.process.wait(60)

    def page(self, path: str) -> str:
        with urllib.request.urlopen(f"http://{HOST}:{self.port}{path}", timeout=10) as answer:
            return str(answer.read().decode())


@pytest.fixture
def run(instance: Path) -> Iterator[Callable[[], Demonstration]]:
    """Start a demonstration of the folder and wait until it is ready."""
    started: list[Demonstration] = []

    def start() -> Demonstration:
        started.append(Demonstration(instance, free_port()))
        started[-1].wait_ready()
        return started[-1]

    yield start
    for demonstration in started:
        demonstration.process.kill()
        demonstration.process.wait()


def test_demonstration_stops_whole_then_resumes_with_its_data(run: Callable[[], Demonstration], instance: Path) -> None:
    first = run()
    tree = first.tree()
    assert f"http://{HOST}:{first.port}" in first.said
    assert "porteur@demo.example" in first.said
    assert len(re.findall(r"^  ✓ .* \(\d+,\d s\)$", first.said, re.MULTILINE)) >= 5
    assert '"ready":true' in first.page("/readyz").replace(" ", "")

    first.process.send_signal(signal.SIGINT)

    assert first.wait_end() == 0
    assert [pid for pid in tree if is_running(pid)] == []

    second = run()

    assert "Données de démonstration" not in second.said
    assert '"ready":true' in second.page("/readyz").replace(" ", "")
    assert (instance / "secret-key").stat().st_mode & 0o777 == 0o600


def test_fallen_part_is_named_and_the_rest_stops(run: Callable[[], Demonstration]) -> None:
    demonstration = run()
    tree = demonstration.tree()

    os.kill(demonstration.child("worker:celery worker"), signal.SIGKILL)

    assert demonstration.wait_end() == 1
    assert "« worker » s’est arrêté (code -9)" in demonstration.said
    assert "ready." in demonstration.said
    assert wait_until(lambda: not any(map(is_running, tree)), seconds=10)


def test_others_are_refused_and_nothing_survives_a_killed_supervisor(
    run: Callable[[], Demonstration], instance: Path
) -> None:
    demonstration = run()

    same_folder = Demonstration(instance, free_port(), reset=True)
    assert same_folder.wait_end() == 1
    assert f"tourne déjà dans {instance}" in same_folder.said
    assert "Traceback" not in same_folder.said

    same_port = Demonstration(instance.with_name("elsewhere"), demonstration.port)
    assert same_port.wait_end() == 1
    assert f"Le port {demonstration.port} est déjà pris" in same_port.said
    assert f"PORT={demonstration.port + 1}" in same_port.said

    assert '"ready":true' in demonstration.page("/readyz").replace(" ", "")
    tree = demonstration.tree()
    demonstration.process.kill()
    assert wait_until(lambda: not any(map(is_running, tree[1:])), seconds=20)
