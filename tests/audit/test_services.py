"""Writing the journal."""

import datetime as dt
import enum
import uuid
from decimal import Decimal

import pytest
from sqlalchemy import select

from guichet.audit import services
from guichet.audit.models import Audience, AuditEntry
from guichet.core import clock
from guichet.core.errors import RuleBroken
from guichet.core.transaction import unit_of_work
from tests.factories.accounts import make_account, make_ministry


class Colour(enum.StrEnum):
    RED = "red"


def entries(session):
    return session.scalars(select(AuditEntry).order_by(AuditEntry.number)).all()


def test_an_entry_says_who_did_what_to_what_and_when(session, at):
    moment = dt.datetime(2026, 11, 23, 10, 0, tzinfo=dt.UTC)
    at(moment)
    actor, subject = make_account(full_name="Zoé Martin"), make_ministry()

    services.record(actor, "organisation.edit", subject, audience=Audience.TEAM, name="Écologie")

    [entry] = entries(session)
    assert (entry.actor_id, entry.actor_name) == (actor.id, "Zoé Martin")
    assert (entry.action, entry.subject_type, entry.subject_id) == ("organisation.edit", "organisation", subject.id)
    assert (entry.created_at, entry.audience, entry.facts) == (moment, Audience.TEAM, {"name": "Écologie"})


def test_the_clock_acts_under_the_name_of_the_window(session):
    services.record(None, "call.open", make_ministry())

    [entry] = entries(session)
    assert (entry.actor_id, entry.actor_name) == (None, "Guichet")


def test_only_staff_reads_an_entry_unless_told_otherwise(session):
    services.record_by_id(None, "account.sign-in-refused", "account", uuid.UUID(int=0))

    assert entries(session)[0].audience is Audience.STAFF


def test_the_name_stays_as_it_was_that_day(session):
    actor = make_account(full_name="Zoé Martin")
    services.record(actor, "account.edit", actor)
    session.flush()
    actor.full_name = "Zoé Durand"
    session.flush()

    assert entries(session)[0].actor_name == "Zoé Martin"


def test_facts_of_any_plain_kind_are_kept_readable(session):
    identifier = uuid.uuid4()

    services.record(
        None,
        "x.y",
        make_ministry(),
        amount=Decimal("12.30"),
        day=dt.date(2026, 11, 23),
        moment=dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC),
        identifier=identifier,
        colour=Colour.RED,
        before=("a", None),
        nothing=None,
    )
    session.flush()
    session.expire_all()

    assert entries(session)[0].facts == {
        "amount": "12.30",
        "day": "2026-11-23",
        "moment": "2026-11-23T10:00:00Z",
        "identifier": str(identifier),
        "colour": "red",
        "before": ["a", None],
        "nothing": None,
    }


def test_entries_of_one_instant_keep_their_order(session, at):
    at(clock.now())
    subject = make_ministry()
    for number in range(5):
        services.record(None, f"x.{number}", subject)
        session.flush()

    assert [entry.action for entry in entries(session)] == [f"x.{number}" for number in range(5)]


def test_an_entry_goes_with_its_use_case(session):
    def use_case():
        services.record(None, "x.y", make_ministry())
        raise RuleBroken("Non.")

    with pytest.raises(RuleBroken), unit_of_work():
        use_case()

    assert entries(session) == []
