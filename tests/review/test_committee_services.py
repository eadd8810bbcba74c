"""Sessions and their agenda."""

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications.models import ApplicationStatus, Recusal
from guichet.audit import queries as audit
from guichet.calls.models import CallStatus
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Forbidden, InvalidTransition, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.review.models import CommitteeSession, DecisionStatus, Outcome, SessionItem, SessionStatus
from guichet.review.queries import committee as queries
from guichet.review.services import committee as services
from tests.factories.accounts import make_account
from tests.factories.calls import make_call
from tests.factories.committee import make_decision, make_reviewed, make_session

SOON = dt.datetime(2026, 12, 10, 13, 30, tzinfo=dt.UTC)


@pytest.fixture
def call(session):
    return make_call()


@pytest.fixture
def officer(session):
    return make_account(Role.OFFICER)


def order_of(meeting):
    rows = sa.select(SessionItem.application_id).filter_by(session_id=meeting.id).order_by(SessionItem.position)
    return list(db.session.scalars(rows))


def act(service, *arguments, actor):
    with unit_of_work():
        return service(*arguments, actor=actor)


def lines(meeting, actor, *dossiers):
    wanted = {dossier.id for dossier in dossiers}
    return [line for line in queries.lines(meeting, actor) if line.application_id in wanted]


def test_plan_writes_the_session_and_its_trace(call, officer):
    meeting = act(services.plan, call, "Comité de décembre", SOON, "Salle Colbert", actor=officer)
    db.session.expire_all()

    stored = db.session.scalars(sa.select(CommitteeSession)).one()
    assert stored is meeting
    assert (stored.call_id, stored.title, stored.held_at, stored.place, stored.status) == (
        call.id,
        "Comité de décembre",
        SOON,
        "Salle Colbert",
        SessionStatus.PLANNED,
    )
    assert [entry.action for entry in audit.history_of(meeting)] == ["committee_session.plan"]


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.OFFICER}))
def test_plan_is_for_officers(call, role):
    with pytest.raises(Forbidden):
        act(services.plan, call, "Comité", SOON, "", actor=make_account(role))


def test_plan_refuses_the_officer_of_another_call(call):
    with pytest.raises(Forbidden):
        act(services.plan, call, "Comité", SOON, "", actor=make_account(Role.OFFICER, call_id=make_call().id))


@pytest.mark.parametrize("status", [CallStatus.DRAFT, CallStatus.ARCHIVED])
def test_plan_refuses_a_call_that_is_not_alive(session, officer, status):
    with pytest.raises(RuleBroken, match=f"« {status.label} »"):
        act(services.plan, make_call(status=status), "Comité", SOON, "", actor=officer)


def test_change_moves_a_session_to_come_only(call, officer):
    meeting, held = make_session(call), make_session(call, status=SessionStatus.HELD)
    act(services.change, meeting, "Comité reporté", SOON, "À distance", actor=officer)

    assert (meeting.title, meeting.held_at, meeting.place) == ("Comité reporté", SOON, "À distance")
    with pytest.raises(RuleBroken, match="La séance est close"):
        act(services.change, held, "Comité", SOON, "", actor=officer)


def test_place_adds_after_what_is_there(call, officer):
    first, second, third = (make_reviewed(call) for _ in range(3))
    meeting = make_session(call, first)
    act(services.place, meeting, [third, second], actor=officer)

    assert order_of(meeting) == [first.id, third.id, second.id]
    assert audit.history_of(meeting)[0].facts["dossiers"] == [third.reference, second.reference]


def test_place_brings_a_deferred_dossier_back(call, officer):
    columns = {"outcome_reason": "Préciser le budget.", "outcome_published_at": clock.now()}
    deferred = make_reviewed(call, status=ApplicationStatus.DEFERRED, **columns)
    meeting = make_session(call)
    act(services.place, meeting, [deferred], actor=officer)

    assert (deferred.status, deferred.outcome_reason, deferred.outcome_published_at) == (
        ApplicationStatus.REVIEWED,
        "",
        None,
    )
    trace = audit.history_of(deferred)[0]
    assert (trace.action, trace.facts["reason"]) == ("application.return_to_reviewed", "Préciser le budget.")


@pytest.mark.parametrize("status", sorted(set(ApplicationStatus) - queries.PLACEABLE))
def test_place_refuses_a_dossier_that_awaits_no_committee(call, officer, status):
    dossier = make_reviewed(call, status=status)
    meeting = make_session(call)

    with pytest.raises(RuleBroken, match="ne peut pas être inscrit"):
        act(services.place, meeting, [dossier], actor=officer)
    assert order_of(meeting) == []


def test_place_refuses_a_dossier_of_another_call_or_of_another_agenda_to_come(call, officer):
    placed, stranger = make_reviewed(call), make_reviewed(make_call())
    make_session(call, placed)
    meeting = make_session(call)

    for dossier in (placed, stranger):
        with pytest.raises(RuleBroken):
            act(services.place, meeting, [dossier], actor=officer)
    assert order_of(meeting) == []


def test_place_takes_a_dossier_that_a_held_session_left(call, officer):
    left = make_reviewed(call)
    make_session(call, left, status=SessionStatus.HELD)
    meeting = make_session(call)
    act(services.place, meeting, [left], actor=officer)

    assert order_of(meeting) == [left.id]


def test_place_refuses_the_officers_own_ministry_and_who_is_recused(session, call):
    dossier = make_reviewed(call)
    meeting = make_session(call)
    colleague = make_account(Role.OFFICER, organisation=dossier.organisation)
    recused = make_account(Role.OFFICER)
    session.add(Recusal(application_id=dossier.id, account_id=recused.id, reason="Ancien collègue."))

    with pytest.raises(Forbidden):
        act(services.place, meeting, [dossier], actor=colleague)
    with pytest.raises(RuleBroken):
        act(services.place, meeting, [dossier], actor=recused)
    assert order_of(meeting) == []


def test_remove_takes_off_what_is_not_decided(call, officer):
    first, second = make_reviewed(call), make_reviewed(call)
    meeting = make_session(call, first, second)
    make_decision(second, meeting)
    make_decision(first, meeting, Outcome.REJECTED, DecisionStatus.CANCELLED)
    act(services.remove, meeting, lines(meeting, officer, first), actor=officer)

    with pytest.raises(RuleBroken, match=f"{second.reference} : il reste inscrit"):
        act(services.remove, meeting, lines(meeting, officer, second), actor=officer)
    assert order_of(meeting) == [second.id]


def test_reorder_moves_to_the_places_asked(call, officer):
    dossiers = [make_reviewed(call) for _ in range(5)]
    meeting = make_session(call, *dossiers)
    one, two, three, four, five = (dossier.id for dossier in dossiers)
    act(services.reorder, meeting, {five: 1, one: 3}, actor=officer)

    assert order_of(meeting) == [five, two, one, three, four]


def test_reorder_bears_places_that_do_not_exist(call, officer):
    dossiers = [make_reviewed(call) for _ in range(3)]
    meeting = make_session(call, *dossiers)
    one, two, three = (dossier.id for dossier in dossiers)
    act(services.reorder, meeting, {one: 99, three: -4, uuid.uuid4(): 1}, actor=officer)

    assert order_of(meeting) == [three, two, one]


def test_reorder_leaves_the_dossiers_that_the_officer_does_not_see_where_they_are(session, call, officer):
    first, hidden, last = (make_reviewed(call) for _ in range(3))
    session.add(Recusal(application_id=hidden.id, account_id=officer.id, reason="Ancien collègue."))
    meeting = make_session(call, first, hidden, last)
    act(services.reorder, meeting, {last.id: 1}, actor=officer)

    assert order_of(meeting) == [last.id, hidden.id, first.id]


def test_agenda_is_closed_with_the_session(call, officer):
    dossier, other = make_reviewed(call), make_reviewed(call)
    meeting = make_session(call, dossier, status=SessionStatus.HELD)

    for change in (
        lambda: services.place(meeting, [other], actor=officer),
        lambda: services.remove(meeting, lines(meeting, officer, dossier), actor=officer),
        lambda: services.reorder(meeting, {dossier.id: 1}, actor=officer),
    ):
        with pytest.raises(RuleBroken, match="La séance est close"), unit_of_work():
            change()
    assert order_of(meeting) == [dossier.id]


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.OFFICER}))
def test_agenda_is_the_officers(call, role):
    dossier, other = make_reviewed(call), make_reviewed(call)
    meeting, actor = make_session(call, dossier), make_account(role)

    for change in (
        lambda: services.place(meeting, [other], actor=actor),
        lambda: services.remove(meeting, [], actor=actor),
        lambda: services.reorder(meeting, {}, actor=actor),
    ):
        with pytest.raises(Forbidden), unit_of_work():
            change()


def test_close_is_the_chairs_and_happens_once(call, at):
    meeting, chair = make_session(call), make_account(Role.CHAIR)
    for role in set(Role) - {Role.CHAIR}:
        with pytest.raises(Forbidden):
            act(services.close, meeting, actor=make_account(role))
    at(SOON)
    act(services.close, meeting, actor=chair)

    assert (meeting.status, meeting.closed_at) == (SessionStatus.HELD, SOON)
    with pytest.raises(InvalidTransition):
        act(services.close, meeting, actor=chair)
    assert [entry.action for entry in audit.history_of(meeting)] == ["committee_session.close"]
