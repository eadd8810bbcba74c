"""Who sees which dossier, and what a page loads."""

import datetime as dt
import uuid

import pytest

from guichet.accounts import queries as accounts
from guichet.accounts.models import Account, Organisation, Role
from guichet.applications import joining, queries
from guichet.applications.listing import YEAR
from guichet.applications.models import Application, ApplicationStatus, Recusal, TeamMember, TeamRole
from guichet.calls.models import Call, CallStatus
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import NotFound
from guichet.plans.models import Progress, Theme
from tests.factories.accounts import make_account, make_direction, make_ministry
from tests.factories.applications import make_application
from tests.factories.calls import make_call
from tests.factories.plans import make_action, make_plan

S = ApplicationStatus


def again(account: Account) -> Account:
    """The account as a request loads it."""
    db.session.commit()
    db.session.expire_all()
    found = accounts.by_email(account.email)
    assert found is not None
    return found


def seen_by(account: Account) -> set[uuid.UUID]:
    return {application.id for application in db.session.scalars(queries.visible_to(again(account)))}


READERS = {
    # who: (sees a draft, sees a visa asked, sees it once submitted)
    "lead": (True, True, True),
    "colleague": (True, True, True),
    "focal point": (True, True, True),
    "auditor": (True, True, True),
    "auditor of the call": (True, True, True),
    "auditor of another call": (False, False, False),
    "applicant of the ministry, not on the team": (False, False, False),
    "focal point of another ministry": (False, False, False),
    "officer of the call": (False, False, True),
    "officer of the window": (False, False, True),
    "officer of another call": (False, False, False),
    "officer of the same ministry": (False, False, False),
    "finance": (False, False, True),
    "admin": (False, False, True),
    "reviewer": (False, False, False),
    "committee": (False, False, False),
    "chair": (False, False, False),
}


def people(ministry: Organisation, call: Call, other_call: Call) -> dict[str, Account]:
    return {
        "lead": make_account(Role.APPLICANT, organisation=ministry),
        "colleague": make_account(Role.APPLICANT, organisation=ministry),
        "focal point": make_account(Role.FOCAL_POINT, organisation=ministry),
        "auditor": make_account(Role.AUDITOR),
        "auditor of the call": make_account(Role.AUDITOR, call_id=call.id),
        "auditor of another call": make_account(Role.AUDITOR, call_id=other_call.id),
        "applicant of the ministry, not on the team": make_account(Role.APPLICANT, organisation=ministry),
        "focal point of another ministry": make_account(Role.FOCAL_POINT),
        "officer of the call": make_account(Role.OFFICER, call_id=call.id),
        "officer of the window": make_account(Role.OFFICER),
        "officer of another call": make_account(Role.OFFICER, call_id=other_call.id),
        "officer of the same ministry": make_account(Role.OFFICER, organisation=ministry),
        "finance": make_account(Role.FINANCE),
        "admin": make_account(Role.ADMIN),
        "reviewer": make_account(Role.REVIEWER),
        "committee": make_account(Role.COMMITTEE),
        "chair": make_account(Role.CHAIR),
    }


def test_each_person_sees_the_dossiers_of_her_role_only(session):
    call, other_call, ministry = make_call(), make_call(), make_ministry()
    everybody = people(ministry, call, other_call)
    dossiers: list[Application] = []
    for status in (S.DRAFT, S.AWAITING_ENDORSEMENT, S.SUBMITTED):
        dossiers.append(make_application(call=call, lead=everybody["lead"], status=status))
        dossiers[-1].team.append(TeamMember(account=everybody["colleague"], role=TeamRole.EDITOR))
    ids = [dossier.id for dossier in dossiers]

    seen = {who: tuple(identifier in seen_by(account) for identifier in ids) for who, account in everybody.items()}

    assert seen == READERS


@pytest.mark.parametrize("role", [Role.APPLICANT, Role.FOCAL_POINT, Role.OFFICER, Role.AUDITOR, Role.ADMIN])
def test_a_recusal_hides_the_dossier_everywhere(session, role):
    ministry = make_ministry()
    lead = make_account(Role.APPLICANT, organisation=ministry)
    inside = role in {Role.APPLICANT, Role.FOCAL_POINT}
    person = lead if role is Role.APPLICANT else make_account(role, organisation=ministry if inside else None)
    dossier = make_application(lead=lead, status=S.SUBMITTED)
    assert dossier.id in seen_by(person)

    session.add(Recusal(application_id=dossier.id, account_id=person.id, reason="Parent du porteur"))

    person = again(person)
    for rows in (queries.visible_to(person), queries.mine(person), queries.for_processing(person)):
        assert db.session.scalars(rows).all() == []
        assert queries.tally(rows, YEAR)[0] == {}
        assert queries.answered(rows) == queries.Answered([], [])
    with pytest.raises(NotFound):
        queries.one_for(person, dossier.id)


def test_a_grant_that_ended_shows_nothing_more(session):
    dossier = make_application(status=S.SUBMITTED)
    officer = make_account(Role.OFFICER)
    officer.grants[0].last_day = clock.today()
    assert dossier.id in seen_by(officer)

    again(officer).grants[0].last_day = clock.today() - dt.timedelta(days=1)

    assert seen_by(officer) == set()


def test_mine_leaves_out_what_is_seen_as_an_officer(session):
    ministry = make_ministry()
    person = make_account(Role.APPLICANT, Role.OFFICER, organisation=ministry)
    own = make_application(lead=person)
    others = make_application(status=S.SUBMITTED)
    identifiers = own.id, others.id

    person = again(person)

    assert {a.id for a in db.session.scalars(queries.visible_to(person))} == set(identifiers)
    assert [a.id for a in db.session.scalars(queries.mine(person))] == [identifiers[0]]
    assert [a.id for a in db.session.scalars(queries.for_processing(person))] == [identifiers[1]]


def test_one_for_loads_all_that_pages_show_in_eight_statements(session, statements):
    lead = make_account(Role.APPLICANT)
    action = make_action(make_plan(lead.organisation))
    dossier = make_application(lead=lead, status=S.SUBMITTED)
    dossier.plan_links[0].plan_action_id = action.id
    dossier.plan_links[0].proposed_title = ""
    dossier.plan_links[0].proposed_theme = None
    identifier, lead = dossier.id, again(lead)
    db.session.expunge_all()
    statements.clear()

    dossier = queries.one_for(lead, identifier)

    assert len(statements) == 8
    assert dossier.call.attachment_kinds == []
    assert dossier.ministry.name == dossier.organisation.name
    assert dossier.family is not None
    assert [action.label for action in dossier.priority_actions] == ["Allonger la durée de vie"]
    assert [member.account.full_name for member in dossier.team] == [lead.full_name]
    assert [link.plan_action.title for link in dossier.plan_links if link.plan_action] == [
        "Allonger la durée d’usage des postes"
    ]
    assert len(dossier.milestones) == len(dossier.budget_lines) == len(dossier.indicators) == 1
    assert dossier.attachments == dossier.versions == dossier.change_requests == []
    assert len(statements) == 8


def test_one_for_takes_as_many_statements_for_a_big_dossier(session, statements):
    lead = make_account(Role.APPLICANT)
    dossier = make_application(lead=lead, complete=True)
    for _ in range(4):
        dossier.team.append(TeamMember(account=make_account(organisation=lead.organisation), role=TeamRole.EDITOR))
    identifier, lead = dossier.id, again(lead)
    db.session.expunge_all()
    statements.clear()

    dossier = queries.one_for(lead, identifier)

    assert len(dossier.team) == 5
    assert len(statements) == 8


def test_loaded_adds_the_scoring_grid(session):
    identifier = make_application(status=S.SUBMITTED).id
    session.commit()
    session.expunge_all()

    dossier = queries.loaded(identifier)

    assert [criterion.title for criterion in dossier.call.criteria] == ["Impacts évités", "Portage"]
    assert dossier.team[0].account.organisation_id == dossier.organisation_id
    with pytest.raises(NotFound):
        queries.loaded(uuid.uuid4())


def test_call_to_answer_hides_a_call_in_preparation(session):
    applicant = make_account(Role.APPLICANT)
    ready, preparing = make_call(), make_call(status=CallStatus.DRAFT)

    assert queries.call_to_answer(applicant, ready.slug) is ready
    for slug in (preparing.slug, "inconnu"):
        with pytest.raises(NotFound):
            queries.call_to_answer(applicant, slug)


def test_drafts_of_finds_what_the_person_began_in_the_call(session):
    ministry = make_ministry()
    lead = make_account(Role.APPLICANT, Role.FOCAL_POINT, organisation=ministry)
    call = make_call()
    drafts = [make_application(lead=lead, call=call, status=s) for s in (S.DRAFT, S.AWAITING_ENDORSEMENT)]
    make_application(lead=lead, call=call, status=S.SUBMITTED)
    make_application(lead=lead)
    make_application(lead=make_account(Role.APPLICANT, organisation=ministry), call=call)

    assert queries.drafts_of(lead, call.id) == drafts[::-1]


def test_carriers_for_follows_the_tree_and_its_dates(session):
    ministry = make_ministry("Ministère A")
    direction = make_direction(ministry, "Direction B")
    gone = make_direction(ministry, "Direction supprimée")
    gone.valid_until = clock.today()
    for_all = make_account(Role.APPLICANT, organisation=ministry)
    for_one = make_account(organisation=direction)
    make_ministry("Autre ministère")
    session.flush()

    assert queries.carriers_for(for_all) == [ministry, direction]
    assert queries.carriers_for(for_one) == []


def test_actions_of_are_the_ministrys_own_by_theme(session):
    ministry = make_ministry()
    plan = make_plan(ministry)
    last = make_action(plan, 1, theme=Theme.END_OF_USE)
    first = make_action(plan, 2, theme=Theme.GOVERNANCE)
    make_action(plan, 3, progress=Progress.ABANDONED)
    make_action(make_plan(make_ministry()))

    assert queries.actions_of(ministry.id) == [first, last]


def test_colleague_is_an_active_applicant_of_the_ministry(session):
    ministry = make_ministry()
    dossier = make_application(lead=make_account(Role.APPLICANT, organisation=ministry))
    wanted = make_account(Role.APPLICANT, organisation=make_direction(ministry))
    strangers = [
        make_account(Role.APPLICANT),
        make_account(Role.FOCAL_POINT, organisation=ministry),
        make_account(Role.APPLICANT, organisation=ministry, active=False),
    ]

    assert joining.colleague(wanted.email.upper(), dossier) == wanted
    assert [joining.colleague(person.email, dossier) for person in strangers] == [None, None, None]
    assert joining.colleague("personne@nulle.part", dossier) is None


def test_a_member_who_applies_no_more_or_left_the_ministry_sees_the_dossier_no_more(session):
    lead = make_account(Role.APPLICANT)
    dossier = make_application(lead=lead)
    ended, moved = make_account(organisation=lead.organisation), make_account(Role.APPLICANT)
    for person in (ended, moved):
        dossier.team.append(TeamMember(account=person, role=TeamRole.EDITOR))

    assert [dossier.id in seen_by(person) for person in (lead, ended, moved)] == [True, False, False]


@pytest.mark.parametrize("role", [Role.ADMIN, Role.FINANCE, Role.AUDITOR, Role.OFFICER])
@pytest.mark.parametrize("part", [Role.APPLICANT, Role.FOCAL_POINT])
def test_nobody_processes_or_watches_a_dossier_in_which_she_takes_part(session, role, part):
    person = make_account(role, part)
    lead = person if part is Role.APPLICANT else make_account(Role.APPLICANT, organisation=person.organisation)
    dossier = make_application(lead=lead, status=S.SUBMITTED)
    other = make_application(status=S.SUBMITTED)

    person = again(person)

    assert set(db.session.scalars(queries.for_processing(person).with_only_columns(Application.id))) == {other.id}
    assert dossier.id in seen_by(person)
