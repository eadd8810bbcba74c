"""Choosing reviewers, opening and closing the review."""

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Account, Role
from guichet.applications.models import Application, ApplicationStatus, Recusal
from guichet.audit.models import Audience, AuditEntry
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Forbidden, InvalidTransition, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.review.models import (
    AssignmentStatus,
)
from guichet.review.services import assignment as assigning
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call
from tests.factories.review import make_assignment

S = ApplicationStatus
A = AssignmentStatus


@pytest.fixture
def officer(session: Any) -> Account:
    return make_account(Role.OFFICER)


def journal() -> list[str]:
    return list(db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.number)))


def in_two_weeks() -> dt.date:
    return clock.today() + dt.timedelta(days=14)


def test_the_first_assignment_opens_the_review(officer, owed):
    application, reviewer = make_application(status=S.ELIGIBLE), make_account(Role.REVIEWER)

    with unit_of_work():
        assignment = assigning.assign(application, reviewer, in_two_weeks(), actor=officer)

    assert application.status is S.UNDER_REVIEW
    assert (assignment.status, assignment.due_on) == (A.ASSIGNED, in_two_weeks())
    assert journal() == ["application.open_review", "assignment.create"]
    assert owed() == [("ReviewAssigned", "notify")]


def test_a_further_assignment_leaves_the_review_open(officer):
    application = make_application(status=S.UNDER_REVIEW)
    make_assignment(application)

    with unit_of_work():
        assigning.assign(application, make_account(Role.REVIEWER), in_two_weeks(), actor=officer)

    assert application.status is S.UNDER_REVIEW


def test_who_reviews_is_not_told_to_the_team(officer):
    application = make_application(status=S.UNDER_REVIEW)

    with unit_of_work():
        assigning.assign(application, make_account(Role.REVIEWER), in_two_weeks(), actor=officer)

    audiences = db.session.scalars(sa.select(AuditEntry.audience).where(AuditEntry.action == "assignment.create"))
    assert audiences.all() == [Audience.STAFF]


@pytest.mark.parametrize("status", [status for status in S if status not in {S.ELIGIBLE, S.UNDER_REVIEW}])
def test_assign_is_for_an_eligible_dossier(officer, status):
    application = make_application(status=status)

    with pytest.raises(InvalidTransition), unit_of_work():
        assigning.assign(application, make_account(Role.REVIEWER), in_two_weeks(), actor=officer)


def test_assign_refuses_a_past_day(officer):
    application = make_application(status=S.ELIGIBLE)
    past = clock.today() - dt.timedelta(days=2)

    with pytest.raises(RuleBroken) as refusal, unit_of_work():
        assigning.assign(application, make_account(Role.REVIEWER), past, actor=officer)

    assert refusal.value.field == "due_on"
    assert application.status is S.ELIGIBLE


def test_assign_takes_the_present_day(officer, at):
    at(dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC))
    application = make_application(status=S.ELIGIBLE)

    with unit_of_work():
        assignment = assigning.assign(application, make_account(Role.REVIEWER), dt.date(2026, 11, 23), actor=officer)

    assert assignment.due_on == dt.date(2026, 11, 23)


def test_assign_counts_days_in_the_calls_time_zone(officer, at):
    at(dt.datetime(2026, 11, 23, 23, 30, tzinfo=dt.UTC))  # the 24th in Paris
    application = make_application(status=S.ELIGIBLE)

    with pytest.raises(RuleBroken), unit_of_work():
        assigning.assign(application, make_account(Role.REVIEWER), dt.date(2026, 11, 23), actor=officer)


def same_ministry(application: Application) -> Account:
    return make_account(Role.REVIEWER, organisation=application.organisation)


def stranger(_application: Application) -> Account:
    return make_account(Role.COMMITTEE)


def recused(application: Application) -> Account:
    reviewer = make_account(Role.REVIEWER)
    db.session.add(Recusal(application_id=application.id, account_id=reviewer.id, reason="Parenté"))
    return reviewer


def already(application: Application) -> Account:
    return make_assignment(application).reviewer


def who_declined(application: Application) -> Account:
    return make_assignment(application, status=A.DECLINED).reviewer


@pytest.mark.parametrize(
    ("somebody", "why"),
    [
        (same_ministry, "appartient au ministère"),
        (stranger, "n’est pas évaluateur"),
        (recused, "conflit d’intérêts"),
        (already, "déjà désigné"),
        (who_declined, "a décliné"),
    ],
)
def test_assign_refuses_and_says_why(officer, owed, somebody, why):
    application = make_application(status=S.UNDER_REVIEW)
    reviewer = somebody(application)

    with pytest.raises(RuleBroken, match=why) as refusal, unit_of_work():
        assigning.assign(application, reviewer, in_two_weeks(), actor=officer)

    assert refusal.value.field == "reviewer"
    assert owed() == []


def test_assign_is_for_the_officer_of_another_ministry(session):
    application, reviewer = make_application(status=S.ELIGIBLE), make_account(Role.REVIEWER)
    officer = make_account(Role.OFFICER, organisation=application.organisation)

    with pytest.raises(Forbidden), unit_of_work():
        assigning.assign(application, reviewer, in_two_weeks(), actor=officer)


def test_an_assignment_taken_back_may_be_given_again(officer, owed):
    application, reviewer = make_application(status=S.ELIGIBLE), make_account(Role.REVIEWER)

    with unit_of_work():
        first = assigning.assign(application, reviewer, in_two_weeks(), actor=officer)
    with unit_of_work():
        assigning.unassign(first, actor=officer)
    assert first.status is A.CANCELLED

    later = in_two_weeks() + dt.timedelta(days=7)
    with unit_of_work():
        second = assigning.assign(application, reviewer, later, actor=officer)

    assert second is first
    assert (second.status, second.due_on) == (A.ASSIGNED, later)
    assert owed() == [("ReviewAssigned", "notify")] * 2


@pytest.mark.parametrize("status", [A.ACCEPTED, A.COMPLETED, A.DECLINED, A.CONFLICT])
def test_unassign_is_refused_once_she_has_answered(officer, status):
    assignment = make_assignment(status=status)

    with pytest.raises(InvalidTransition), unit_of_work():
        assigning.unassign(assignment, actor=officer)

    assert assignment.status is status


def test_after_complements_the_review_goes_on(officer):
    application = make_application(status=S.ELIGIBLE)
    make_assignment(application, status=A.ACCEPTED)

    with unit_of_work():
        assigning.reopen_review(application, actor=officer)

    assert application.status is S.UNDER_REVIEW


@pytest.mark.parametrize("status", [None, A.DECLINED, A.CONFLICT, A.CANCELLED])
def test_a_review_without_reviewer_does_not_open(officer, status):
    application = make_application(status=S.ELIGIBLE)
    if status:
        make_assignment(application, status=status)

    with pytest.raises(RuleBroken, match="Désignez d’abord"), unit_of_work():
        assigning.reopen_review(application, actor=officer)

    assert application.status is S.ELIGIBLE


@pytest.mark.parametrize(
    ("required", "given", "missing"), [(2, 0, "2 évaluations"), (2, 1, "une évaluation"), (3, 1, "2 évaluations")]
)
def test_close_review_says_how_many_opinions_are_missing(officer, required, given, missing):
    application = make_application(call=make_call(reviews_required=required), status=S.UNDER_REVIEW)
    for _ in range(given):
        make_assignment(application, status=A.COMPLETED)
    make_assignment(application, status=A.ACCEPTED)

    with pytest.raises(RuleBroken, match=f"Il manque {missing}"), unit_of_work():
        assigning.close_review(application, actor=officer)

    assert application.status is S.UNDER_REVIEW


@pytest.mark.parametrize("given", [2, 3])
def test_close_review_when_enough_opinions_are_in(officer, given):
    application = make_application(status=S.UNDER_REVIEW)
    for _ in range(given):
        make_assignment(application, status=A.COMPLETED)
    make_assignment(application, status=A.ASSIGNED)

    with unit_of_work():
        assigning.close_review(application, actor=officer)

    assert application.status is S.REVIEWED
