"""Asking for a rehearsal, playing it in the worker, forgetting it."""

import datetime as dt

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.audit.models import AuditEntry
from guichet.calls.models import CallStatus
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Forbidden, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.rehearsal.models import Rehearsal, RehearsalStatus
from guichet.rehearsal.report import Place
from guichet.rehearsal.services import playing, requests
from guichet.rehearsal.story import script as story
from guichet.rehearsal.story.script import Scene
from tests.factories.accounts import make_account
from tests.factories.rehearsals import make_coming_call, make_rehearsal

S = RehearsalStatus


@pytest.fixture
def officer(session):
    return make_account(Role.OFFICER)


@pytest.fixture
def call(session):
    return make_coming_call(criteria=[])


def asked(call, officer):
    with unit_of_work():
        return requests.ask(call, actor=officer)


def broken(_stage):
    raise RuntimeError("the typesetter is gone")


def test_asking_leaves_one_line_in_the_journal_and_a_second_click_gives_the_first(call, officer):
    first = asked(call, officer)

    assert asked(call, officer) is first
    assert first.expires_at == pytest.approx(clock.now() + dt.timedelta(days=30), abs=dt.timedelta(minutes=1))
    lines = sa.select(AuditEntry.action).where(AuditEntry.subject_id == call.id)
    assert db.session.scalars(lines).all() == ["call.rehearse"]


@pytest.mark.parametrize("status", [CallStatus.OPEN, CallStatus.CLOSED, CallStatus.ARCHIVED])
def test_an_open_call_is_not_rehearsed_any_more(officer, status):
    with pytest.raises(RuleBroken, match="avant son ouverture"):
        requests.ask(make_coming_call(status=status), actor=officer)


@pytest.mark.parametrize("role", [Role.FINANCE, Role.AUDITOR, Role.CHAIR, Role.REVIEWER, Role.APPLICANT])
def test_only_who_manages_the_call_asks_and_throws_away(call, officer, role):
    stranger = make_account(role)

    with pytest.raises(Forbidden):
        requests.ask(call, actor=stranger)
    with pytest.raises(Forbidden):
        requests.drop(call, make_rehearsal(call, officer), actor=stranger)


def test_what_stops_the_story_is_kept_with_its_report(call, officer):
    rehearsal = asked(call, officer)

    assert playing.play_next()
    assert not playing.play_next()

    db.session.refresh(rehearsal)
    assert (rehearsal.status, rehearsal.obstacle) == (S.DONE, "Ajoutez au moins un critère d’évaluation.")
    assert rehearsal.report["steps"][-1]["obstacles"][0]["place"] == Place.CRITERIA


def test_an_accident_is_tried_again_then_given_up(call, officer, monkeypatch):
    rehearsal = asked(call, officer)
    monkeypatch.setattr(story, "SCENES", (Scene("Accident", lambda calendar: calendar.opened, broken),))

    for attempt in range(1, playing.MOST_ATTEMPTS):
        assert playing.play_next()
        db.session.refresh(rehearsal)
        assert (rehearsal.status, rehearsal.attempts) == (S.WAITING, attempt)
    assert playing.play_next()

    db.session.refresh(rehearsal)
    assert (rehearsal.status, rehearsal.report) == (S.FAILED, None)
    assert not playing.play_next()


def test_what_a_killed_worker_was_playing_is_taken_up_again(call, officer):
    long_ago = clock.now() - playing.LEASE - dt.timedelta(seconds=1)
    stale = make_rehearsal(call, officer, status=S.RUNNING, started_at=long_ago, attempts=1)

    assert playing.play_next()

    db.session.refresh(stale)
    assert (stale.status, stale.attempts) == (S.DONE, 2)


def test_one_that_is_being_played_is_left_to_its_worker(call, officer):
    make_rehearsal(call, officer, status=S.RUNNING, attempts=1)

    assert not playing.play_next()


def test_a_call_that_kills_its_workers_is_given_up(call, officer):
    long_ago = clock.now() - playing.LEASE - dt.timedelta(seconds=1)
    attempts = playing.MOST_ATTEMPTS
    stale = make_rehearsal(call, officer, status=S.RUNNING, started_at=long_ago, attempts=attempts)

    assert not playing.play_next()

    db.session.refresh(stale)
    assert stale.status is S.FAILED


def test_who_lost_her_rights_since_gets_nothing(call, officer):
    rehearsal = asked(call, officer)
    officer.grants[0].last_day = clock.today() - dt.timedelta(days=1)

    assert not playing.play_next()

    db.session.refresh(rehearsal)
    assert rehearsal.status is S.FAILED


def test_one_thrown_away_while_it_is_played_leaves_nothing(call, officer):
    rehearsal = asked(call, officer)
    with unit_of_work():
        taken = playing._take()
    told = story.play(taken[2])
    with unit_of_work():
        requests.drop(call, rehearsal, actor=officer)

    with unit_of_work():
        playing._keep(taken[0], taken[1], told)

    assert db.session.scalars(sa.select(Rehearsal)).all() == []


def test_what_has_expired_is_forgotten(call, officer):
    make_rehearsal(call, officer, expires_at=clock.now() - dt.timedelta(seconds=1))
    kept = make_rehearsal(call, officer)

    assert requests.purge() == 1
    assert db.session.scalars(sa.select(Rehearsal.id)).all() == [kept.id]
