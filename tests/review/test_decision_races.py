"""Several people at the same moment, really committed: one euro is spent once, one decision is told once."""

import threading
from collections import Counter
from decimal import Decimal

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications.models import Application, ApplicationStatus
from guichet.calls.models import Call, EnvelopeMovement
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from guichet.outbox.models import OutboxMessage
from guichet.review.models import CommitteeSession, Decision, DecisionStatus, Outcome, PublicationItem
from guichet.review.queries import committee
from guichet.review.queries import decisions as queries
from guichet.review.services import committee as sessions
from guichet.review.services import decision as services
from guichet.review.services import publication
from tests.factories.accounts import make_account
from tests.factories.calls import make_call
from tests.factories.committee import make_decision, make_reviewed, make_session
from tests.review.races import together, who


@pytest.fixture
def world(own_app, monkeypatch):
    """A committed call of 100,000 €, with as many reviewed dossiers of 60,000 € as asked; nobody listens to nudges."""
    monkeypatch.setattr("guichet.core.queue.nudger.put", lambda *_: None)
    app = own_app()

    def make(dossiers, *, envelope=100_000):
        call = make_call(envelope=envelope)
        applications = [make_reviewed(call, amount=60_000) for _ in range(dossiers)]
        meeting = make_session(call, *applications)
        chair = make_account(Role.CHAIR)
        db.session.commit()
        return app, chair.id, meeting.id, [application.id for application in applications]

    with app.app_context():
        yield make


def awarding(chair_id, meeting_id, application_id, amount=60_000):
    """The act of preparing an award, all that it needs read before the start."""

    def act():
        chair = who(chair_id)
        meeting = committee.one_for(chair, meeting_id)
        application = committee.on_agenda(meeting, chair, application_id)
        return lambda: str(
            services.prepare(application, meeting, Outcome.AWARDED, Decimal(amount), "", "", actor=chair).id
        )

    return act


def ledger_is_right(call):
    total = db.session.scalar(sa.select(sa.func.sum(EnvelopeMovement.amount)).filter_by(call_id=call.id))
    return total == call.envelope_left


def test_two_awards_beyond_the_envelope_at_once_let_one_win(world):
    app, chair_id, meeting_id, applications = world(2)
    answers = together(app, *(awarding(chair_id, meeting_id, one) for one in applications))

    call = db.session.scalars(sa.select(Call)).one()
    assert Counter(answers)["RuleBroken"] == 1
    assert call.envelope_left == Decimal(40_000)
    assert ledger_is_right(call)
    assert len(db.session.scalars(sa.select(Decision).filter_by(status=DecisionStatus.PREPARED)).all()) == 1


def test_six_awards_at_once_never_exceed_the_envelope(world):
    app, chair_id, meeting_id, applications = world(6, envelope=200_000)
    answers = together(app, *(awarding(chair_id, meeting_id, one) for one in applications))

    call = db.session.scalars(sa.select(Call)).one()
    assert Counter(answers)["RuleBroken"] == 3
    assert call.envelope_left == Decimal(20_000)
    assert ledger_is_right(call)


def test_the_same_award_prepared_twice_at_once_is_one(world):
    app, chair_id, meeting_id, (application_id,) = world(1)
    answers = together(app, *(awarding(chair_id, meeting_id, application_id) for _ in range(4)))

    call = db.session.scalars(sa.select(Call)).one()
    assert len(set(answers)) == 1
    assert call.envelope_left == Decimal(40_000)
    assert ledger_is_right(call)


def test_an_award_and_the_close_of_the_session_at_once_agree(world):
    app, chair_id, meeting_id, (application_id,) = world(1)

    def closing():
        chair = who(chair_id)
        meeting = committee.one_for(chair, meeting_id)
        return lambda: sessions.close(meeting, actor=chair)

    answers = together(app, awarding(chair_id, meeting_id, application_id), closing)
    meeting = db.session.get_one(CommitteeSession, meeting_id)
    decision = db.session.scalars(sa.select(Decision)).one_or_none()

    assert answers[1] is None
    assert meeting.closed_at is not None
    assert (answers[0] == "RuleBroken") == (decision is None)


def test_a_decision_published_twice_at_once_is_told_once(world):
    app, chair_id, meeting_id, (application_id,) = world(1)
    meeting = db.session.get_one(CommitteeSession, meeting_id, options=[sa.orm.joinedload(CommitteeSession.call)])
    decision_id = make_decision(db.session.get_one(Application, application_id), meeting).id
    db.session.commit()

    def publishing():
        chair = who(chair_id)
        rows = sa.select(Decision).where(Decision.id == decision_id).options(queries.publishable())
        decision = db.session.scalars(rows).unique().one()
        return lambda: services.publish(decision, actor=chair)

    assert together(app, *([publishing] * 4)) == [None] * 4
    events = db.session.scalars(sa.select(OutboxMessage.event_id)).all()
    assert (len(events), len(set(events))) == (3, 1)
    assert db.session.get_one(Application, application_id).status is ApplicationStatus.AWARDED


def test_a_publication_carried_out_by_several_workers_tells_each_decision_once(world):
    app, chair_id, meeting_id, applications = world(8, envelope=1_000_000)
    chair = who(chair_id)
    meeting = committee.one_for(chair, meeting_id)
    decisions = [make_decision(committee.on_agenda(meeting, chair, one), meeting) for one in applications]
    with unit_of_work():
        publication.ask(meeting, decisions, actor=chair)
    db.session.remove()
    start = threading.Barrier(3)

    def work():
        with app.app_context():
            start.wait(timeout=10)
            publication.carry_out()
            db.session.remove()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=30)

    states = Counter(db.session.scalars(sa.select(PublicationItem.state)))
    assert states == {"done": 8}
    assert db.session.scalar(sa.select(sa.func.count(sa.distinct(OutboxMessage.event_id)))) == 8
    assert db.session.scalar(sa.select(sa.func.count(OutboxMessage.id))) == 24
