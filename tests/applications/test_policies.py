"""Who may do what to a dossier, as one table of people and rights."""

import datetime as dt

import pytest

from guichet.accounts.models import Account, Role
from guichet.applications import policies
from guichet.applications.models import Application, ApplicationStatus, ChangeRequest, Section, TeamMember, TeamRole
from guichet.core import clock
from tests.factories.accounts import make_account, make_direction, make_ministry
from tests.factories.applications import make_application
from tests.factories.calls import make_call

S = ApplicationStatus

# The order of a ministry’s dossiers: see test_priorities.
OF_A_MINISTRY = {"can_order", "is_order_open"}
TEAM_ONLY = {
    "can_edit": {"lead", "colleague"},
    "can_impose_lead": {"focal point", "admin"},
    "can_request_endorsement": set(),
    "can_submit": {"lead"},
    "can_endorse": {"focal point"},
    "can_return_to_draft": {"lead", "colleague", "focal point"},
    "can_resubmit": {"lead"},
    "can_withdraw": {"lead"},
    "can_delete": {"lead"},
    "can_manage_team": {"lead", "focal point", "admin"},
    "can_process": {"officer", "officer of the call"},
    # Which of the two steps is open depends on where the request came from: see test_complements_endings.
    "can_cancel_changes": {"officer", "officer of the call"},
    "can_cancel_changes_in_review": set(),
    "can_acknowledge": {"lead", "colleague", "reader", "focal point"},
    "can_read_unsent": {"lead", "colleague", "reader", "focal point"},
    "can_publish_decision": {"officer", "officer of the call", "chair"},
    "can_read_former_files": {"lead", "colleague", "focal point", "auditor"},
    "can_read_staff_entries": {"officer", "officer of the call", "auditor"},
    "can_read_messages": {
        "lead",
        "colleague",
        "reader",
        "focal point",
        "officer",
        "officer of the call",
        "auditor",
    },
    # Nobody writes about a draft: see test_messages.
    "can_exchange": set(),
    "can_note": set(),
    "is_on_team": {"lead", "colleague", "reader"},
    "is_writer": {"lead", "colleague"},
    "is_lead": {"lead"},
    "is_focal_point": {"focal point"},
    "is_officer": {"officer", "officer of the call"},
}


@pytest.fixture
def dossier(session) -> Application:
    ministry = make_ministry()
    dossier = make_application(lead=make_account(Role.APPLICANT, organisation=ministry), change_requests=[])
    for role in (TeamRole.EDITOR, TeamRole.READER):
        dossier.team.append(TeamMember(account=make_account(Role.APPLICANT, organisation=ministry), role=role))
    session.flush()
    return dossier


@pytest.fixture
def people(dossier) -> dict[str, Account]:
    ministry, call = dossier.organisation, dossier.call
    other_call = make_call()
    return {
        "lead": dossier.team[0].account,
        "colleague": dossier.team[1].account,
        "reader": dossier.team[2].account,
        "applicant of the ministry": make_account(Role.APPLICANT, organisation=ministry),
        "focal point": make_account(Role.FOCAL_POINT, organisation=ministry),
        "focal point of another ministry": make_account(Role.FOCAL_POINT),
        "officer": make_account(Role.OFFICER),
        "officer of the call": make_account(Role.OFFICER, call_id=call.id),
        "officer of another call": make_account(Role.OFFICER, call_id=other_call.id),
        "officer of the ministry": make_account(Role.OFFICER, organisation=make_direction(ministry)),
        "chair": make_account(Role.CHAIR),
        "chair of the ministry": make_account(Role.CHAIR, organisation=ministry),
        "committee": make_account(Role.COMMITTEE),
        "reviewer": make_account(Role.REVIEWER),
        "finance": make_account(Role.FINANCE),
        "admin": make_account(Role.ADMIN),
        "auditor": make_account(Role.AUDITOR),
    }


def holders(policy_name: str, people: dict[str, Account], dossier: Application) -> set[str]:
    policy = getattr(policies, policy_name)
    return {name for name, person in people.items() if policy(person, dossier)}


@pytest.mark.parametrize("policy", TEAM_ONLY)
def test_each_right_is_held_by_these_people_and_no_other(policy, people, dossier):
    assert holders(policy, people, dossier) == TEAM_ONLY[policy]


def test_every_policy_on_dossiers_is_in_the_table():
    public = {name for name in vars(policies) if name.startswith(("can_", "is_", "has_"))} - {
        "is_admin",
        *OF_A_MINISTRY,
    }

    assert public == {*TEAM_ONLY, "can_edit_section", "can_read_rewriting"}


def test_where_the_visa_is_required_the_team_asks_and_does_not_submit(people, dossier):
    dossier.call.endorsement_required = True

    assert holders("can_request_endorsement", people, dossier) == {"lead", "colleague"}
    assert holders("can_submit", people, dossier) == set()


@pytest.mark.parametrize("status", ApplicationStatus)
def test_a_dossier_is_written_while_it_is_a_draft_or_to_be_completed(people, status):
    lead = people["lead"]
    dossier = make_application(lead=lead, status=status)

    assert policies.can_edit(lead, dossier) == (status in {S.DRAFT, S.CHANGES_REQUESTED})
    assert policies.can_delete(lead, dossier) == (status is S.DRAFT)


@pytest.mark.parametrize("section", Section)
def test_complements_open_the_sections_they_name_until_they_are_answered(people, section):
    lead = people["lead"]
    dossier = make_application(lead=lead, status=S.CHANGES_REQUESTED)
    assert not policies.can_edit_section(lead, dossier, section)

    request = ChangeRequest(sections=[section.value], message="Précisez", due_on=clock.today())
    dossier.change_requests = [request]
    opened = {each for each in Section if policies.can_edit_section(lead, dossier, each)}
    assert opened == {section}
    assert not policies.can_edit_section(people["focal point"], dossier, section)
    assert not policies.can_edit_section(people["reader"], dossier, section)

    request.answered_at = clock.now()
    assert not policies.can_edit_section(lead, dossier, section)
    # The row has no author: it is not to be written.
    dossier.change_requests = []


def test_a_draft_is_open_whole(people, dossier):
    assert all(policies.can_edit_section(people["colleague"], dossier, section) for section in Section)
    assert not any(policies.can_edit_section(people["reader"], dossier, section) for section in Section)


def test_a_role_that_ended_gives_no_right(people, dossier):
    officer = people["officer"]
    officer.grants[0].last_day = clock.today() - dt.timedelta(days=1)

    assert not policies.can_process(officer, dossier)


def test_what_is_being_rewritten_is_read_by_the_ministry_and_the_auditors(dossier, people):
    dossier.status = S.CHANGES_REQUESTED

    readers = {who for who, account in people.items() if policies.can_read_rewriting(account, dossier)}

    assert readers == {"lead", "colleague", "reader", "focal point", "auditor"}


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.OFFICER])
def test_a_former_member_who_got_another_role_writes_no_more(dossier, role):
    former = make_account(role)
    dossier.team.append(TeamMember(account=former, account_id=former.id, role=TeamRole.EDITOR))

    assert not policies.can_edit(former, dossier)
    assert not policies.can_read_staff_entries(former, dossier)
