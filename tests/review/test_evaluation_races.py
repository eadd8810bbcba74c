"""Officers and reviewers at the same moment, really committed: nothing is lost, nothing is doubled."""

import datetime as dt
from collections import Counter

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications.models import Application, ApplicationStatus
from guichet.core import clock
from guichet.core.db import db
from guichet.outbox.models import OutboxMessage
from guichet.review.models import Assignment, AssignmentStatus, CriterionScore, EligibilityDecision, Recommendation
from guichet.review.queries import desk, evaluations
from guichet.review.services import assignment as assigning
from guichet.review.services import eligibility, scoring
from guichet.review.services.scoring import Opinion
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call
from tests.factories.review import make_assignment
from tests.review.races import together, who

S = ApplicationStatus


@pytest.fixture
def app(own_app, monkeypatch):
    monkeypatch.setattr("guichet.core.queue.nudger.put", lambda *_: None)
    app = own_app()
    with app.app_context():
        yield app


def opinion_on(assignment, mark):
    criteria = assignment.application.call.criteria
    return Opinion({one.id: (mark, f"Note {mark}.") for one in criteria}, Recommendation.FAVOURABLE, "", "")


def writing(use_case, assignment, mark):
    """The act of saving or handing in, as a tab opened on the first version."""
    assignment_id, reviewer_id = assignment.id, assignment.reviewer_id

    def act():
        reviewer = who(reviewer_id)
        evaluation = evaluations.written_by(reviewer, assignment_id)
        opinion = opinion_on(evaluation.assignment, mark)
        return lambda: use_case(evaluation, opinion, version=1, actor=reviewer) or "saved"

    return act


def processing(use_case, application_id, *arguments):
    """The act of an officer on a dossier that she has before her eyes."""
    officer_id = make_account(Role.OFFICER).id
    db.session.commit()

    def act():
        officer = who(officer_id)
        application = desk.one_for(officer, application_id)
        return lambda: bool(use_case(application, *arguments, actor=officer)) and "done"

    return act


def test_of_six_tabs_saving_one_evaluation_one_wins(app):
    assignment = make_assignment(status=AssignmentStatus.ACCEPTED)
    db.session.commit()

    answers = together(app, *(writing(scoring.save_draft, assignment, mark) for mark in (0, 1, 2, 3, 4, 0)))

    assert Counter(answers) == {"saved": 1, "Conflict": 5}
    marks = db.session.scalars(sa.select(CriterionScore.mark)).all()
    assert len(marks) == 2
    assert len(set(marks)) == 1


def test_of_two_clicks_handing_in_one_is_told(app):
    assignment = make_assignment(status=AssignmentStatus.ACCEPTED)
    db.session.commit()

    answers = together(app, *(writing(scoring.hand_in, assignment, 3) for _ in range(3)))

    assert Counter(answers) == {"saved": 1, "Conflict": 2}
    assert db.session.scalars(sa.select(OutboxMessage.kind)).all() == ["ReviewCompleted"]


def test_a_review_closes_before_or_after_an_opinion_but_never_across(app):
    application = make_application(call=make_call(reviews_required=1), status=S.UNDER_REVIEW)
    make_assignment(application, status=AssignmentStatus.COMPLETED)
    late = make_assignment(application, status=AssignmentStatus.ACCEPTED)
    late_id = late.id
    closing = processing(assigning.close_review, application.id)

    closed, written = together(app, closing, writing(scoring.hand_in, late, 4))

    assert closed is False  # it returned nothing, and raised nothing
    status = db.session.scalar(sa.select(Assignment.status).where(Assignment.id == late_id))
    assert (written, status) in {
        ("saved", AssignmentStatus.COMPLETED),
        ("RuleBroken", AssignmentStatus.ACCEPTED),
    }
    assert db.session.scalar(sa.select(Application.status)) is S.REVIEWED


def test_two_officers_assign_the_same_reviewer_once(app):
    application, reviewer = make_application(status=S.ELIGIBLE), make_account(Role.REVIEWER)
    day = clock.today() + dt.timedelta(days=9)
    acts = []
    for _ in range(2):
        officer_id, reviewer_id, application_id = make_account(Role.OFFICER).id, reviewer.id, application.id
        acts.append(assigning_of(officer_id, application_id, reviewer_id, day))
    db.session.commit()

    answers = together(app, *acts)

    assert Counter(answers) == {"assigned": 1, "RuleBroken": 1}
    assert db.session.scalars(sa.select(OutboxMessage.kind)).all() == ["ReviewAssigned"]


def assigning_of(officer_id, application_id, reviewer_id, day):
    def act():
        officer, reviewer = who(officer_id), who(reviewer_id)
        application = desk.one_for(officer, application_id)
        return lambda: assigning.assign(application, reviewer, day, actor=officer) and "assigned"

    return act


def test_two_officers_decide_once_on_eligibility(app):
    application_id = make_application(status=S.SUBMITTED).id

    answers = together(
        app,
        processing(eligibility.declare_eligible, application_id),
        processing(eligibility.declare_ineligible, application_id, "Hors des familles."),
    )

    assert Counter(answers) == {"done": 1, "InvalidTransition": 1}
    decision = db.session.scalars(sa.select(EligibilityDecision)).one()
    status = db.session.scalar(sa.select(Application.status))
    assert status is (S.ELIGIBLE if decision.eligible else S.INELIGIBLE)
