"""Moving a thing along its table: lock, source, right, status, trace."""

import threading

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Account, Role
from guichet.audit.models import Audience, AuditEntry
from guichet.calls.models import Call, CallStatus
from guichet.core.db import db
from guichet.core.errors import Forbidden, InvalidTransition
from guichet.core.transaction import unit_of_work
from guichet.workflow.diagram import mermaid
from guichet.workflow.engine import Transition, fire, lock, open_transitions
from tests.factories.accounts import make_account
from tests.factories.calls import make_call

S = CallStatus


def is_officer(actor, _call):
    return actor.has_role(Role.OFFICER)


TABLE = {
    "close": Transition(frozenset({S.OPEN}), S.CLOSED, is_officer, "Clore", "instruction"),
    "reopen": Transition(
        frozenset({S.CLOSED, S.ARCHIVED}), S.OPEN, lambda *_: False, "Rouvrir", "personne", Audience.STAFF
    ),
}


ANYBODY = {"close": Transition(frozenset({S.OPEN}), S.CLOSED, lambda *_: True, "Clore", "tous")}


@pytest.fixture
def officer(session):
    return make_account(Role.OFFICER, full_name="Zoé Martin")


def journal(session):
    return session.scalars(sa.select(AuditEntry).order_by(AuditEntry.number)).all()


def test_a_transition_moves_the_status_and_leaves_its_trace(session, officer):
    call = make_call(status=S.OPEN)

    with unit_of_work():
        fire(TABLE, "close", call, officer, reason="Fin")

    assert call.status is S.CLOSED
    assert session.scalar(sa.select(Call.status).where(Call.id == call.id)) is S.CLOSED
    [entry] = journal(session)
    assert (entry.action, entry.subject_type, entry.subject_id) == ("call.close", "call", call.id)
    assert entry.facts == {"before": "open", "after": "closed", "reason": "Fin"}
    assert (entry.actor_name, entry.audience) == ("Zoé Martin", Audience.TEAM)


def test_a_wrong_source_says_where_the_thing_is(session, officer):
    call = make_call(status=S.ARCHIVED)

    with pytest.raises(InvalidTransition) as refusal, unit_of_work():
        fire(TABLE, "close", call, officer)

    assert refusal.value.message == "Action impossible : l’état est « Archivé »."
    assert call.status is S.ARCHIVED
    assert journal(session) == []


def test_an_actor_without_the_right_is_refused(session):
    call = make_call(status=S.OPEN)

    with pytest.raises(Forbidden), unit_of_work():
        fire(TABLE, "close", call, make_account(Role.REVIEWER))

    assert call.status is S.OPEN
    assert journal(session) == []


def test_a_wrong_source_is_told_before_the_right(session):
    call = make_call(status=S.ARCHIVED)

    with pytest.raises(InvalidTransition), unit_of_work():
        fire(TABLE, "close", call, make_account(Role.REVIEWER))


def test_no_policy_refuses_the_clock(session):
    call = make_call(status=S.CLOSED)

    with unit_of_work():
        fire(TABLE, "reopen", call, None)

    [entry] = journal(session)
    assert (call.status, entry.actor_id, entry.audience) == (S.OPEN, None, Audience.STAFF)


def test_an_unknown_transition_is_a_mistake_of_ours(session, officer):
    with pytest.raises(KeyError, match="vanish"), unit_of_work():
        fire(TABLE, "vanish", make_call(), officer)


def test_the_status_is_the_database_s_not_the_page_s(session, officer):
    call = make_call(status=S.OPEN)
    session.flush()
    session.execute(sa.text("UPDATE call SET status = 'archived' WHERE id = :id"), {"id": call.id})
    assert call.status is S.OPEN

    with pytest.raises(InvalidTransition), unit_of_work():
        fire(TABLE, "close", call, officer)


def test_locking_reads_afresh_without_losing_what_is_not_yet_written(session):
    call = make_call(title="Avant")
    session.execute(sa.text("UPDATE call SET summary = 'Ailleurs' WHERE id = :id"), {"id": call.id})
    call.title = "Après"

    with unit_of_work():
        lock(call)

    assert (call.title, call.summary) == ("Après", "Ailleurs")


def test_open_transitions_are_those_the_actor_could_make_now(session, officer):
    assert open_transitions(TABLE, make_call(status=S.OPEN), officer) == ["close"]
    assert open_transitions(TABLE, make_call(status=S.CLOSED), officer) == []
    assert open_transitions(TABLE, make_call(status=S.OPEN), make_account(Role.REVIEWER)) == []


def test_the_diagram_draws_each_arrow_in_the_order_of_the_table():
    assert mermaid(TABLE) == (
        "stateDiagram-v2\n"
        "    open --> closed : close (instruction)\n"
        "    archived --> open : reopen (personne)\n"
        "    closed --> open : reopen (personne)\n"
    )


def test_of_six_at_once_one_makes_the_transition(own_app):
    app = own_app()
    with app.app_context(), unit_of_work():
        officer_id = make_account(Role.OFFICER).id
        call_id = make_call(status=S.OPEN).id
    outcomes, together = [], threading.Barrier(6)

    def attempt():
        with app.app_context():
            officer = db.session.get(Account, officer_id)
            call = db.session.get(Call, call_id)
            together.wait(10)
            try:
                with unit_of_work():
                    fire(ANYBODY, "close", call, officer)
                outcomes.append("moved")
            except InvalidTransition:
                outcomes.append("refused")
            finally:
                db.session.remove()

    threads = [threading.Thread(target=attempt) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(outcomes) == ["moved"] + ["refused"] * 5
    with app.app_context():
        assert len(journal(db.session)) == 1
