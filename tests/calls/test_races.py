"""Several people at the same moment, really committed."""

import datetime as dt
import threading
from collections import Counter
from decimal import Decimal

import pytest
import sqlalchemy as sa

from guichet.accounts import queries as accounts
from guichet.accounts.models import Account, Role
from guichet.audit.models import AuditEntry
from guichet.calls import queries, services
from guichet.calls.models import Call, CallStatus, Criterion, EnvelopeMovement, MovementKind
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import DomainError
from guichet.core.transaction import unit_of_work
from guichet.workflow.engine import lock
from tests.calls.test_services import criterion, terms
from tests.factories.accounts import make_account
from tests.factories.calls import make_call


@pytest.fixture
def app(own_app, monkeypatch):
    monkeypatch.setattr("guichet.core.queue.nudger.put", lambda *_: None)
    app = own_app()
    with app.app_context():
        yield app


def together(app, times, act):
    """Run `act(number)` in as many threads at the same moment; what each answered, or the class of its refusal."""
    start, answers = threading.Barrier(times), [None] * times

    def run(number):
        with app.app_context():
            start.wait(timeout=10)
            try:
                with unit_of_work():
                    answers[number] = act(number)
            except DomainError as refusal:
                answers[number] = type(refusal).__name__
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    db.session.expire_all()
    return answers


def who(account_id):
    return db.session.scalars(accounts.with_rights().where(Account.id == account_id)).unique().one()


def test_awards_never_exceed_the_envelope(app):
    call, chair_id = make_call(envelope=100_000), make_account(Role.CHAIR).id
    slug = call.slug
    db.session.commit()

    def award(_):
        services.move_envelope(
            queries.by_slug(slug), MovementKind.AWARD, Decimal(-30_000), "Essai", actor=who(chair_id)
        )
        return "done"

    answers = together(app, 6, award)

    assert Counter(answers) == {"done": 3, "RuleBroken": 3}
    assert db.session.get_one(Call, call.id).envelope_left == 10_000
    assert db.session.scalar(sa.select(sa.func.sum(EnvelopeMovement.amount))) == 10_000


def test_references_are_never_given_twice(app):
    call = make_call(code="NER")
    slug = call.slug
    db.session.commit()

    def number(_):
        own = queries.by_slug(slug)
        lock(own)
        return services.next_reference(own)

    assert sorted(together(app, 8, number)) == [f"NER-{n:04}" for n in range(1, 9)]


def test_clock_running_twice_at_once_closes_once(app):
    past = clock.now()
    call = make_call(opens_at=past - dt.timedelta(days=2), closes_at=past)
    db.session.commit()

    moved = together(app, 4, lambda _: services.open_and_close())

    assert sorted(moved) == [0, 0, 0, 1]
    assert db.session.get_one(Call, call.id).status is CallStatus.CLOSED
    assert db.session.scalar(sa.select(sa.func.count()).where(AuditEntry.subject_id == call.id)) == 1


def test_two_officers_create_calls_of_the_same_title(app):
    officer_id = make_account(Role.OFFICER).id
    db.session.commit()

    def create(number):
        return services.create(terms(code=f"N-{number}"), opening=None, actor=who(officer_id)).slug

    base = "numerique-ecoresponsable-2026"
    assert sorted(together(app, 4, create)) == [base, *(f"{base}-{n}" for n in range(2, 5))]


def test_two_officers_take_the_same_code(app):
    officer_id = make_account(Role.OFFICER).id
    db.session.commit()

    answers = together(app, 3, lambda _: services.create(terms(), opening=None, actor=who(officer_id)).code)

    assert Counter(answers) == {"NER-2026": 1, "RuleBroken": 2}


def test_criteria_added_at_once_each_have_their_place(app):
    call, officer_id = make_call(status=CallStatus.DRAFT), make_account(Role.OFFICER).id
    slug = call.slug
    db.session.commit()

    together(app, 5, lambda n: services.add_criterion(queries.by_slug(slug), criterion(str(n)), actor=who(officer_id)))

    positions = db.session.scalars(sa.select(Criterion.position).where(Criterion.call_id == call.id)).all()
    assert sorted(positions) == [1, 2, 3, 4, 5, 6, 7]
