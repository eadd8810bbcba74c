"""Every (status × transition × person) of an assignment, against a table written by hand."""

import itertools

import pytest

from guichet.accounts.models import Role
from guichet.core import clock
from guichet.core.errors import Forbidden, InvalidTransition
from guichet.review.models import AssignmentStatus
from guichet.review.workflow import ASSIGNMENT
from guichet.workflow.engine import fire, open_transitions
from tests.factories.accounts import make_account
from tests.factories.review import make_assignment

S = AssignmentStatus
# transition: (from, to, who)
EXPECTED = {
    "accept": ({S.ASSIGNED}, S.ACCEPTED, {"reviewer"}),
    "declare_conflict": ({S.ASSIGNED, S.ACCEPTED}, S.CONFLICT, {"reviewer"}),
    "decline": ({S.ASSIGNED, S.ACCEPTED}, S.DECLINED, {"reviewer"}),
    "complete": ({S.ACCEPTED}, S.COMPLETED, {"reviewer"}),
    "cancel": ({S.ASSIGNED}, S.CANCELLED, {"officer"}),
    # By the guichet alone, when the dossier is withdrawn.
    "stop": ({S.ASSIGNED, S.ACCEPTED}, S.STOPPED, set()),
    "renew": ({S.CANCELLED}, S.ASSIGNED, {"officer"}),
}
PEOPLE = ("reviewer", "officer", "other reviewer", "officer of the ministry", "auditor", "admin", "chair", "lead")


def actor_for(person, assignment):
    match person:
        case "reviewer":
            return assignment.reviewer
        case "lead":
            return assignment.application.team[0].account
        case "officer of the ministry":
            return make_account(Role.OFFICER, organisation=assignment.application.organisation)
        case _:
            return make_account(Role(person.removeprefix("other ")))


def test_the_table_names_every_transition():
    assert set(ASSIGNMENT) == set(EXPECTED)


@pytest.mark.parametrize(("status", "name", "person"), list(itertools.product(S, EXPECTED, PEOPLE)))
def test_assignment_moves_only_as_the_table_says(session, status, name, person):
    sources, target, people = EXPECTED[name]
    assignment = make_assignment(status=status)
    actor = actor_for(person, assignment)

    assert (name in open_transitions(ASSIGNMENT, assignment, actor)) is (status in sources and person in people)
    if status not in sources:
        with pytest.raises(InvalidTransition):
            fire(ASSIGNMENT, name, assignment, actor)
    elif person not in people:
        with pytest.raises(Forbidden):
            fire(ASSIGNMENT, name, assignment, actor)
    else:
        fire(ASSIGNMENT, name, assignment, actor)
        assert assignment.status is target
        # As the use cases write it beside, so that the constraints hold at the end of the test.
        assignment.answered_at = None if target in {S.ASSIGNED, S.CANCELLED} else clock.now()
        assignment.refusal_reason = "Motif" if target in {S.CONFLICT, S.DECLINED} else ""
