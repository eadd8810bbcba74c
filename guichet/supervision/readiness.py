"""Whether the window can work: database, broker, worker, outbox, migrations."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from guichet.core.db import db
from guichet.documents import antivirus
from guichet.supervision import queries

WORKER_SILENCE = dt.timedelta(seconds=60)
OLDEST_MESSAGE = dt.timedelta(minutes=10)
MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def readiness(redis_url: str, clamd_url: str = "") -> tuple[bool, dict[str, Any]]:
    """Whether everything works, and the state of each part: {"ok": bool, …} by name."""
    report = {
        "database": _checked(_database),
        "migrations": _checked(_migrations),
        "broker": _checked(lambda: _broker(redis_url)),
        **_backlog(),
    }
    if clamd_url:
        report["antivirus"] = _checked(lambda: _antivirus(clamd_url))
    return all(part["ok"] for part in report.values()), report


def _checked(check: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return {"ok": True, **check()}
    except Exception as problem:  # noqa: BLE001 - whatever fails, the answer is that this part does not work
        db.session.rollback()
        # The class alone: a message may hold an address with its password.
        return {"ok": False, "error": type(problem).__name__}


def _database() -> dict[str, Any]:
    db.session.execute(sa.text("SELECT 1"))
    return {}


def _migrations() -> dict[str, Any]:
    head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    current = db.session.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return {"ok": current == head, "current": current, "head": head}


def _broker(redis_url: str) -> dict[str, Any]:
    with redis.Redis.from_url(redis_url, socket_connect_timeout=0.5, socket_timeout=0.5) as client:
        client.ping()
    return {}


def _antivirus(clamd_url: str) -> dict[str, Any]:
    waiting = {"waiting": queries.files_in_trouble().to_scan}
    try:
        antivirus.ping(clamd_url)
    except antivirus.AntivirusAway as problem:
        # Nothing is lost and people go on working: their files wait.
        return {"ok": False, "error": str(problem), **waiting}
    return waiting


def _backlog() -> dict[str, dict[str, Any]]:
    state = _checked(lambda: {"backlog": queries.backlog()})
    backlog = state.get("backlog")
    if backlog is None:
        return {"worker": state, "outbox": state}
    seen, oldest = backlog.worker_seen, backlog.oldest_message
    return {
        "worker": {
            "ok": seen is not None and seen < WORKER_SILENCE,
            "seen_seconds_ago": None if seen is None else round(seen.total_seconds()),
        },
        "outbox": {
            "ok": oldest is None or oldest < OLDEST_MESSAGE,
            "pending": backlog.messages_pending,
            "dead": backlog.messages_dead,
            "oldest_seconds": None if oldest is None else round(oldest.total_seconds()),
        },
    }
