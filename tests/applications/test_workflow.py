"""The life of a dossier: every status × transition × person, of its ministry and of another, against a table written by hand."""

import itertools

import pytest

from guichet.accounts.models import Account, Role
from guichet.applications.models import Application, ApplicationStatus, TeamMember, TeamRole
from guichet.applications.workflow import WORKFLOW
from guichet.audit import queries as audit
from guichet.audit.models import Audience
from guichet.core.db import db
from guichet.core.errors import Forbidden, InvalidTransition
from guichet.workflow.engine import fire, open_transitions
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call

S = ApplicationStatus

TEAM = {"lead", "editor"}
LEAD = {"lead"}
FOCAL_POINT = {"focal_point, own ministry"}
OFFICER = {"officer, other ministry"}
DECIDERS = {"officer, other ministry", "chair, other ministry"}
NOBODY: set[str] = set()

# transition: (from, to, who where the call asks for an endorsement, who where it does not)
EXPECTED = {
    "request_endorsement": ({S.DRAFT}, S.AWAITING_ENDORSEMENT, TEAM, NOBODY),
    "return_to_draft": ({S.AWAITING_ENDORSEMENT}, S.DRAFT, TEAM | FOCAL_POINT, TEAM | FOCAL_POINT),
    "endorse": ({S.AWAITING_ENDORSEMENT}, S.SUBMITTED, FOCAL_POINT, FOCAL_POINT),
    "submit": ({S.DRAFT}, S.SUBMITTED, NOBODY, LEAD),
    "request_changes": ({S.SUBMITTED, S.UNDER_REVIEW}, S.CHANGES_REQUESTED, OFFICER, OFFICER),
    "resubmit": ({S.CHANGES_REQUESTED}, S.SUBMITTED, LEAD, LEAD),
    "cancel_changes": ({S.CHANGES_REQUESTED}, S.SUBMITTED, OFFICER, OFFICER),
    # Only where the request interrupted a review: see test_complements_services.
    "cancel_changes_in_review": ({S.CHANGES_REQUESTED}, S.UNDER_REVIEW, NOBODY, NOBODY),
    "declare_eligible": ({S.SUBMITTED}, S.ELIGIBLE, OFFICER, OFFICER),
    "declare_ineligible": ({S.SUBMITTED}, S.INELIGIBLE, OFFICER, OFFICER),
    "close_without_follow_up": ({S.SUBMITTED, S.CHANGES_REQUESTED}, S.CLOSED, OFFICER, OFFICER),
    "open_review": ({S.ELIGIBLE}, S.UNDER_REVIEW, OFFICER, OFFICER),
    "close_review": ({S.UNDER_REVIEW}, S.REVIEWED, OFFICER, OFFICER),
    "award": ({S.REVIEWED, S.WAITLISTED}, S.AWARDED, DECIDERS, DECIDERS),
    "reject": ({S.REVIEWED, S.WAITLISTED}, S.REJECTED, DECIDERS, DECIDERS),
    "waitlist": ({S.REVIEWED}, S.WAITLISTED, DECIDERS, DECIDERS),
    "defer": ({S.REVIEWED}, S.DEFERRED, DECIDERS, DECIDERS),
    "return_to_reviewed": ({S.DEFERRED}, S.REVIEWED, OFFICER, OFFICER),
    "reopen_ineligible": ({S.INELIGIBLE}, S.SUBMITTED, OFFICER, OFFICER),
    "reopen_rejected": ({S.REJECTED}, S.REVIEWED, DECIDERS, DECIDERS),
    "withdraw": (
        {S.SUBMITTED, S.CHANGES_REQUESTED, S.ELIGIBLE, S.UNDER_REVIEW, S.REVIEWED, S.DEFERRED, S.WAITLISTED},
        S.WITHDRAWN,
        LEAD,
        LEAD,
    ),
}
FINAL = {S.AWARDED, S.WITHDRAWN, S.CLOSED}


def people_around(application: Application) -> dict[str, Account]:
    """The team, then each role held in the dossier's ministry and in another one."""
    editor = make_account(Role.APPLICANT, organisation=application.organisation)
    application.team.append(TeamMember(account=editor, account_id=editor.id, role=TeamRole.EDITOR))
    found = {"lead": application.team[0].account, "editor": editor}
    for role in Role:
        found[f"{role.value}, own ministry"] = make_account(role, organisation=application.organisation)
        found[f"{role.value}, other ministry"] = make_account(role)
    other_call = make_call()
    for role in (Role.OFFICER, Role.CHAIR):
        found[f"{role.value} of another call"] = make_account(role, call_id=other_call.id)
    return found


def outcome_of(name: str, application: Application, actor: Account) -> str:
    """What firing `name` gives: the status reached, or the refusal. The dossier is put back as it was."""
    before = application.status
    try:
        fire(WORKFLOW, name, application, actor)
    except InvalidTransition:
        return "not from here"
    except Forbidden:
        return "not by her"
    reached, application.status = application.status, before
    return reached.value


@pytest.mark.parametrize("endorsement", [True, False])
@pytest.mark.parametrize("status", list(S))
def test_dossier_moves_only_as_the_table_says(session, status, endorsement):
    application = make_application(call=make_call(endorsement_required=endorsement), status=status)
    people = people_around(application)
    expected, found, buttons = {}, {}, {}

    for name, (person, actor) in itertools.product(EXPECTED, people.items()):
        sources, target, who_with, who_without = EXPECTED[name]
        allowed = person in (who_with if endorsement else who_without)
        refusal = "not from here" if status not in sources else "not by her"
        expected[name, person] = target.value if status in sources and allowed else refusal
        found[name, person] = outcome_of(name, application, actor)
        buttons[name, person] = name in open_transitions(WORKFLOW, application, actor)

    assert found == expected
    assert buttons == {case: outcome in set(S) for case, outcome in expected.items()}


def test_the_table_names_every_transition():
    assert set(EXPECTED) == set(WORKFLOW)


def test_every_status_but_the_final_ones_has_a_way_out():
    left = set().union(*(sources for sources, *_ in EXPECTED.values()))

    assert set(S) - left == FINAL


def test_every_status_but_the_first_can_be_reached():
    assert set(S) - {target for _, target, *_ in EXPECTED.values()} == set()


def test_a_transition_leaves_its_trace_for_the_team(session):
    application = make_application(status=S.SUBMITTED)
    officer = make_account(Role.OFFICER)

    fire(WORKFLOW, "declare_eligible", application, officer, reason="Complet.")
    db.session.flush()

    (entry,) = audit.history_of(application, Audience.TEAM)
    assert (entry.action, entry.actor_id) == ("application.declare_eligible", officer.id)
    assert entry.facts == {"before": "submitted", "after": "eligible", "reason": "Complet."}
