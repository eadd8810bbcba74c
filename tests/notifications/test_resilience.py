"""The worker is killed, the broker emptied and stopped, the mail server refuses: nothing is lost, nothing doubled."""

import datetime as dt
import uuid
from collections import Counter
from decimal import Decimal
from email.utils import parseaddr
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from guichet.accounts.models import Role
from guichet.applications.models import ApplicationStatus
from guichet.core import clock
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from guichet.embedded import EmbeddedValkey
from guichet.outbox import services as outbox
from guichet.outbox.models import MessageStatus, OutboxMessage
from guichet.plans.models import ActionChange, ActionFunding
from guichet.review.events import DecisionPublished, PlanEffect
from guichet.review.models import CommitteeSession, Decision, DecisionStatus, Outcome
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call
from tests.factories.plans import make_action, make_plan
from tests.processes import scheduler, worker
from tests.sink import Sink

DOSSIERS = 200
AMOUNT = Decimal(60_000)


@pytest.fixture
def own_valkey(tmp_path_factory, folder):
    with EmbeddedValkey(folder / f"valkey-{uuid.uuid4().hex[:6]}", durable=True) as server:
        yield server


def publish_decisions(count: int) -> list[str]:
    """`count` awards published, each with its team of one and its plan action; returns the addresses to be told."""
    chair = make_account(Role.CHAIR)
    call = make_call(envelope=0)
    session = CommitteeSession(call_id=call.id, title="Séance", held_at=clock.now())
    db.session.add(session)
    db.session.flush()
    addresses = []
    for number in range(count):
        lead = make_account(Role.APPLICANT)
        action = make_action(make_plan(lead.organisation))
        application = make_application(call=call, lead=lead, status=ApplicationStatus.AWARDED)
        decision = Decision(
            application_id=application.id,
            session_id=session.id,
            outcome=Outcome.AWARDED,
            status=DecisionStatus.PUBLISHED,
            amount=AMOUNT,
            prepared_by_id=chair.id,
            prepared_at=clock.now(),
            published_by_id=chair.id,
            published_at=clock.now(),
        )
        db.session.add(decision)
        db.session.flush()
        outbox.publish(
            DecisionPublished(
                application_id=application.id,
                decision_id=decision.id,
                outcome=Outcome.AWARDED,
                ministry_id=application.ministry_id,
                reference=application.reference or f"REF-{number}",
                title=application.title,
                amount=AMOUNT,
                published_at=clock.now(),
                plan_effects=(
                    PlanEffect(
                        plan_action_id=action.id, proposed_title="", proposed_theme=None, level_aimed="realisation"
                    ),
                ),
            )
        )
        addresses.append(lead.email)
    return addresses


def told(sink: Sink) -> Counter[str]:
    return Counter(parseaddr(to)[1] for to, _ in sink.recipients())


def owed(app: Flask) -> int:
    with app.app_context():
        pending = OutboxMessage.status != MessageStatus.DONE
        return db.session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage).where(pending)) or 0


def test_every_mail_arrives_once_and_every_plan_moves_once_whatever_dies(own_app, own_valkey, tmp_path: Path):
    with Sink() as sink:
        app = own_app(MAIL_URL=sink.url, REDIS_URL=own_valkey.url(0))
        environment = app.extensions["environment"]
        with app.app_context(), unit_of_work():
            expected = publish_decisions(DOSSIERS)
        sink.hold_at = 50
        working = worker(environment, tmp_path / "worker.log")
        with working, scheduler(environment, tmp_path / "beat.log"):
            sink.wait_until_holding()
            working.kill()
            sink.release()
            own_valkey.client().flushall()
            working.start()
            sink.wait_for(90)
            own_valkey.stop()
            with app.app_context(), unit_of_work():
                expected += publish_decisions(5)
            own_valkey.start()
            sink.wait_for(120)
            sink.answer = "451 4.3.0 Revenez plus tard"
            sink.wait_until_refused(5)
            sink.answer = "250 OK"
            sink.wait_for(150)
            sink.stop()
            sink.start()
            sink.wait_for(DOSSIERS + 5, seconds=180)
        assert told(sink) == Counter(expected)
        assert owed(app) == 0
        with app.app_context():
            funded = db.session.execute(sa.select(sa.func.count(), sa.func.sum(ActionFunding.amount))).one()
            assert tuple(funded) == (len(expected), AMOUNT * len(expected))
            changes = db.session.execute(
                sa.select(sa.func.count(ActionChange.id)).group_by(ActionChange.action_id, ActionChange.field)
            ).scalars()
            assert set(changes) == {1}


def test_a_worker_killed_after_the_server_took_the_message_repeats_it_under_the_same_message_id(own_app, monkeypatch):
    """The one instant that no sender can guard: the server has the message and the sender dies before noting it."""
    from guichet.notifications import services  # noqa: PLC0415
    from guichet.notifications.smtp import Mailer  # noqa: PLC0415

    with Sink() as sink:
        app = own_app(MAIL_URL=sink.url)
        with app.app_context():
            with unit_of_work():
                publish_decisions(1)
            outbox.deliver_all_due()
            mailer = Mailer(sink.url, "Guichet <ne-pas-repondre@guichet.example>")
            with monkeypatch.context() as patch:
                patch.setattr(services, "_trace", _die)
                with pytest.raises(KeyboardInterrupt):
                    services.send_queued(mailer)
            db.session.remove()
            services.send_queued(mailer)
            mailer.close()
        identifiers = [identifier for _, identifier in sink.recipients()]
        assert len(identifiers) == 2
        assert len(set(identifiers)) == 1


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def test_publishing_is_not_slowed_by_a_dead_broker(own_app, own_valkey):
    app = own_app(REDIS_URL=own_valkey.url(0))
    own_valkey.kill()
    with app.app_context():
        started = dt.datetime.now(dt.UTC)
        with unit_of_work():
            make_account(Role.APPLICANT)
            outbox.publish(_some_event())
        assert dt.datetime.now(dt.UTC) - started < dt.timedelta(milliseconds=500)


def _some_event():
    from guichet.applications.events import EndorsementRequested  # noqa: PLC0415

    return EndorsementRequested(application_id=uuid.uuid4())
