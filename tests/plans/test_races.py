"""Several workers at the same moment, really committed."""

import threading
import uuid
from decimal import Decimal

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications.models import ApplicationStatus
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from guichet.plans.handlers import record_decision
from guichet.plans.models import ActionFunding, ActionPlan, EngagementLevel, PlanAction, RecordedDecision, Theme
from guichet.review.events import DecisionPublished, PlanEffect
from guichet.review.models import Outcome
from tests.factories.accounts import make_account, make_ministry
from tests.factories.applications import make_application
from tests.plans.test_handlers import T0


@pytest.fixture
def app(own_app, monkeypatch):
    monkeypatch.setattr("guichet.core.queue.nudger.put", lambda *_: None)
    app = own_app()
    with app.app_context():
        yield app


def events(count):
    """As many awards of one ministry, each with a proposal; the ministry has no plan yet."""
    ministry = make_ministry()
    lead = make_account(Role.APPLICANT, organisation=ministry)
    made = [
        DecisionPublished(
            application_id=application.id,
            decision_id=uuid.uuid4(),
            outcome=Outcome.AWARDED,
            ministry_id=ministry.id,
            reference=application.reference,
            title=application.title,
            amount=Decimal(10_000),
            published_at=T0,
            plan_effects=(
                PlanEffect(
                    plan_action_id=None,
                    proposed_title="Réparer",
                    proposed_theme=Theme.USE_PHASE,
                    level_aimed=EngagementLevel.REALISATION,
                ),
            ),
        )
        for application in (make_application(lead=lead, status=ApplicationStatus.REVIEWED) for _ in range(count))
    ]
    db.session.commit()
    return made


def together(app, told):
    start, failures = threading.Barrier(len(told)), []

    def run(event):
        with app.app_context():
            start.wait(timeout=10)
            try:
                with unit_of_work():
                    record_decision(event)
            except Exception as failure:  # noqa: BLE001 - any failure is what the test looks for
                failures.append(failure)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(event,)) for event in told]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    db.session.expire_all()
    assert failures == []


def test_one_decision_told_by_several_workers_is_recorded_once(app):
    [event] = events(1)

    together(app, [event] * 5)

    assert len(db.session.scalars(sa.select(RecordedDecision)).all()) == 1
    assert len(db.session.scalars(sa.select(PlanAction)).all()) == 1
    assert db.session.scalars(sa.select(ActionFunding.amount)).all() == [Decimal(10_000)]


def test_first_awards_of_a_ministry_open_one_plan_with_numbers_of_their_own(app):
    together(app, events(5))

    assert len(db.session.scalars(sa.select(ActionPlan)).all()) == 1
    assert sorted(db.session.scalars(sa.select(PlanAction.number))) == [1, 2, 3, 4, 5]
