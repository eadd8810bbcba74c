"""What the database refuses by itself, whoever writes."""

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from guichet.accounts.models import Role
from guichet.core import clock
from guichet.core.db import db
from guichet.review.models import (
    CommitteeSession,
    Decision,
    DecisionStatus,
    Outcome,
    PublicationItem,
    PublicationRun,
    PublicationState,
    SessionItem,
    SessionStatus,
)
from tests.factories.accounts import make_account
from tests.factories.calls import make_call
from tests.factories.committee import make_decision, make_reviewed, make_session


@pytest.fixture
def meeting(session):
    call = make_call()
    return make_session(call, make_reviewed(call))


@pytest.fixture
def dossier(meeting):
    return make_reviewed(meeting.call)


def refused(constraint, *rows):
    with pytest.raises(IntegrityError) as refusal, db.session.begin_nested():
        db.session.add_all(rows)
    assert refusal.value.orig.diag.constraint_name == constraint


def decision(dossier, meeting, **columns):
    return Decision(
        **{
            "application_id": dossier.id,
            "session_id": meeting.id,
            "outcome": Outcome.AWARDED,
            "amount": Decimal(10),
            "prepared_by_id": make_account(Role.CHAIR).id,
            "prepared_at": clock.now(),
            **columns,
        }
    )


def test_session_is_closed_iff_held(meeting):
    columns = {"call_id": meeting.call_id, "title": "Comité", "held_at": clock.now()}
    name = "ck_committee_session_closed_at_iff_held"

    refused(name, CommitteeSession(**columns, status=SessionStatus.HELD))
    refused(name, CommitteeSession(**columns, closed_at=clock.now()))


def test_dossier_is_once_on_an_agenda(meeting, dossier):
    rows = [SessionItem(session_id=meeting.id, application_id=dossier.id, position=place) for place in (1, 2)]

    refused("uq_session_item_session_id_application_id", *rows)


def test_decision_has_an_amount_iff_it_awards(meeting, dossier):
    name = "ck_decision_amount_iff_awarded"

    refused(name, decision(dossier, meeting, amount=None))
    refused(name, decision(dossier, meeting, outcome=Outcome.REJECTED, reason="Trop cher."))


@pytest.mark.parametrize("amount", [0, -1])
def test_decision_grants_a_positive_amount(meeting, dossier, amount):
    refused("ck_decision_amount_positive", decision(dossier, meeting, amount=Decimal(amount)))


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - {Outcome.AWARDED}))
def test_decision_that_refuses_has_a_reason(meeting, dossier, outcome):
    refused("ck_decision_refusal_has_a_reason", decision(dossier, meeting, outcome=outcome, amount=None))


def test_decision_is_dated_iff_published(meeting, dossier):
    name = "ck_decision_published_at_iff_published"

    refused(name, decision(dossier, meeting, published_at=clock.now()))
    refused(name, decision(dossier, meeting, status=DecisionStatus.PUBLISHED))
    refused(name, decision(dossier, meeting, status=DecisionStatus.REPLACED))


@pytest.mark.parametrize("status", [DecisionStatus.PREPARED, DecisionStatus.PUBLISHED])
def test_dossier_has_one_decision_in_force(meeting, dossier, status):
    make_decision(dossier, meeting, status=status)
    dated = {"published_at": clock.now()} if status is DecisionStatus.PUBLISHED else {}

    refused(f"uq_decision_one_{status.value}", decision(dossier, meeting, status=status, **dated))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("ck_committee_session_sessionstatus", "committee_session SET status = 'adjourned'"),
        ("ck_decision_outcome", "decision SET outcome = 'perhaps', amount = NULL, reason = 'Peut-être.'"),
        ("ck_decision_decisionstatus", "decision SET status = 'unknown'"),
        ("ck_publication_item_publicationstate", "publication_item SET state = 'unknown', settled_at = now()"),
    ],
)
def test_words_are_those_of_the_lists(meeting, dossier, name, change):
    make_item(make_decision(dossier, meeting))

    with pytest.raises(IntegrityError) as refusal, db.session.begin_nested():
        db.session.execute(sa.text(f"UPDATE {change}"))
    assert refusal.value.orig.diag.constraint_name == name


def make_item(of, **columns):
    run = PublicationRun(session=of.session, started_by=make_account(Role.CHAIR))
    item = PublicationItem(run=run, decision=of, **columns)
    db.session.add_all([run, item])
    db.session.flush()
    return item


def test_publication_names_a_decision_once(meeting, dossier):
    item = make_item(make_decision(dossier, meeting))

    refused("uq_publication_item_run_id_decision_id", PublicationItem(run_id=item.run_id, decision_id=item.decision_id))


def test_publication_says_why_iff_it_failed(meeting, dossier):
    item = make_item(make_decision(dossier, meeting))
    other = make_decision(make_reviewed(meeting.call), meeting)
    columns = {"run_id": item.run_id, "decision_id": other.id, "settled_at": clock.now()}
    name = "ck_publication_item_message_iff_failed"

    refused(name, PublicationItem(**columns, state=PublicationState.FAILED))
    refused(name, PublicationItem(**columns, state=PublicationState.DONE, message="Oui."))


def test_publication_is_dated_iff_settled(meeting, dossier):
    item = make_item(make_decision(dossier, meeting))
    other = make_decision(make_reviewed(meeting.call), meeting)
    columns = {"run_id": item.run_id, "decision_id": other.id}
    name = "ck_publication_item_settled_at_iff_settled"

    refused(name, PublicationItem(**columns, settled_at=clock.now() - dt.timedelta(hours=1)))
    refused(name, PublicationItem(**columns, state=PublicationState.DONE))
