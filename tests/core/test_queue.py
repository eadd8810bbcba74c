"""Nudges to the worker: after the commit, once, and never at the cost of the request."""

import json
import os
import queue
import signal
import statistics
import threading
import time

import pytest
from celery import current_app

from guichet.accounts.models import Account
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.core.queue import Nudger, enqueue, nudger, nudges_held
from guichet.core.transaction import unit_of_work
from guichet.embedded import EmbeddedValkey
from guichet.extensions import limiter
from guichet.outbox.models import OutboxMessage
from tests.factories.accounts import make_account

SOON = 10.0


def wait_until(condition, seconds=SOON):
    """Wait for `condition`; the pause only spares the processor."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        pause.wait(0.01)


@pytest.fixture
def left(session, monkeypatch):
    """What would leave for the broker."""
    nudges = []
    monkeypatch.setattr(nudger, "put", lambda *nudge: nudges.append(nudge))
    return nudges


def test_a_nudge_leaves_after_the_commit_and_once(left):
    with unit_of_work():
        enqueue("outbox.deliver_due")
        enqueue("outbox.deliver_due")
        enqueue("notifications.send_email", "a")
        enqueue("notifications.send_email", "b")
        assert left == []

    assert left == [("outbox.deliver_due",), ("notifications.send_email", "a"), ("notifications.send_email", "b")]


def test_held_nudges_are_told_to_the_caller_and_do_not_leave(left):
    with nudges_held() as asked, unit_of_work():
        enqueue("outbox.deliver_due")
    with unit_of_work():
        enqueue("audit.seal")

    assert asked == ["outbox.deliver_due"]
    assert left == [("audit.seal",)]


def test_a_nudge_does_not_leave_when_the_use_case_fails(left):
    def use_case():
        enqueue("outbox.deliver_due")
        raise RuleBroken("Non.")

    with pytest.raises(RuleBroken), unit_of_work():
        use_case()

    assert left == []


@pytest.fixture
def broker(folder):
    with EmbeddedValkey(folder / "broker", durable=False) as server:
        yield server
        if server.alive:
            os.kill(server.pid, signal.SIGCONT)


@pytest.fixture
def served(own_app, broker, app):
    """An application whose broker and counters are `broker`, put back afterwards as the other tests want it."""
    before = dict(vars(limiter))
    made = own_app(REDIS_URL=broker.url())
    made.testing = True
    yield made
    nudger.flush()
    vars(limiter).update(before)
    app.extensions["celery"].set_default()


def test_a_nudge_reaches_the_broker_by_name(served, broker):
    Nudger().put("outbox.deliver_due", "x")

    wait_until(lambda: broker.client().llen("celery") == 1)
    message = json.loads(broker.client().lindex("celery", 0))
    assert message["headers"]["task"] == "outbox.deliver_due"


def test_a_lost_nudge_does_not_end_the_thread(served, broker):
    own = Nudger()
    broker.kill()
    own.put("outbox.deliver_due")
    wait_until(lambda: own._waiting.unfinished_tasks == 0)

    broker.start()
    own.put("outbox.deliver_due")

    wait_until(lambda: broker.client().llen("celery") == 1)


def test_a_full_queue_drops_nudges_without_waiting(served, broker):
    own = Nudger(capacity=1)
    os.kill(broker.pid, signal.SIGSTOP)
    started = time.monotonic()
    for _ in range(200):
        own.put("outbox.deliver_due")

    assert time.monotonic() - started < 1
    assert own._waiting.full()
    os.kill(broker.pid, signal.SIGCONT)
    wait_until(lambda: broker.client().llen("celery") >= 1)


def test_flush_gives_up_on_a_hung_broker(served, broker):
    own = Nudger()
    os.kill(broker.pid, signal.SIGSTOP)
    own.put("outbox.deliver_due")
    started = time.monotonic()

    own.flush(0.2)

    assert 0.15 < time.monotonic() - started < 1.5
    os.kill(broker.pid, signal.SIGCONT)


def test_flush_without_any_nudge_returns_at_once():
    own = Nudger()
    started = time.monotonic()

    own.flush(5)

    assert time.monotonic() - started < 1
    with pytest.raises(queue.Empty):
        own._waiting.get_nowait()


class Visitor:
    """Asks for a password link, each time for another account: a request that counts, writes and publishes."""

    def __init__(self, app):
        self.app = app
        self.client = app.test_client()
        with app.app_context(), unit_of_work():
            self.emails = [make_account().email for _ in range(40)]

    def ask(self):
        """Seconds that the post took."""
        page = self.client.get("/mot-de-passe-oublie").get_data(as_text=True)
        token = page.split('name="csrf_token"', 1)[1].split('value="', 1)[1].split('"', 1)[0]
        data = {"csrf_token": token, "email": self.emails.pop()}
        started = time.perf_counter()
        answer = self.client.post("/mot-de-passe-oublie", data=data)
        spent = time.perf_counter() - started
        assert answer.status_code == 303
        return spent

    def owed(self):
        with self.app.app_context():
            return db.session.query(OutboxMessage).count()


@pytest.mark.parametrize("accident", ["killed", "stopped"])
def test_a_request_is_not_slowed_by_a_broker_that_is(served, broker, accident):
    visitor = Visitor(served)
    visitor.ask()
    usual = statistics.median(visitor.ask() for _ in range(9))
    before = visitor.owed()

    if accident == "killed":
        broker.kill()
    else:
        os.kill(broker.pid, signal.SIGSTOP)
    times = [visitor.ask() for _ in range(9)]

    assert statistics.median(times) - usual < 0.05
    assert max(times) - usual < 0.5
    assert visitor.owed() == before + 9

    if accident == "killed":
        broker.start()
    else:
        os.kill(broker.pid, signal.SIGCONT)
    wait_until(lambda: visitor.ask() and broker.client().llen("celery") > 0, seconds=20)


def test_sign_in_stays_limited_and_quick_without_the_counters_store(served, broker):
    with served.app_context(), unit_of_work():
        email = make_account(password=True).email
    client = served.test_client()
    broker.kill()

    def fail():
        page = client.get("/connexion").get_data(as_text=True)
        token = page.split('name="csrf_token"', 1)[1].split('value="', 1)[1].split('"', 1)[0]
        data = {"csrf_token": token, "email": email, "password": "au hasard tout le temps"}
        started = time.perf_counter()
        answer = client.post("/connexion", data=data)
        return answer.status_code, time.perf_counter() - started

    answers = [fail() for _ in range(11)]

    assert [status for status, _ in answers] == [422] * 10 + [429]
    assert statistics.median(spent for _, spent in answers) < 0.3
    with served.app_context():
        assert db.session.query(Account).filter_by(email=email).one().active
        assert current_app.conf.broker_transport_options["max_retries"] == 0
