"""What an operator runs first when something is wrong: each part tried for real, and what to do about it."""

import datetime as dt
import io
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from guichet.config import Settings, SettingsError, read_settings
from guichet.core.db import db
from guichet.documents import storage
from guichet.notifications.smtp import Mailer, ServerUnavailable
from guichet.supervision.readiness import readiness

CLOCK_SKEW = dt.timedelta(seconds=5)

ADVICE = {
    "database": "start PostgreSQL, or correct DATABASE_URL",
    "migrations": "run `flask --app wsgi db upgrade`",
    "broker": "start Valkey or Redis, or correct REDIS_URL; e-mails wait meanwhile, nothing is lost",
    "worker": "start `celery -A worker:celery worker` and `celery -A worker:celery beat`",
    "antivirus": "start clamd, or correct CLAMD_URL; files wait meanwhile, nothing is lost",
    "outbox": "see /supervision/messages, correct the cause, then retry",
}


@dataclass(frozen=True)
class Finding:
    part: str
    words: str
    ok: bool


def settings_findings(environment: Mapping[str, str]) -> list[Finding]:
    """One finding for each setting that is missing or weak; a single good one when all hold."""
    try:
        read_settings(environment)
    except SettingsError as problem:
        return [Finding("settings", line, ok=False) for line in str(problem).splitlines()]
    return [Finding("settings", "complete", ok=True)]


def examine(settings: Settings) -> list[Finding]:
    """Try every part that the application leans on. Needs an application context."""
    _, report = readiness(settings.redis_url, settings.clamd_url)
    findings = [
        Finding(part, "works" if state["ok"] else ADVICE[part], ok=state["ok"]) for part, state in report.items()
    ]
    return [
        *findings,
        _tried("mail", lambda: _mail(settings), "start the mail server, or correct MAIL_URL"),
        _tried("storage", _storage, "make the folder or the bucket of STORAGE_URL writable by this account"),
        _tried("clock", _clock, "set this machine's clock by NTP: deadlines are judged by it"),
    ]


def _tried(part: str, check: Callable[[], None], advice: str) -> Finding:
    try:
        check()
    except (OSError, sa.exc.SQLAlchemyError, ServerUnavailable, ValueError) as problem:
        return Finding(part, f"{type(problem).__name__}: {advice}", ok=False)
    return Finding(part, "works", ok=True)


def _mail(settings: Settings) -> None:
    mailer = Mailer(settings.mail_url, settings.mail_from)
    try:
        mailer.greet()
    finally:
        mailer.close()


def _storage() -> None:
    probe, written = uuid.uuid4(), b"guichet"
    storage.save(probe, io.BytesIO(written))
    try:
        if b"".join(storage.read(probe)) != written:
            raise ValueError("the storage gives back something else than what was written")
    finally:
        storage.delete(probe)


def _clock() -> None:
    there = db.session.scalar(sa.select(sa.func.clock_timestamp()))
    if there is None or abs(dt.datetime.now(dt.UTC) - there) > CLOCK_SKEW:
        raise ValueError("the database's clock and this machine's differ")
