"""The whole demonstration in one process tree: servers, data, web, worker, scheduler, mailbox; one Ctrl-C stops it all."""

import http.client
import importlib
import importlib.util
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

import flask_migrate
from flask import Flask

from guichet import create_app
from guichet.config import read_settings
from guichet.core.db import db
from guichet.demo import mailbox
from guichet.demo.accounts import ACCOUNTS, PASSWORD
from guichet.demo.instance import ROOT, Instance
from guichet.demo.steps import step
from guichet.embedded import EmbeddedError
from guichet.embedded.child import Child, wait_until
from guichet.embedded.ports import HOST, answers, is_free
from guichet.embedded.postgres import ROLE

READY_WITHIN = 60.0
WATCH_EVERY = 0.5
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Messages left by a stop of several days are late at the next start, and leave within seconds: no reason not to begin.
MAY_LAG = {"outbox"}


class DemoError(Exception):
    """Why the demonstration cannot start or go on, in words for the person who started it."""


class Stopped(BaseException):
    """Somebody asked the demonstration to stop."""


def run_demo(port: int, reset: bool = False, folder: Path = ROOT / "instance") -> int:
    """Run until Ctrl-C, a SIGTERM, or the death of a part. The exit code: 0 when asked to stop."""
    try:
        with _stop_on_signal(), ExitStack() as stack:
            _refuse_taken_port(port)
            watched = _start(stack, Instance(folder, port), reset=reset)
            _announce(port)
            _watch(watched)
    except Stopped:
        print("\nElle est arrêtée ; ses données restent dans instance/.", flush=True)
        return 0
    except (DemoError, EmbeddedError) as problem:
        print(f"\n{problem}", file=sys.stderr, flush=True)
        return 1


def _start(stack: ExitStack, instance: Instance, *, reset: bool) -> list[Child]:
    """Start every part in order, each stopped by `stack`. What must stay alive."""
    if reset:
        with step("Données précédentes effacées"):
            instance.erase()
    with step("PostgreSQL"):
        stack.enter_context(instance.postgres)
    with step("Valkey"):
        stack.enter_context(instance.valkey)
    app = _prepare_data(instance)
    parts = _parts(instance)
    stack.callback(_stop, parts)
    for part, command in parts:
        part.start(command, env=instance.environment(), cwd=ROOT)
    children = [part for part, _ in parts]
    with step("Courrier, site, tâches de fond"):
        _await(lambda: answers(instance.mail_port), children)
        _await(lambda: _answers_health(instance.port), children)
        _await(lambda: bool(app.extensions["celery"].control.ping(timeout=1)), children)
    with step("Vérification de l’ensemble"):
        # The scheduler's first beat comes ten seconds after its start: ask for one now.
        app.extensions["celery"].send_task("supervision.heartbeat")
        _await(lambda: not _faults(instance.port), children)
    return [*children, instance.postgres.child, instance.valkey.child]


def _prepare_data(instance: Instance) -> Flask:
    """Migrations, then the demonstration's data when it is not there."""
    if not instance.seeded.exists():
        instance.postgres.drop_database(ROLE)
        instance.forget_files()
    instance.postgres.ensure_database()
    app = create_app(read_settings(instance.environment()))
    with app.app_context():
        with step("Base de données à jour"):
            flask_migrate.upgrade(directory=str(ROOT / "migrations"))
        if not instance.seeded.exists():
            with step("Données de démonstration"):
                if importlib.util.find_spec("guichet.demo.seed"):
                    importlib.import_module("guichet.demo.seed").seed_demo()
            instance.seeded.touch()
        db.engine.dispose()
    return app


def _parts(instance: Instance) -> list[tuple[Child, list[str]]]:
    """The processes and their commands, in the order of their start."""
    python, celery = sys.executable, [sys.executable, "-m", "celery", "-A", "worker:celery"]
    web = [python, "-m", "gunicorn", "wsgi:app", "--bind", f"{HOST}:{instance.port}", "--workers", "2", "--preload"]
    web += ["--worker-class", "gthread", "--threads", "4", "--no-control-socket"]
    commands = {
        "mailbox": [python, "-P", mailbox.__file__, str(instance.mail_port), str(instance.mailbox)],
        "web": web,
        "worker": [
            *celery,
            "worker",
            "--concurrency",
            "2",
            "--loglevel",
            "INFO",
            "--without-gossip",
            "--without-mingle",
        ],
        "scheduler": [*celery, "beat", "--loglevel", "INFO"],
    }
    return [(Child(name, instance.log(name)), command) for name, command in commands.items()]


def _stop(parts: list[tuple[Child, list[str]]]) -> None:
    # All are asked at once, the last started first; then each is given its time.
    for part, _ in reversed(parts):
        part.signal_stop()
    for part, _ in reversed(parts):
        part.stop()


def _await(ready: Callable[[], bool], children: list[Child]) -> None:
    came = wait_until(lambda: _fallen(children) is not None or ready(), seconds=READY_WITHIN)
    _refuse_fallen(children)
    if not came:
        slow = "\n\n".join(f"Fin du journal de « {child.name} » ({child.log}) :\n{child.tail(5)}" for child in children)
        raise DemoError(f"La démonstration n’est pas prête après {READY_WITHIN:.0f} s.\n\n{slow}")


def _watch(children: list[Child]) -> NoReturn:
    while True:
        _refuse_fallen(children)
        time.sleep(WATCH_EVERY)


def _fallen(children: list[Child]) -> Child | None:
    return next((child for child in children if not child.alive), None)


def _refuse_fallen(children: list[Child]) -> None:
    if fallen := _fallen(children):
        raise DemoError(
            f"« {fallen.name} » s’est arrêté (code {fallen.exit_code}) : tout le reste est arrêté aussi.\n"
            f"Fin de son journal ({fallen.log}) :\n{fallen.tail()}"
        )


def _answers_health(port: int) -> bool:
    return _get(port, "/healthz")[0] == http.HTTPStatus.OK


def _faults(port: int) -> set[str]:
    """The parts that /readyz finds at fault."""
    status, body = _get(port, "/readyz")
    if status == http.HTTPStatus.OK:
        return set()
    try:
        report = json.loads(body)
        return {name for name, part in report.items() if isinstance(part, dict) and not part.get("ok")} - MAY_LAG
    except (ValueError, AttributeError):
        return {"web"}


def _get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def _refuse_taken_port(port: int) -> None:
    if not is_free(port):
        raise DemoError(
            f"Le port {port} est déjà pris, peut-être par une autre démonstration : essayez « make demo PORT={port + 1} »."
        )


def _announce(port: int) -> None:
    address = f"http://{HOST}:{port}"
    width = max(len(account.email) for account in ACCOUNTS)
    people = "\n".join(f"    {account.email:<{width}}  {account.duty}" for account in ACCOUNTS)
    print(
        f"\nLa démonstration est prête : {address}\n"
        f"  Courriels envoyés : {address}/boite-aux-lettres\n"
        f"  Mot de passe de tous les comptes : {PASSWORD}\n{people}\n"
        "  Ctrl-C arrête tout ; RESET=1 repart de zéro.",
        flush=True,
    )


@contextmanager
def _stop_on_signal() -> Iterator[None]:
    """The first Ctrl-C, SIGTERM or hang-up raises Stopped; the next ones let the stop go on."""

    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        for name in STOP_SIGNALS:
            signal.signal(name, signal.SIG_IGN)
        # Not print: the signal may have come in the middle of one.
        os.write(sys.stdout.fileno(), "\nArrêt de la démonstration…".encode())
        raise Stopped

    before = {name: signal.signal(name, stop) for name in STOP_SIGNALS}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
