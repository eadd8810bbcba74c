"""What a reviewer declares and writes."""

import uuid
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications.models import ApplicationStatus, Recusal
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Conflict, Forbidden, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.review.models import (
    Assignment,
    AssignmentStatus,
    CriterionScore,
    Evaluation,
    Recommendation,
)
from guichet.review.services import scoring
from guichet.review.services.scoring import Opinion
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.review import make_assignment

S = ApplicationStatus
A = AssignmentStatus


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
