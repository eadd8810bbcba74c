"""Deciding on eligibility, reopening, closing."""

from typing import Any

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Account, Role
from guichet.applications.models import ApplicationStatus
from guichet.audit.models import AuditEntry
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Forbidden, InvalidTransition, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.review.models import (
    EligibilityDecision,
)
from guichet.review.services import eligibility
from tests.factories.accounts import make_account
from tests.factories.applications import make_application

S = ApplicationStatus


@pytest.fixture
def officer(session: Any) -> Account:
    return make_account(Role.OFFICER)


def journal() -> list[str]:
    return list(db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.number)))


def test_declare_eligible_keeps_a_dated_and_signed_decision(officer, owed):
    application = make_application(status=S.SUBMITTED)

    with unit_of_work():
        decision = eligibility.declare_eligible(application, "Dossier complet.", actor=officer)

    assert application.status is S.ELIGIBLE
    assert (decision.eligible, decision.reason, decision.decided_by_id) == (True, "Dossier complet.", officer.id)
    assert application.outcome_reason == ""
    assert owed() == [("EligibilityDecided", "notify")]


def test_declare_eligible_needs_no_remark(officer):
    application = make_application(status=S.SUBMITTED)

    with unit_of_work():
        eligibility.declare_eligible(application, actor=officer)

    assert application.status is S.ELIGIBLE


def test_declare_ineligible_tells_the_reason_on_the_dossier(officer, owed, at):
    at(clock.now())
    application = make_application(status=S.SUBMITTED)

    with unit_of_work():
        eligibility.declare_ineligible(application, "Hors des familles de l’appel.", actor=officer)

    assert application.status is S.INELIGIBLE
    assert application.outcome_reason == "Hors des familles de l’appel."
    assert application.outcome_published_at == clock.now()
    assert owed() == [("EligibilityDecided", "notify")]


@pytest.mark.parametrize(
    "use_case", [eligibility.declare_ineligible, eligibility.close_without_follow_up, eligibility.reopen]
)
@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_a_refusal_without_reason_leaves_nothing(officer, owed, use_case, reason):
    status = S.INELIGIBLE if use_case is eligibility.reopen else S.SUBMITTED
    application = make_application(status=status)

    with pytest.raises(RuleBroken) as refusal, unit_of_work():
        use_case(application, reason, actor=officer)

    assert refusal.value.field == "reason"
    assert application.status is status
    assert journal() == []
    assert owed() == []


def test_close_without_follow_up_tells_the_reason(officer, owed):
    application = make_application(status=S.SUBMITTED)

    with unit_of_work():
        eligibility.close_without_follow_up(application, "Doublon.", actor=officer)

    assert application.status is S.CLOSED
    assert application.outcome_reason == "Doublon."
    assert owed() == [("ApplicationClosed", "notify")]


def test_reopening_adds_a_decision_and_erases_none(officer):
    application = make_application(status=S.SUBMITTED)

    with unit_of_work():
        eligibility.declare_ineligible(application, "Hors délai.", actor=officer)
        eligibility.reopen(application, "Recours fondé.", actor=officer)

    assert application.status is S.SUBMITTED
    assert (application.outcome_reason, application.outcome_published_at) == ("", None)
    with unit_of_work():
        eligibility.declare_eligible(application, actor=officer)
    decisions = db.session.scalars(sa.select(EligibilityDecision.eligible).order_by(EligibilityDecision.decided_at))
    assert decisions.all() == [False, True]


@pytest.mark.parametrize(
    ("use_case", "status"),
    [
        (eligibility.declare_eligible, S.SUBMITTED),
        (eligibility.declare_ineligible, S.SUBMITTED),
        (eligibility.close_without_follow_up, S.SUBMITTED),
        (eligibility.reopen, S.INELIGIBLE),
    ],
)
def test_an_officer_of_the_same_ministry_decides_nothing(session, use_case, status):
    application = make_application(status=status)
    officer = make_account(Role.OFFICER, organisation=application.organisation)

    with pytest.raises(Forbidden), unit_of_work():
        use_case(application, "Motif.", actor=officer)

    assert application.status is status


def test_a_second_decision_on_the_same_submission_is_refused(officer):
    application = make_application(status=S.SUBMITTED)

    with unit_of_work():
        eligibility.declare_eligible(application, actor=officer)
    with pytest.raises(InvalidTransition), unit_of_work():
        eligibility.declare_ineligible(application, "Finalement non.", actor=officer)

    assert application.status is S.ELIGIBLE
