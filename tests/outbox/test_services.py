"""The outbox: what is owed to whom, delivered once, tried again, given up loudly."""

import datetime as dt
import threading
import uuid
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from guichet.accounts.models import Organisation, Role
from guichet.audit.models import AuditEntry
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.core.queue import nudger
from guichet.core.transaction import unit_of_work
from guichet.outbox import registry, services
from guichet.outbox.events import Event
from guichet.outbox.models import MessageStatus, OutboxMessage
from tests.factories.accounts import make_account, make_ministry

S = MessageStatus
MINUTE = dt.timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Happened(Event):
    subject_id: uuid.UUID
    on: dt.date
    amount: int


@dataclass(frozen=True, kw_only=True)
class Ignored(Event):
    pass


class Handlers:
    """What was handed over; `failing` makes the second handler refuse after it changed something."""

    def __init__(self):
        self.received = []
        self.failing = False

    def first(self, event):
        self.received.append(("first", event))
        make_ministry(f"Fait par first {event.event_id}")

    def second(self, event):
        self.received.append(("second", event))
        make_ministry(f"Fait par second {event.event_id}")
        db.session.flush()
        if self.failing:
            raise RuntimeError("le monde va mal")


@pytest.fixture
def handlers(monkeypatch):
    made = Handlers()
    monkeypatch.setattr(registry, "_subscriptions", {})
    registry.subscribe({Happened: {"first": made.first, "second": made.second}})
    return made


def happen(**columns):
    event = Happened(subject_id=uuid.uuid4(), on=dt.date(2026, 11, 23), amount=12, **columns)
    with unit_of_work():
        services.publish(event)
    return event


def messages(session):
    return session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.handler)).all()


def effects(session):
    return sorted(session.scalars(sa.select(sa.func.split_part(Organisation.name, " ", 3))).all())


def test_an_event_is_owed_to_each_of_its_handlers(session, handlers):
    event = happen()

    rows = messages(session)
    assert [(row.event_id, row.kind, row.handler, row.status) for row in rows] == [
        (event.event_id, "Happened", "first", S.PENDING),
        (event.event_id, "Happened", "second", S.PENDING),
    ]
    assert rows[0].payload == {
        "event_id": str(event.event_id),
        "subject_id": str(event.subject_id),
        "on": "2026-11-23",
        "amount": 12,
    }


def test_an_event_nobody_cares_about_leaves_nothing(session, handlers, monkeypatch):
    nudges = []
    monkeypatch.setattr(nudger, "put", lambda *nudge: nudges.append(nudge))

    with unit_of_work():
        services.publish(Ignored())

    assert messages(session) == []
    assert nudges == []


def test_many_events_of_one_use_case_nudge_the_worker_once(session, handlers, monkeypatch):
    nudges = []
    monkeypatch.setattr(nudger, "put", lambda *nudge: nudges.append(nudge))

    with unit_of_work():
        for _ in range(100):
            services.publish(Happened(subject_id=uuid.uuid4(), on=dt.date(2026, 1, 1), amount=1))

    assert nudges == [("outbox.deliver_due",)]


def test_a_use_case_that_fails_takes_its_event_back(session, handlers):
    def use_case():
        services.publish(Happened(subject_id=uuid.uuid4(), on=dt.date(2026, 1, 1), amount=1))
        raise RuleBroken("Non.")

    with pytest.raises(RuleBroken), unit_of_work():
        use_case()

    assert messages(session) == []


def test_the_same_event_is_not_owed_twice(session, handlers):
    event = happen()

    with pytest.raises(IntegrityError, match="uq_outbox_message_event_id_handler"), unit_of_work():
        services.publish(event)


def test_delivery_hands_over_the_event_as_it_was(session, handlers):
    event = happen()

    assert services.deliver_all_due() == 2

    assert sorted(handlers.received, key=lambda pair: pair[0]) == [("first", event), ("second", event)]
    assert [(row.status, row.done_at is not None) for row in messages(session)] == [(S.DONE, True)] * 2
    assert effects(session) == ["first", "second"]


def test_what_was_delivered_is_not_delivered_again(session, handlers):
    happen()
    services.deliver_all_due()

    assert services.deliver_all_due() == 0
    assert services.deliver(messages(session)[0].id) is False
    assert len(handlers.received) == 2


def test_a_handler_that_fails_keeps_nothing_and_delays_nobody_else(session, handlers):
    handlers.failing = True
    happen()

    assert services.deliver_all_due() == 1

    first, second = messages(session)
    assert (first.status, second.status) == (S.DONE, S.PENDING)
    assert second.attempts == 1
    assert second.last_error == "RuntimeError: le monde va mal"
    assert effects(session) == ["first"]


def test_a_failure_waits_twice_as_long_each_time_then_waits_for_a_human(session, handlers, at):
    handlers.failing = True
    now = clock.now()
    at(now)
    happen()
    waits = []
    for attempt in range(1, services.MOST_ATTEMPTS + 1):
        services.deliver_all_due()
        message = messages(session)[1]
        assert message.attempts == attempt
        waits.append((message.next_attempt_at - clock.now()) / MINUTE)
        at(message.next_attempt_at)

    assert waits == [1, 2, 4, 8, 16, 32, 64, 128]
    assert message.status is S.DEAD
    assert services.deliver_all_due() == 0


def test_a_message_is_not_tried_before_its_hour(session, handlers, at):
    handlers.failing = True
    now = clock.now()
    at(now)
    happen()
    services.deliver_all_due()
    handlers.failing = False

    at(now + MINUTE - dt.timedelta(seconds=1))
    assert services.deliver_all_due() == 0
    at(now + MINUTE)
    assert services.deliver_all_due() == 1
    assert messages(session)[1].status is S.DONE


@pytest.mark.parametrize(
    "change",
    [{"kind": "Forgotten"}, {"handler": "forgotten"}, {"payload": {"nonsense": 1}}, {"payload": {"subject_id": "x"}}],
)
def test_a_message_that_no_code_understands_is_a_failure_like_another(session, handlers, change):
    happen()
    message = messages(session)[0]
    for name, value in change.items():
        setattr(message, name, value)
    session.flush()

    services.deliver_all_due()

    kept = session.get(OutboxMessage, message.id)
    assert (kept.status, kept.attempts) == (S.PENDING, 1)
    assert kept.last_error != ""


def test_an_endless_error_is_cut(session, handlers, monkeypatch):
    def shout(_event):
        raise RuntimeError("x" * 10_000)

    registry.subscribe({Happened: {"first": shout}})
    happen()

    services.deliver_all_due()

    assert len(messages(session)[0].last_error) == 2000


def test_more_than_a_batch_is_delivered_in_one_go(session, handlers):
    registry.subscribe({Happened: {"first": handlers.received.append}})
    with unit_of_work():
        for _ in range(services.BATCH + 30):
            services.publish(Happened(subject_id=uuid.uuid4(), on=dt.date(2026, 1, 1), amount=1))

    assert services.deliver_all_due() == services.BATCH + 30


def test_a_human_gives_a_dead_message_another_round(session, handlers, at):
    actor = make_account(Role.ADMIN)
    happen()
    message = messages(session)[0]
    message.status, message.attempts, message.last_error = S.DEAD, 8, "RuntimeError: x"
    session.commit()

    with unit_of_work():
        services.retry(message, actor=actor)

    assert (message.status, message.attempts) == (S.PENDING, 0)
    assert message.next_attempt_at <= clock.now()
    [entry] = session.scalars(sa.select(AuditEntry)).all()
    assert (entry.action, entry.subject_id, entry.actor_id) == ("outbox-message.retry", message.id, actor.id)
    assert entry.facts == {"kind": "Happened", "handler": "first"}
    assert services.deliver_all_due() == 2


@pytest.mark.parametrize("status", [S.PENDING, S.DONE])
def test_only_a_dead_message_is_retried(session, handlers, status):
    happen()
    message = messages(session)[0]
    message.status = status
    message.done_at = clock.now() if status is S.DONE else None
    session.commit()

    with pytest.raises(RuleBroken, match="pas en échec"), unit_of_work():
        services.retry(message, actor=make_account(Role.ADMIN))


@pytest.mark.parametrize(
    ("column", "value", "name"),
    [
        ("status", "'done'", "ck_outbox_message_done_at_iff_done"),
        ("done_at", "now()", "ck_outbox_message_done_at_iff_done"),
        ("attempts", "-1", "ck_outbox_message_attempts_not_negative"),
        ("status", "'lost'", "ck_outbox_message_messagestatus"),
    ],
)
def test_the_constraint_refuses(session, handlers, column, value, name):
    happen()

    with pytest.raises(IntegrityError, match=name), session.begin_nested():
        session.execute(sa.text(f"UPDATE outbox_message SET {column} = {value}"))  # noqa: S608


def test_two_workers_share_the_work_and_do_nothing_twice(own_app, handlers):
    app = own_app()
    with app.app_context():
        registry.subscribe({Happened: {"first": handlers.first}})
        with unit_of_work():
            for _ in range(40):
                services.publish(Happened(subject_id=uuid.uuid4(), on=dt.date(2026, 1, 1), amount=1))
    delivered, together = [], threading.Barrier(4)

    def work():
        with app.app_context():
            together.wait(10)
            delivered.append(services.deliver_all_due())
            db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sum(delivered) == 40
    with app.app_context():
        assert len(effects(db.session)) == 40
        assert {row.status for row in messages(db.session)} == {S.DONE}


def test_a_message_held_by_another_worker_is_left_to_it(own_app, handlers):
    app = own_app()
    with app.app_context():
        registry.subscribe({Happened: {"first": handlers.first}})
        happen()
        message_id = messages(db.session)[0].id
        with db.engine.connect() as other:
            other.execute(sa.select(OutboxMessage).where(OutboxMessage.id == message_id).with_for_update())
            assert services.deliver(message_id) is False
            assert services.deliver_all_due() == 0
            assert handlers.received == []
        assert services.deliver_all_due() == 1
