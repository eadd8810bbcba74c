"""What the database itself refuses about eligibility, assignments and marks."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from guichet.accounts.models import Role
from guichet.core import clock
from guichet.core.db import db
from guichet.review.models import Assignment, AssignmentStatus, CriterionScore, EligibilityDecision, Evaluation
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.review import make_assignment

S = AssignmentStatus


def refused(constraint: str, row: object) -> None:
    db.session.add(row)
    with pytest.raises(IntegrityError, match=constraint), db.session.begin_nested():
        db.session.flush()


def test_a_refusal_of_eligibility_has_a_reason(session):
    officer = make_account(Role.OFFICER)
    refused(
        "ck_eligibility_decision_refusal_has_a_reason",
        EligibilityDecision(
            application_id=make_application().id, eligible=False, decided_by_id=officer.id, decided_at=clock.now()
        ),
    )


def assignment(**columns: object) -> Assignment:
    return Assignment(
        **{
            "application_id": make_application().id,
            "reviewer_id": make_account(Role.REVIEWER).id,
            "assigned_by_id": make_account(Role.OFFICER).id,
            "due_on": clock.today(),
            **columns,
        }
    )


def test_a_reviewer_is_assigned_once_to_a_dossier(session):
    first = make_assignment()

    refused(
        "uq_assignment_application_id",
        assignment(application_id=first.application_id, reviewer_id=first.reviewer_id),
    )


@pytest.mark.parametrize("status", [S.CONFLICT, S.DECLINED])
def test_a_refusal_to_review_has_a_reason(session, status):
    refused("ck_assignment_refusal_has_a_reason", assignment(status=status, answered_at=clock.now()))


def test_a_reason_is_for_a_refusal_only(session):
    refused(
        "ck_assignment_refusal_has_a_reason",
        assignment(status=S.ACCEPTED, answered_at=clock.now(), refusal_reason="Sans objet"),
    )


def test_an_answer_is_dated(session):
    refused("ck_assignment_answered_at_iff_answered", assignment(status=S.ACCEPTED))


@pytest.mark.parametrize("status", [S.ASSIGNED, S.CANCELLED])
def test_no_answer_has_no_date(session, status):
    refused("ck_assignment_answered_at_iff_answered", assignment(status=status, answered_at=clock.now()))


def test_an_assignment_has_a_known_status(session):
    unknown = sa.update(Assignment).where(Assignment.id == make_assignment().id)
    with pytest.raises(IntegrityError, match="ck_assignment_assignmentstatus"), db.session.begin_nested():
        db.session.execute(unknown.values(status="paid", answered_at=clock.now()))


def test_an_assignment_has_one_evaluation(session):
    done = make_assignment(status=S.COMPLETED)

    refused("uq_evaluation_assignment_id", Evaluation(assignment_id=done.id))


def test_an_evaluation_belongs_to_an_assignment(session):
    refused("assignment_id", Evaluation())


def test_a_submitted_opinion_has_a_recommendation(session):
    evaluation = make_assignment(status=S.COMPLETED).evaluation
    evaluation.recommendation = None

    refused("ck_evaluation_submitted_with_recommendation", evaluation)


def test_a_submitted_opinion_has_a_mean(session):
    evaluation = make_assignment(status=S.COMPLETED).evaluation
    evaluation.mean = None

    refused("ck_evaluation_submitted_with_mean", evaluation)


@pytest.mark.parametrize("mean", ["100.01", "-0.01"])
def test_a_mean_is_a_percentage(session, mean):
    evaluation = make_assignment(status=S.COMPLETED).evaluation
    evaluation.mean = mean

    refused("ck_evaluation_mean_is_a_percentage", evaluation)


def test_a_criterion_is_marked_once_in_an_evaluation(session):
    score = make_assignment(status=S.COMPLETED).evaluation.scores[0]

    refused(
        "uq_criterion_score_evaluation_id",
        CriterionScore(evaluation_id=score.evaluation_id, criterion_id=score.criterion_id),
    )


def test_a_mark_is_not_negative(session):
    score = make_assignment(status=S.COMPLETED).evaluation.scores[0]
    score.mark = -1

    refused("ck_criterion_score_mark_not_negative", score)
