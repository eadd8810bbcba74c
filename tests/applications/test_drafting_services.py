"""Beginning, saving and throwing away: what each use case does, refuses and leaves behind."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guichet.accounts.models import Account, Role
from guichet.applications import queries
from guichet.applications.models import (
    Application,
    ApplicationStatus,
    BudgetCategory,
    BudgetLine,
    ChangeRequest,
    ImpactUnit,
    PlanLink,
    Section,
    TeamMember,
    TeamRole,
)
from guichet.applications.sections import fingerprint, values_of
from guichet.applications.services import drafting
from guichet.audit import queries as audit
from guichet.calls.models import CallStatus
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Conflict, Forbidden, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.plans.models import EngagementLevel, Theme
from tests.factories.accounts import make_account, make_direction, make_ministry
from tests.factories.applications import make_application
from tests.factories.calls import make_call, make_family, make_priority_action
from tests.factories.plans import make_action, make_plan

S = ApplicationStatus


@pytest.fixture
def lead(session) -> Account:
    return make_account(Role.APPLICANT)


@pytest.fixture
def draft(lead) -> Application:
    return reread(make_application(lead=lead, complete=True), lead)


def reread(application: Application, actor: Account) -> Application:
    """The dossier as a page loads it."""
    db.session.commit()
    return queries.one_for(actor, application.id)


def save(application: Application, section: Section, actor: Account, **values: Any) -> Application:
    """Save `section` as somebody does who has just opened it, changing `values`."""
    with unit_of_work():
        whole = {**values_of(application, section), **values}
        drafting.save_section(application, section, whole, seen=fingerprint(application, section), actor=actor)
    return reread(application, actor)


def line(**values: Any) -> dict[str, Any]:
    return {
        "id": None,
        "category": BudgetCategory.SERVICES,
        "label": "Audit",
        "year": 2027,
        "amount": Decimal("1000.00"),
        "amount_requested": Decimal("500.00"),
        **values,
    }


# Beginning


def test_create_makes_the_actor_the_lead_of_a_draft(session, lead, owed):
    call = make_call()

    with unit_of_work():
        application = drafting.create(call, organisation=lead.organisation, title="Réparer", actor=lead)

    application = reread(application, lead)
    assert (application.status, application.title, application.reference) == (S.DRAFT, "Réparer", None)
    assert application.ministry_id == lead.organisation.ministry_id
    assert [(member.account_id, member.role) for member in application.team] == [(lead.id, TeamRole.LEAD)]
    assert [entry.action for entry in audit.history_of(application)] == ["application.create"]
    assert owed() == []


def test_create_keeps_the_ministry_of_a_direction(session, lead):
    direction = make_direction(lead.organisation)

    with unit_of_work():
        application = drafting.create(make_call(), organisation=direction, title="Réparer", actor=lead)

    assert application.organisation_id == direction.id
    assert application.ministry_id == lead.organisation_id


@pytest.mark.parametrize(
    ("status", "opens", "closes"),
    [
        (CallStatus.PUBLISHED, -1, 1),
        (CallStatus.CLOSED, -1, 1),
        # The clock's task is late: the hour alone decides.
        (CallStatus.OPEN, -2, -1),
        (CallStatus.OPEN, 1, 2),
    ],
)
def test_create_refuses_a_call_that_is_not_open(session, lead, status, opens, closes):
    now = clock.now()
    hours = dt.timedelta(hours=1)
    call = make_call(status=status, opens_at=now + opens * hours, closes_at=now + closes * hours)

    with pytest.raises(RuleBroken, match="n’est pas ouvert"), unit_of_work():
        drafting.create(call, organisation=lead.organisation, title="Réparer", actor=lead)

    assert session.scalar(sa.select(sa.func.count()).select_from(Application)) == 0


def test_create_refuses_an_organisation_that_is_not_the_persons(session, lead):
    for organisation in (make_ministry(), None):
        with pytest.raises(RuleBroken) as refusal, unit_of_work():
            drafting.create(make_call(), organisation=organisation, title="Réparer", actor=lead)
        assert refusal.value.field == "organisation_id"


def test_create_makes_a_second_draft_only_when_wanted(session, lead):
    call = make_call()
    make_application(call=call, lead=lead)

    with pytest.raises(RuleBroken) as refusal, unit_of_work():
        drafting.create(call, organisation=lead.organisation, title="Encore", actor=lead)
    assert refusal.value.field == "another"

    with unit_of_work():
        drafting.create(call, organisation=lead.organisation, title="Encore", another=True, actor=lead)
    assert len(queries.drafts_of(lead, call.id)) == 2


# Saving


def test_save_accepts_a_section_left_empty(draft, lead):
    fields = dict.fromkeys(("problem", "solution", "users_concerned", "deliverables", "without_funding"), "")

    draft = save(draft, Section.SOLUTION, lead, **fields)

    assert draft.problem == draft.solution == ""
    assert draft.summary != ""


def test_save_leaves_its_trace_and_moves_the_version(draft, lead, owed, at):
    before, moment = draft.version, clock.now() + dt.timedelta(hours=1)
    at(moment)

    draft = save(draft, Section.CALENDAR, lead, milestones=[])

    assert draft.version == before + 1
    assert draft.saved_at == moment
    entry = audit.history_of(draft)[0]
    assert (entry.action, entry.facts, entry.actor_id) == ("application.save-section", {"section": "calendar"}, lead.id)
    assert owed() == []


def test_save_project_takes_the_lists_of_the_call(draft, lead):
    family, actions = draft.family, draft.priority_actions
    assert family is not None

    draft = save(draft, Section.PROJECT, lead, title="Nouveau", family_id=None, priority_action_ids=[])
    assert (draft.title, draft.family, draft.priority_actions) == ("Nouveau", None, [])

    draft = save(
        draft,
        Section.PROJECT,
        lead,
        family_id=family.id,
        priority_action_ids=[str(action.id) for action in actions],
        is_digital_service=True,
    )
    assert (draft.family, draft.priority_actions, draft.is_digital_service) == (family, actions, True)


def test_save_project_refuses_what_is_not_of_the_call(draft, lead):
    forged = {
        "family_id": make_family().id,
        "priority_action_ids": [str(make_priority_action().id)],
    }
    for field, value in forged.items():
        with pytest.raises(RuleBroken) as refusal:
            save(draft, Section.PROJECT, lead, **{field: value})
        assert refusal.value.field == field
        draft = reread(draft, lead)
    assert draft.family is not None


def test_save_plan_replaces_the_links(draft, lead):
    plan = make_plan(lead.organisation)
    first, second = make_action(plan, 1), make_action(plan, 2)
    proposal = {"plan_action_id": None, "proposed_title": "Former les agents", "proposed_theme": Theme.TRAINING}
    level = {"level_aimed": EngagementLevel.REALISATION}
    existing = {"proposed_title": "", "proposed_theme": None, **level}

    draft = save(
        draft,
        Section.PLAN,
        lead,
        links=[{"plan_action_id": first.id, **existing}, {"plan_action_id": second.id, **existing}, proposal | level],
    )
    links = {link.plan_action_id: link.id for link in draft.plan_links}
    assert set(links) == {first.id, second.id, None}

    draft = save(draft, Section.PLAN, lead, links=[{"plan_action_id": second.id, **existing}, proposal | level])

    # The rows that stay are the same rows.
    assert {link.plan_action_id: link.id for link in draft.plan_links} == {
        second.id: links[second.id],
        None: links[None],
    }


def test_save_plan_refuses_the_action_of_another_ministry_and_a_repetition(draft, lead):
    own, foreign = make_action(make_plan(lead.organisation)), make_action(make_plan(make_ministry()))
    rest = {"proposed_title": "", "proposed_theme": None, "level_aimed": EngagementLevel.REFLECTION}

    for keys, field in (([foreign.id], 0), ([uuid.uuid4()], 0), ([own.id, own.id], 1)):
        with pytest.raises(RuleBroken) as refusal:
            save(draft, Section.PLAN, lead, links=[{"plan_action_id": key, **rest} for key in keys])
        assert refusal.value.field == f"links-{field}-plan_action_id"
        draft = reread(draft, lead)
    assert [link.plan_action_id for link in draft.plan_links] == [None]


def test_save_calendar_puts_milestones_in_the_order_of_their_dates(draft, lead):
    rows = [{"label": label, "due_on": dt.date(2027, month, 1)} for label, month in (("C", 9), ("A", 2), ("B", 5))]

    draft = save(draft, Section.CALENDAR, lead, milestones=rows)
    assert [(milestone.position, milestone.label) for milestone in draft.milestones] == [(1, "A"), (2, "B"), (3, "C")]

    draft = save(draft, Section.CALENDAR, lead, milestones=rows[1:2])
    assert [(milestone.position, milestone.label) for milestone in draft.milestones] == [(1, "A")]


def test_save_budget_keeps_the_totals(draft, lead):
    rows = [
        line(),
        line(amount=Decimal("0.03"), amount_requested=Decimal("0.01")),
        line(category=BudgetCategory.STAFF, amount=Decimal("70000.00"), amount_requested=Decimal("0.00")),
    ]

    draft = save(draft, Section.BUDGET, lead, lines=rows)

    assert (draft.total_cost, draft.amount_requested) == (Decimal("71000.03"), Decimal("500.01"))

    draft = save(draft, Section.BUDGET, lead, lines=[])
    assert (draft.total_cost, draft.amount_requested, draft.budget_lines) == (0, 0, [])


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        ([line(), line(amount_requested=Decimal("1000.01"))], "lines-1-amount_requested"),
        ([line(amount=Decimal("9999999999.99")), line(amount=Decimal("9999999999.99"))], None),
        ([line()] * 101, None),
    ],
)
def test_save_budget_refuses_what_cannot_be_and_keeps_what_was(draft, lead, rows, field):
    with pytest.raises(RuleBroken) as refusal:
        save(draft, Section.BUDGET, lead, lines=rows)

    draft = reread(draft, lead)
    assert refusal.value.field == field
    assert (draft.total_cost, len(draft.budget_lines)) == (Decimal("120000.00"), 1)


def test_save_impact_replaces_indicators_and_figures(draft, lead):
    row = {
        "label": "Consommation",
        "unit": ImpactUnit.KWH,
        "baseline": Decimal("1200.500"),
        "target": Decimal("0.001"),
        "measured_on": None,
    }

    draft = save(draft, Section.IMPACT, lead, indicators=[row, row], annual_savings=None, rgesn_score=71)

    assert [indicator.target for indicator in draft.indicators] == [Decimal("0.001")] * 2
    assert (draft.annual_savings, draft.rgesn_score) == (None, 71)
    # Left out of what was sent: left as it was.
    with unit_of_work():
        seen = fingerprint(draft, Section.IMPACT)
        drafting.save_section(draft, Section.IMPACT, {"indicators": []}, seen=seen, actor=lead)
    assert reread(draft, lead).rgesn_score == 71


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=st.lists(st.tuples(st.sets(st.integers(0, 5)), st.integers(0, 4)), min_size=1, max_size=4))
def test_save_budget_holds_any_lengthening_and_shortening(draft, lead, steps):
    for gone, added in steps:
        held = values_of(draft, Section.BUDGET)["lines"]
        rows = [{**row, "label": f"Ligne {number}"} for number, row in enumerate(held) if number not in gone]
        rows += [line(label=f"Nouvelle {number}", amount_requested=Decimal("0.00")) for number in range(added)]
        rows = rows[: drafting.MOST_LINES]

        draft = save(draft, Section.BUDGET, lead, lines=rows)

        saved = values_of(draft, Section.BUDGET)["lines"]
        assert [{**row, "id": None} for row in saved] == [{**row, "id": None} for row in rows]
        # A line that was there is the same line.
        assert [after["id"] for before, after in zip(rows, saved, strict=True) if before["id"]] == [
            row["id"] for row in rows if row["id"]
        ]
        assert draft.total_cost == sum(row["amount"] for row in rows)


def test_save_budget_takes_a_line_of_another_dossier_for_a_new_one(draft, lead):
    other = make_application(complete=True)
    foreign = other.budget_lines[0].id

    draft = save(draft, Section.BUDGET, lead, lines=[line(id=foreign)])

    assert [budget_line.id != foreign for budget_line in draft.budget_lines] == [True]
    assert queries.loaded(other.id).budget_lines[0].label == "Outillage et pièces"


# Two editors, and who may not


def test_save_refuses_a_stale_text_and_changes_nothing(draft, lead):
    seen = fingerprint(draft, Section.SOLUTION)
    draft = save(draft, Section.SOLUTION, lead, problem="Écrit par un collègue")

    with pytest.raises(Conflict), unit_of_work():
        drafting.save_section(draft, Section.SOLUTION, {"problem": "Le mien"}, seen=seen, actor=lead)

    assert reread(draft, lead).problem == "Écrit par un collègue"


def test_save_lets_two_people_write_two_sections(draft, lead):
    seen = fingerprint(draft, Section.OPENNESS)
    draft = save(draft, Section.SOLUTION, lead, problem="Écrit par un collègue")

    with unit_of_work():
        drafting.save_section(draft, Section.OPENNESS, {"risks": "Le mien"}, seen=seen, actor=lead)

    draft = reread(draft, lead)
    assert (draft.problem, draft.risks) == ("Écrit par un collègue", "Le mien")


@pytest.mark.parametrize("section", [section for section in Section if section is not Section.ATTACHMENTS])
def test_fingerprint_moves_with_its_section_only(draft, lead, section):
    changes: dict[Section, dict[str, Any]] = {
        Section.PROJECT: {"title": "Autre"},
        Section.SOLUTION: {"problem": "Autre"},
        Section.TEAM: {"carrier_time_percent": 41},
        Section.PLAN: {"links": []},
        Section.CALENDAR: {"milestones": []},
        Section.BUDGET: {"lines": []},
        Section.IMPACT: {"indicators": []},
        Section.OPENNESS: {"reuse": "Autre"},
    }
    before = {each: fingerprint(draft, each) for each in Section}

    draft = save(draft, section, lead, **changes[section])

    assert [each for each in Section if fingerprint(draft, each) != before[each]] == [section]


def test_save_refuses_whoever_is_not_on_the_team(draft, lead):
    focal_point = make_account(Role.FOCAL_POINT, organisation=lead.organisation)

    with pytest.raises(Forbidden):
        save(draft, Section.SOLUTION, focal_point, problem="Intrus")

    assert reread(draft, lead).problem != "Intrus"


def test_save_refuses_a_dossier_that_was_submitted(session, lead):
    submitted = reread(make_application(lead=lead, status=S.SUBMITTED), lead)

    with pytest.raises(Forbidden):
        save(submitted, Section.SOLUTION, lead, problem="Trop tard")


def test_save_opens_only_the_sections_that_complements_name(session, lead):
    application = make_application(lead=lead, status=S.CHANGES_REQUESTED)
    officer = make_account(Role.OFFICER)
    request = {"message": "Précisez", "due_on": clock.today(), "requested_by_id": officer.id}
    session.add(ChangeRequest(application_id=application.id, sections=["budget"], answered_at=clock.now(), **request))
    session.add(ChangeRequest(application_id=application.id, sections=["solution"], **request))
    application = reread(application, lead)

    application = save(application, Section.SOLUTION, lead, problem="Précisé")

    assert application.problem == "Précisé"
    for closed in (Section.BUDGET, Section.OPENNESS):
        with pytest.raises(Forbidden):
            save(application, closed, lead)
        application = reread(application, lead)


# Throwing away


def test_delete_takes_the_draft_and_all_that_it_holds(draft, lead):
    identifier = draft.id

    with unit_of_work():
        drafting.delete(draft, actor=lead)

    for model in (TeamMember, PlanLink, BudgetLine):
        assert db.session.scalars(sa.select(model).where(model.application_id == identifier)).all() == []
    assert db.session.get(Application, identifier) is None
    (entry,) = audit.history_of(Application(id=identifier))
    assert (entry.action, entry.facts) == ("application.delete", {"title": "Prolonger la vie des ordinateurs"})


@pytest.mark.parametrize("who", ["colleague", "focal point", "lead, too late"])
def test_delete_is_for_the_lead_of_a_draft(draft, lead, who):
    actor = lead
    if who == "colleague":
        actor = make_account(Role.APPLICANT, organisation=lead.organisation)
        db.session.add(TeamMember(application_id=draft.id, account_id=actor.id, role=TeamRole.EDITOR))
    elif who == "focal point":
        actor = make_account(Role.FOCAL_POINT, organisation=lead.organisation)
    else:
        draft = make_application(lead=lead, status=S.SUBMITTED)
    draft = reread(draft, lead)

    with pytest.raises(Forbidden), unit_of_work():
        drafting.delete(draft, actor=actor)

    assert db.session.get(Application, draft.id) is not None
