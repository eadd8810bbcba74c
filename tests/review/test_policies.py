"""Rights in review, each as a table: who, on what, allowed or not."""

from typing import Any

import pytest

from guichet.accounts.models import Account, Role
from guichet.applications.models import ApplicationStatus, TeamMember, TeamRole
from guichet.review import policies
from guichet.review.models import Assignment, AssignmentStatus
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call
from tests.factories.review import make_assignment

S = AssignmentStatus


@pytest.fixture
def assignment(session: Any) -> Assignment:
    return make_assignment()


def holder(who: str, assignment: Assignment) -> Account:
    """Somebody, by what she is to the assignment."""
    application = assignment.application
    match who:
        case "assigned":
            return assignment.reviewer
        case "lead":
            return application.team[0].account
        case "officer of the call":
            return make_account(Role.OFFICER, call_id=application.call_id)
        case "officer of another call":
            return make_account(Role.OFFICER, call_id=make_call().id)
        case "officer of the same ministry":
            return make_account(Role.OFFICER, organisation=application.organisation)
    return make_account(Role(who))


NOBODY_ELSE = {role.value: False for role in Role if role is not Role.OFFICER}


@pytest.mark.parametrize(
    ("who", "allowed"),
    {
        **NOBODY_ELSE,
        "assigned": False,
        "lead": False,
        "officer": True,
        "officer of the call": True,
        "officer of another call": False,
        "officer of the same ministry": False,
    }.items(),
)
def test_can_assign(assignment, who, allowed):
    assert policies.can_assign(holder(who, assignment), assignment) is allowed


@pytest.mark.parametrize("who", ["lead", "officer", *NOBODY_ELSE])
def test_only_the_assigned_person_is_assigned(assignment, who):
    assert policies.is_assigned(assignment.reviewer, assignment)
    assert not policies.is_assigned(holder(who, assignment), assignment)


READ = {S.ACCEPTED, S.COMPLETED}
SCORE = {S.ACCEPTED}
STEP_ASIDE = {S.ASSIGNED, S.ACCEPTED}


@pytest.mark.parametrize("status", list(S))
@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        (policies.can_read_dossier, READ),
        (policies.can_score, SCORE),
        (policies.can_step_aside, STEP_ASIDE),
        (policies.can_write, SCORE),
    ],
)
def test_what_the_assigned_person_may_do_depends_on_her_answer(session, policy, allowed, status):
    assignment = make_assignment(status=status)

    assert policy(assignment.reviewer, assignment) is (status in allowed)
    for other in ("officer", "auditor", "reviewer", "lead", "chair"):
        assert not policy(holder(other, assignment), assignment), other


@pytest.mark.parametrize("status", list(ApplicationStatus))
def test_can_write_only_while_the_review_is_open(session, status):
    assignment = make_assignment(make_application(status=status), status=S.ACCEPTED)

    assert policies.can_write(assignment.reviewer, assignment) is (status is ApplicationStatus.UNDER_REVIEW)


def test_a_reviewer_of_the_window_or_of_the_call_meets_no_obstacle(session):
    application = make_application()

    assert policies.obstacle_to(make_account(Role.REVIEWER), application) == ""
    assert policies.obstacle_to(make_account(Role.REVIEWER, call_id=application.call_id), application) == ""


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.REVIEWER])
def test_another_role_may_not_review(session, role):
    assert "n’est pas évaluateur" in policies.obstacle_to(make_account(role), make_application())


def test_a_reviewer_of_another_call_may_not_review(session):
    reviewer = make_account(Role.REVIEWER, call_id=make_call().id)

    assert "n’est pas évaluateur" in policies.obstacle_to(reviewer, make_application())


def test_somebody_who_left_may_not_review(session):
    assert "n’est pas évaluateur" in policies.obstacle_to(make_account(Role.REVIEWER, active=False), make_application())


def test_the_ministry_of_the_dossier_may_not_review_it(session):
    application = make_application()
    reviewer = make_account(Role.REVIEWER, organisation=application.organisation)

    assert "ministère" in policies.obstacle_to(reviewer, application)


def test_the_team_may_not_review_even_from_another_ministry(session):
    application, reviewer = make_application(), make_account(Role.REVIEWER)
    application.team.append(TeamMember(account=reviewer, account_id=reviewer.id, role=TeamRole.EDITOR))

    assert "équipe" in policies.obstacle_to(reviewer, application)
