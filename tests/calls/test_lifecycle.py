"""The life of calls: published when complete, opened and closed by the clock or by hand."""

import datetime as dt

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.audit import queries as audit
from guichet.calls import services
from guichet.calls.events import CallClosed, CallOpened
from guichet.calls.models import Call, CallStatus, Criterion
from guichet.core.db import db
from guichet.core.errors import InvalidTransition, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.outbox import registry
from tests.factories.accounts import make_account
from tests.factories.calls import make_call

S = CallStatus
NOW = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture
def officer(session):
    return make_account(Role.OFFICER)


@pytest.fixture
def heard(session, monkeypatch):
    """The events of calls that somebody subscribed to would hear."""
    told = []
    monkeypatch.setattr("guichet.calls.services.lifecycle.outbox.publish", told.append)
    return told


def draft(**columns):
    return make_call(status=S.DRAFT, **columns)


# The life


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"opens_at": NOW - DAY}, "opens_at"),
        ({"opens_at": NOW - 2 * DAY, "closes_at": NOW - DAY}, "opens_at"),
        ({"families": []}, "family_ids"),
        ({"priority_actions": []}, "priority_action_ids"),
        ({"criteria": []}, "criteria"),
        ({"envelope": 0}, "envelope"),
    ],
)
def test_publish_says_what_is_missing(officer, at, columns, field):
    at(NOW)
    call = draft(**{"opens_at": NOW + DAY, "closes_at": NOW + 9 * DAY, **columns})

    with pytest.raises(RuleBroken) as refusal, unit_of_work():
        services.publish(call, actor=officer)

    assert refusal.value.field == field
    db.session.refresh(call, ["status"])
    assert call.status is S.DRAFT
    assert audit.history_of(call) == []


def test_publish_reads_the_grid_under_the_lock(officer, at):
    at(NOW)
    call = draft(opens_at=NOW + DAY, closes_at=NOW + 9 * DAY)
    # Taken away by somebody else, while this session still holds the grid that it read.
    db.session.execute(sa.delete(Criterion), execution_options={"synchronize_session": False})

    with pytest.raises(RuleBroken) as refusal, unit_of_work():
        services.publish(call, actor=officer)

    assert refusal.value.field == "criteria"


def test_publish_a_complete_call(officer, at):
    at(NOW)
    call = draft(opens_at=NOW + DAY, closes_at=NOW + 9 * DAY)

    with unit_of_work():
        services.publish(call, actor=officer)

    assert call.status is S.PUBLISHED


def test_open_now_moves_the_date_to_the_truth(officer, at, heard):
    at(NOW)
    call = make_call(status=S.PUBLISHED, opens_at=NOW + DAY, closes_at=NOW + 9 * DAY)

    with unit_of_work():
        services.open_now(call, actor=officer)

    assert (call.status, call.opens_at) == (S.OPEN, NOW)
    assert [(type(event), event.call_id) for event in heard] == [(CallOpened, call.id)]


def test_call_past_its_closing_does_not_open(officer, at):
    at(NOW)
    call = make_call(status=S.PUBLISHED, opens_at=NOW - 9 * DAY, closes_at=NOW)

    with pytest.raises(RuleBroken, match="clôture est passée"), unit_of_work():
        services.open_now(call, actor=officer)


def test_close_now_moves_the_date_to_the_truth(officer, at, heard):
    at(NOW)
    call = make_call(opens_at=NOW - DAY, closes_at=NOW + 9 * DAY)

    with unit_of_work():
        services.close_now(call, actor=officer)

    assert (call.status, call.closes_at) == (S.CLOSED, NOW)
    assert [type(event) for event in heard] == [CallClosed]


def test_the_rest_of_the_life(officer):
    call = make_call(status=S.CLOSED)

    for act, status in (
        (services.start_deliberation, S.DELIBERATING),
        (services.publish_results, S.RESULTS_PUBLISHED),
        (services.archive, S.ARCHIVED),
    ):
        with unit_of_work():
            act(call, actor=officer)
        assert call.status is status
        with pytest.raises(InvalidTransition):
            act(call, actor=officer)


# The clock


def statuses(*calls):
    db.session.expire_all()
    return [db.session.get_one(Call, call.id).status for call in calls]


def test_clock_opens_and_closes_what_is_due(session, at, heard):
    at(NOW)
    due = make_call(status=S.PUBLISHED, opens_at=NOW, closes_at=NOW + DAY)
    early = make_call(status=S.PUBLISHED, opens_at=NOW + dt.timedelta(seconds=1), closes_at=NOW + DAY)
    over = make_call(opens_at=NOW - DAY, closes_at=NOW)
    running = make_call(opens_at=NOW - DAY, closes_at=NOW + dt.timedelta(seconds=1))
    unpublished = draft(opens_at=NOW - DAY, closes_at=NOW + DAY)

    with unit_of_work():
        moved = services.open_and_close()

    assert moved == 2
    assert statuses(due, early, over, running, unpublished) == [S.OPEN, S.PUBLISHED, S.CLOSED, S.OPEN, S.DRAFT]
    assert [(type(event), event.call_id) for event in heard] == [(CallOpened, due.id), (CallClosed, over.id)]
    [entry] = audit.history_of(over)
    assert (entry.action, entry.actor_id, entry.actor_name) == ("call.close", None, "Guichet")


def test_clock_twice_moves_nothing_more(session, at):
    at(NOW)
    call = make_call(opens_at=NOW - DAY, closes_at=NOW)

    with unit_of_work():
        first, second = services.open_and_close(), services.open_and_close()

    assert (first, second) == (1, 0)
    assert len(audit.history_of(call)) == 1


def test_clock_stopped_longer_than_the_window_opens_then_closes(session, at):
    at(NOW)
    call = make_call(status=S.PUBLISHED, opens_at=NOW - 9 * DAY, closes_at=NOW - DAY)

    with unit_of_work():
        services.open_and_close()

    assert statuses(call) == [S.CLOSED]
    assert {entry.action for entry in audit.history_of(call)} == {"call.open", "call.close"}
    assert db.session.get_one(Call, call.id).closes_at == NOW - DAY


def test_task_is_the_one_the_scheduler_asks_for(app, session, at):
    at(NOW)
    call = make_call(opens_at=NOW - DAY, closes_at=NOW)
    db.session.commit()
    celery = app.extensions["celery"]
    entry = celery.conf.beat_schedule["calls"]

    celery.tasks[entry["task"]]()

    assert statuses(call) == [S.CLOSED]


def test_events_of_calls_may_have_no_subscriber(session):
    assert isinstance(registry.handlers_of(CallOpened(call_id=make_call().id)), dict)
