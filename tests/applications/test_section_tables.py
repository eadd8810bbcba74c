"""The lines of a section that repeat: added, dated, taken away, counted, and never lost."""

import datetime as dt
from decimal import Decimal

import pytest

from guichet.accounts.models import Account, Role
from guichet.applications.models import (
    Application,
    ApplicationStatus,
    Section,
)
from guichet.core import clock
from guichet.core.db import db
from guichet.plans.models import EngagementLevel
from tests.applications.page_reader import read
from tests.applications.writing import address, saved
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call
from tests.factories.plans import make_action, make_plan

S = ApplicationStatus


@pytest.fixture
def lead(session) -> Account:
    return make_account(Role.APPLICANT)


@pytest.fixture
def draft(lead) -> Application:
    return make_application(lead=lead, complete=True)


@pytest.fixture
def browser(client_for, lead):
    return client_for(lead)


def test_a_line_is_added_without_saving_and_without_losing_what_is_typed(browser, draft, lead):
    url = address(draft, Section.CALENDAR)
    data = read(browser.get(url)).fields
    data.fill({"milestones-1-label": "Bilan", "milestones-2-label": "Sans date", "add": "1"})

    page = read(browser.post(url, data=data))

    labels = [page.fields[f"milestones-{number}-label"] for number in range(4)]
    assert labels == ["Ouverture de l’atelier", "Bilan", "Sans date", ""]
    assert len(saved(draft).milestones) == 1


def test_lines_are_saved_dated_and_empty_ones_ignored(browser, draft, lead):
    url = address(draft, Section.CALENDAR)
    data = read(browser.get(url)).fields
    data.fill({"milestones-7-label": "Bilan", "milestones-7-due_on": "2027-01-15", "milestones-9-label": "  "})

    assert browser.post(url, data=data).status_code == 303

    year = clock.today().year + 1
    assert [(milestone.label, milestone.due_on) for milestone in saved(draft).milestones] == sorted(
        [("Bilan", dt.date(2027, 1, 15)), ("Ouverture de l’atelier", dt.date(year, 3, 1))], key=lambda row: row[1]
    )


def test_a_line_marked_to_go_goes_even_when_it_is_wrong(browser, draft, lead):
    url = address(draft, Section.CALENDAR)
    data = read(browser.get(url)).fields
    data.fill({"milestones-0-removed": "y", "milestones-0-due_on": "n’importe quoi"})

    assert browser.post(url, data=data).status_code == 303
    assert saved(draft).milestones == []


def test_amounts_are_typed_the_french_way_and_totals_computed(browser, draft, lead):
    url = address(draft, Section.BUDGET)
    data = read(browser.get(url)).fields
    data.fill(
        {
            "lines-0-amount": "1 234,50 €",
            "lines-0-amount_requested": "617,25",
            "lines-1-category": "staff",
            "lines-1-label": "Chef de projet",
            "lines-1-year": "2027",
            "lines-1-amount": "1\u202f000",
        }
    )

    assert browser.post(url, data=data).status_code == 303

    application = saved(draft)
    assert (application.total_cost, application.amount_requested) == (Decimal("2234.50"), Decimal("617.25"))
    text = read(browser.get(url)).text
    assert "Coût total : 2 234,50 € ." in text
    assert "soit 27,62 % de l’assiette (au plus 50 %)" in text


def test_the_base_is_explained_when_staff_does_not_count(client_for, lead):
    draft = make_application(lead=lead, call=make_call(staff_cost_counted=False), complete=True)
    draft.budget_lines[0].category = "staff"

    text = read(client_for(lead).get(address(draft, Section.BUDGET))).text

    assert "Le personnel interne (120 000 €) ne compte pas : l’assiette de l’aide est de 0 €." in text


def test_a_long_budget_is_written_page_by_page(browser, draft, lead):
    url = address(draft, Section.BUDGET)
    for number in range(1, 12):
        last = browser.get(f"{url}?page=9")
        data = read(last).fields
        first_free = next(i for i in range(12) if not data.get(f"lines-{i}-label"))
        row = {"category": "other", "label": f"Ligne {number}", "year": "2027", "amount": str(number)}
        data.fill({f"lines-{first_free}-{name}": value for name, value in row.items()})
        assert browser.post(f"{url}?page=9", data=data).status_code == 303
    application = saved(draft)
    assert [line.label for line in application.budget_lines][1:] == [f"Ligne {number}" for number in range(1, 12)]
    assert application.total_cost == Decimal(120_000 + 66)

    second = browser.get(f"{url}?page=2")

    page = read(second)
    assert page.elements <= 380
    assert page.fields["lines-0-label"] == "Ligne 8"
    assert "8 autres lignes sur les autres pages du budget : page 1 , page 2 ." in page.text
    # A wrong line of the second page is blamed at its own field.
    data = page.fields
    data["lines-1-amount_requested"] = "1000"
    answer = browser.post(f"{url}?page=2", data=data)
    assert answer.status_code == 422
    assert 'href="#lines-1-amount_requested"' in answer.get_data(as_text=True)


def test_adding_to_a_full_page_saves_it_and_goes_on(browser, draft, lead):
    url = address(draft, Section.BUDGET)
    data = read(browser.get(url)).fields
    for number in range(1, 10):
        row = {"category": "other", "label": f"Ligne {number}", "year": "2027", "amount": "1"}
        data.fill({f"lines-{number}-{name}": value for name, value in row.items()})
    data["add"] = "1"

    answer = browser.post(url, data=data)

    assert answer.status_code == 303
    assert len(saved(draft).budget_lines) == 10
    page = read(browser.get(answer.location))
    assert [page.fields[f"lines-{number}-label"] for number in range(4)] == ["Ligne 8", "Ligne 9", "", ""]


def test_an_existing_action_and_a_proposal_are_linked(browser, draft, lead):
    action = make_action(make_plan(lead.organisation), title="Réemployer")
    url = address(draft, Section.PLAN)
    data = read(browser.get(url)).fields
    data.fill({"links-1-plan_action_id": str(action.id), "links-1-level_aimed": "experimentation"})

    assert browser.post(url, data=data).status_code == 303

    links = {link.plan_action_id: link.level_aimed for link in saved(draft).plan_links}
    assert links == {None: EngagementLevel.REALISATION, action.id: EngagementLevel.EXPERIMENTATION}
    assert "1. Réemployer" in read(browser.get(url)).text

    data = read(browser.get(url)).fields
    data.fill({"links-0-removed": "y"})
    assert browser.post(url, data=data).status_code == 303
    assert [link.plan_action_id for link in saved(draft).plan_links] == [action.id]


def test_the_rgesn_is_asked_of_digital_services_only(browser, draft, lead):
    url = address(draft, Section.IMPACT)
    assert "rgesn_score" not in read(browser.get(url)).identifiers

    draft.is_digital_service = True
    db.session.flush()
    data = read(browser.get(url)).fields
    data.fill({"rgesn_score": "72", "rgesn_version": "2024", "rgesn_on": "2026-10-01"})
    assert browser.post(url, data=data).status_code == 303

    application = saved(draft)
    assert (application.rgesn_score, application.rgesn_version) == (72, "2024")
    assert application.rgesn_on == dt.date(2026, 10, 1)
