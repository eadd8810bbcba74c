"""Reading the journal."""

import datetime as dt

import pytest

from guichet.audit import queries, services
from guichet.audit.models import Audience
from guichet.core import clock
from tests.factories.accounts import make_account, make_ministry

DAY = dt.timedelta(days=1)
NOW = dt.datetime(2026, 11, 23, 10, 0, tzinfo=dt.UTC)


@pytest.fixture
def subject(session):
    return make_ministry()


@pytest.fixture
def journal(session, subject):
    zoe, lea = make_account(full_name="Zoé 50 %"), make_account(full_name="Léa")
    with clock.travel_to(NOW - DAY):
        services.record(zoe, "application.submit", subject, audience=Audience.TEAM)
        session.flush()
    with clock.travel_to(NOW):
        services.record(lea, "application.withdraw", subject)
        session.flush()
        services.record(None, "call.open", make_ministry(), audience=Audience.TEAM)
        session.flush()


def actions(session, **criteria):
    return [entry.action for entry in session.scalars(queries.search(**criteria))]


def test_history_tells_the_latest_first(session, journal, subject):
    assert [entry.action for entry in queries.history_of(subject)] == ["application.withdraw", "application.submit"]


def test_history_keeps_from_the_team_what_is_for_the_staff(session, journal, subject):
    assert [entry.action for entry in queries.history_of(subject, Audience.TEAM)] == ["application.submit"]


def test_history_has_an_end(session, subject):
    for number in range(queries.TIMELINE_LENGTH + 5):
        services.record(None, f"x.{number}", subject)
        session.flush()

    assert len(queries.history_of(subject)) == queries.TIMELINE_LENGTH


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ({}, ["call.open", "application.withdraw", "application.submit"]),
        ({"words": "zoé"}, ["application.submit"]),
        ({"words": "50 %"}, ["application.submit"]),
        ({"words": "5_ %"}, []),
        ({"action": "application."}, ["application.withdraw", "application.submit"]),
        ({"action": "application%"}, []),
        ({"since": NOW}, ["call.open", "application.withdraw"]),
        ({"until": NOW}, ["application.submit"]),
        ({"words": "léa", "since": NOW, "action": "call"}, []),
    ],
)
def test_search_narrows(session, journal, criteria, found):
    assert actions(session, **criteria) == found


def test_search_by_subject(session, journal, subject):
    assert actions(session, subject_id=subject.id) == ["application.withdraw", "application.submit"]
