"""Use cases from eligibility to the opinions of reviewers."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Account, Role
from guichet.applications.models import Application, ApplicationStatus, Recusal
from guichet.audit.models import Audience, AuditEntry
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Conflict, Forbidden, InvalidTransition, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.review.models import (
    Assignment,
    AssignmentStatus,
    CriterionScore,
    EligibilityDecision,
    Evaluation,
    Recommendation,
)
from guichet.review.services import assignment as assigning
from guichet.review.services import eligibility, scoring
from guichet.review.services.scoring import Opinion
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


# Eligibility


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


# Assignment


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


# The declaration


def test_accept_opens_an_empty_evaluation(session, owed):
    assignment = make_assignment()

    with unit_of_work():
        evaluation = scoring.accept(assignment, actor=assignment.reviewer)

    assert assignment.status is A.ACCEPTED
    assert (evaluation.submitted_at, evaluation.mean, evaluation.scores) == (None, None, [])
    assert owed() == []


@pytest.mark.parametrize("status", [status for status in S if status is not S.UNDER_REVIEW])
def test_accept_is_refused_when_the_review_is_not_open(session, status):
    assignment = make_assignment(make_application(status=status))

    with pytest.raises(RuleBroken, match="L’évaluation n’est pas ouverte"), unit_of_work():
        scoring.accept(assignment, actor=assignment.reviewer)


@pytest.mark.parametrize("use_case", [scoring.declare_conflict, scoring.decline])
@pytest.mark.parametrize("status", [A.ASSIGNED, A.ACCEPTED])
def test_stepping_aside_keeps_the_reason_and_tells_the_officers(session, owed, use_case, status):
    assignment = make_assignment(status=status)

    with unit_of_work():
        use_case(assignment, "Ancienne collègue.", actor=assignment.reviewer)

    assert assignment.refusal_reason == "Ancienne collègue."
    assert assignment.answered_at is not None
    assert owed() == [("ReviewDeclined", "notify")]
    recusals = db.session.scalars(sa.select(Recusal.account_id)).all()
    assert recusals == ([assignment.reviewer_id] if use_case is scoring.declare_conflict else [])


@pytest.mark.parametrize("use_case", [scoring.declare_conflict, scoring.decline])
def test_stepping_aside_needs_a_reason(session, use_case):
    assignment = make_assignment()

    with pytest.raises(RuleBroken) as refusal, unit_of_work():
        use_case(assignment, " ", actor=assignment.reviewer)

    assert refusal.value.field == "reason"
    assert assignment.status is A.ASSIGNED


@pytest.mark.parametrize("use_case", [scoring.declare_conflict, scoring.decline])
def test_stepping_aside_for_somebody_else_is_refused(session, use_case):
    with pytest.raises(Forbidden), unit_of_work():
        use_case(make_assignment(), "Motif.", actor=make_account(Role.REVIEWER))


# The opinion


def opinion_on(assignment: Assignment, *marks: int | None, **others: Any) -> Opinion:
    criteria = assignment.application.call.criteria
    given = zip(criteria, marks, strict=False)
    return Opinion(
        marks={criterion.id: (mark, "Parce que." if mark is not None else "") for criterion, mark in given},
        recommendation=others.get("recommendation", Recommendation.FAVOURABLE),
        comment_to_committee=others.get("comment_to_committee", "Solide."),
        comment_to_applicant="",
    )


def evaluation_in_hand() -> Evaluation:
    evaluation = make_assignment(status=A.ACCEPTED).evaluation
    assert evaluation is not None
    return evaluation


def test_save_draft_keeps_an_unfinished_opinion(session, owed):
    evaluation = evaluation_in_hand()
    assignment = evaluation.assignment

    with unit_of_work():
        scoring.save_draft(evaluation, opinion_on(assignment, 3, None), version=1, actor=assignment.reviewer)

    assert sorted(score.mark for score in evaluation.scores if score.mark is not None) == [3]
    assert (assignment.status, evaluation.submitted_at) == (A.ACCEPTED, None)
    assert owed() == []


def test_saving_marks_alone_moves_the_version(session):
    evaluation = evaluation_in_hand()
    assignment = evaluation.assignment

    for mark in (1, 2):
        with unit_of_work():
            scoring.save_draft(evaluation, opinion_on(assignment, mark), version=mark, actor=assignment.reviewer)

    assert evaluation.version == 3
    with pytest.raises(Conflict), unit_of_work():
        scoring.save_draft(evaluation, opinion_on(assignment, 4), version=2, actor=assignment.reviewer)


def test_hand_in_computes_the_mean_once_and_for_all(session, owed, at):
    at(clock.now())
    evaluation = evaluation_in_hand()
    assignment = evaluation.assignment

    with unit_of_work():
        scoring.hand_in(evaluation, opinion_on(assignment, 4, 1), version=1, actor=assignment.reviewer)

    assert evaluation.mean == Decimal("81.25")
    assert evaluation.submitted_at == clock.now()
    assert assignment.status is A.COMPLETED
    assert owed() == [("ReviewCompleted", "notify")]
    with pytest.raises(Conflict), unit_of_work():
        scoring.save_draft(evaluation, opinion_on(assignment, 0, 0), version=2, actor=assignment.reviewer)


def test_hand_in_names_what_is_missing(session):
    evaluation = evaluation_in_hand()
    assignment = evaluation.assignment
    silent = opinion_on(assignment, 2, 2)
    silent.marks[assignment.application.call.criteria[1].id] = (2, " ")  # type: ignore[index]

    for opinion, field in (
        (opinion_on(assignment, 4), "mark_2"),
        (silent, "why_2"),
        (opinion_on(assignment, 4, 4, recommendation=None), "recommendation"),
    ):
        with pytest.raises(RuleBroken) as refusal, unit_of_work():
            scoring.hand_in(evaluation, opinion, version=1, actor=assignment.reviewer)
        assert refusal.value.field == field
        db.session.refresh(evaluation, attribute_names=["version", "assignment", "scores"])

    assert db.session.scalar(sa.select(sa.func.count(CriterionScore.id))) == 0


@pytest.mark.parametrize("mark", [-1, 5])
@pytest.mark.parametrize("use_case", [scoring.save_draft, scoring.hand_in])
def test_a_mark_stays_within_its_criterion(session, use_case, mark):
    evaluation = evaluation_in_hand()
    assignment = evaluation.assignment

    with pytest.raises(RuleBroken, match="de 0 à 4") as refusal, unit_of_work():
        use_case(evaluation, opinion_on(assignment, 4, mark), version=1, actor=assignment.reviewer)

    assert refusal.value.field == "mark_2"


def test_a_mark_on_a_criterion_of_another_call_is_left_out(session):
    evaluation = evaluation_in_hand()
    assignment = evaluation.assignment
    opinion = opinion_on(assignment, 4, 4)
    opinion.marks[uuid.uuid4()] = (4, "Ailleurs.")  # type: ignore[index]

    with unit_of_work():
        scoring.save_draft(evaluation, opinion, version=1, actor=assignment.reviewer)

    assert len(evaluation.scores) == 2


@pytest.mark.parametrize("use_case", [scoring.save_draft, scoring.hand_in])
@pytest.mark.parametrize("role", [Role.REVIEWER, Role.OFFICER, Role.ADMIN])
def test_nobody_writes_for_another(session, use_case, role):
    evaluation = evaluation_in_hand()

    with pytest.raises(Forbidden), unit_of_work():
        use_case(evaluation, opinion_on(evaluation.assignment, 4, 4), version=1, actor=make_account(role))


@pytest.mark.parametrize("use_case", [scoring.save_draft, scoring.hand_in])
@pytest.mark.parametrize("status", [status for status in S if status is not S.UNDER_REVIEW])
def test_nothing_is_written_once_the_review_is_not_open(session, use_case, status):
    assignment = make_assignment(make_application(status=status), status=A.ACCEPTED)

    with pytest.raises(RuleBroken, match=f"« {status.label} »"), unit_of_work():
        use_case(assignment.evaluation, opinion_on(assignment, 4, 4), version=1, actor=assignment.reviewer)
