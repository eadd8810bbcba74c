"""Figures for Prometheus: read from the database at each scrape, so that every process tells the same."""

import datetime as dt

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST as CONTENT_TYPE

from guichet.supervision.queries import Backlog

__all__ = ["CONTENT_TYPE", "exposition"]


def exposition(backlog: Backlog) -> bytes:
    """The backlog in Prometheus's text format; an age is 0 when nothing waits."""
    registry = CollectorRegistry()
    for name, help_text, value in (
        ("guichet_outbox_pending", "Messages waiting in the outbox", backlog.messages_pending),
        ("guichet_outbox_dead", "Messages that failed for good", backlog.messages_dead),
        ("guichet_outbox_oldest_seconds", "Age of the oldest waiting message", _seconds(backlog.oldest_message)),
        ("guichet_email_queued", "E-mails waiting to leave", backlog.emails_queued),
        ("guichet_email_failed", "E-mails refused for good", backlog.emails_failed),
        ("guichet_email_oldest_seconds", "Age of the oldest waiting e-mail", _seconds(backlog.oldest_email)),
        ("guichet_worker_silence_seconds", "Time since the worker was seen", _seconds(backlog.worker_seen)),
    ):
        Gauge(name, help_text, registry=registry).set(value)
    return generate_latest(registry)


def _seconds(age: dt.timedelta | None) -> float:
    return 0.0 if age is None else age.total_seconds()
