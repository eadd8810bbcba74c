"""The pages on which a dossier is written: saved as it stands, refused at the field, nothing typed is lost."""

import uuid

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Account, Role
from guichet.applications.models import (
    Application,
    ApplicationStatus,
    ChangeRequest,
    Recusal,
    Section,
)
from guichet.core import clock
from guichet.core.db import db
from tests.applications.page_reader import read
from tests.applications.writing import address, saved
from tests.factories.accounts import make_account, make_ministry
from tests.factories.applications import make_application
from tests.factories.calls import make_family
from tests.factories.plans import make_action, make_plan

S = ApplicationStatus
WRITTEN = [section for section in Section if section is not Section.ATTACHMENTS]
LONG = "é" * 10_000


@pytest.fixture
def lead(session) -> Account:
    return make_account(Role.APPLICANT)


@pytest.fixture
def draft(lead) -> Application:
    return make_application(lead=lead, complete=True)


@pytest.fixture
def browser(client_for, lead):
    return client_for(lead)


# As they are shown


@pytest.mark.parametrize("section", WRITTEN)
def test_each_section_shows_what_is_saved_in_eleven_statements(browser, draft, section, statements):
    url = address(draft, section)
    db.session.commit()
    db.session.expunge_all()
    statements.clear()

    answer = browser.get(url)

    page = read(answer)
    assert answer.status_code == 200
    assert len(statements) <= 11
    assert page.elements <= 380
    assert section.label in page.text
    assert f"Étape {list(Section).index(section) + 1} sur 9" in page.text


@pytest.mark.parametrize("section", WRITTEN)
def test_each_section_sent_back_untouched_changes_nothing(browser, draft, lead, section):
    before = saved(draft)
    state = {column.key: getattr(before, column.key) for column in sa.inspect(Application).column_attrs}
    url = address(draft, section)

    answer = browser.post(url, data=read(browser.get(url)).fields)

    assert (answer.status_code, answer.location.removesuffix("?page=1")) == (303, url)
    after = saved(draft)
    moved = {name for name, value in state.items() if getattr(after, name) != value}
    assert moved == {"version", "saved_at"}
    assert len(after.plan_links) == len(after.milestones) == len(after.budget_lines) == len(after.indicators) == 1
    assert len(after.priority_actions) == 1


def test_a_section_says_what_it_lacks_with_links_to_its_fields(browser, lead):
    empty = make_application(lead=lead)

    for section in WRITTEN:
        page = read(browser.get(address(empty, section)))

        assert "Pour déposer, il manque à cette rubrique :" in page.text
    assert "Indiquez la licence des productions." in page.text
    assert {"licence", "openness", "risks", "reuse", "feedback_sharing"} <= page.identifiers


@pytest.mark.parametrize(("section", "anchor"), [("plan", "links"), ("calendrier", "milestones"), ("budget", "lines")])
def test_the_block_of_a_table_can_be_linked_to(browser, draft, section, anchor):
    assert anchor in read(browser.get(f"/dossiers/{draft.id}/rubriques/{section}")).identifiers


def test_save_and_continue_leads_to_the_next_section(browser, draft):
    order = [address(draft, section) for section in WRITTEN]

    for here, following in zip(order, [*order[1:], address(draft, Section.ATTACHMENTS)], strict=True):
        data = read(browser.get(here)).fields
        data["then"] = "next"
        assert browser.post(here, data=data).location == following


def test_a_saved_section_keeps_every_kind_of_text(browser, draft, lead):
    url = address(draft, Section.SOLUTION)
    typed = {
        "problem": "Ligne 1\r\nLigne 2 <script>alert(1)</script> 🌱",
        "solution": "نص من اليمين إلى اليسار",
        "users_concerned": "é" * 2000,
        "deliverables": "NUL\x00 et sonnerie\x07",
        "without_funding": "  ",
    }
    data = read(browser.get(url)).fields
    for name, value in typed.items():
        data[name] = value

    answer = browser.post(url, data=data)

    assert answer.status_code == 303
    application = saved(draft)
    assert application.problem == "Ligne 1\nLigne 2 <script>alert(1)</script> 🌱"
    assert application.solution == typed["solution"]
    assert application.users_concerned == typed["users_concerned"]
    assert application.deliverables == "NUL et sonnerie"
    assert application.without_funding == ""
    shown = browser.get(url).get_data(as_text=True)
    assert "<script>alert(1)" not in shown
    assert "&lt;script&gt;alert(1)" in shown


# Refused at the field


REFUSED = [
    (Section.PROJECT, {"title": ""}, "obligatoire", "title"),
    (Section.PROJECT, {"title": LONG}, "200 caractères au plus", "title"),
    (Section.PROJECT, {"summary": LONG}, "2000 caractères au plus", "summary"),
    (Section.PROJECT, {"family_id": "pas-un-identifiant"}, "valeur de la liste", "family_id"),
    (Section.PROJECT, {"family_id": str(uuid.uuid4())}, "valeur de la liste", "family_id"),
    (Section.PROJECT, {"priority_action_ids": str(uuid.uuid4())}, "valeurs de la liste", "priority_action_ids"),
    (Section.SOLUTION, {"problem": LONG}, "5000 caractères au plus", "problem"),
    (Section.TEAM, {"carrier_time_percent": "101"}, "entre 0 et 100", "carrier_time_percent"),
    (Section.TEAM, {"carrier_time_percent": "-1"}, "entre 0 et 100", "carrier_time_percent"),
    (Section.TEAM, {"carrier_time_percent": "la moitié"}, "Écrivez un nombre", "carrier_time_percent"),
    (Section.PLAN, {"links-1-plan_action_id": str(uuid.uuid4())}, "valeur de la liste", "links-1-plan_action_id"),
    (Section.PLAN, {"links-1-level_aimed": "realisation"}, "Choisissez une action du plan", "links-1-plan_action_id"),
    (Section.PLAN, {"links-1-proposed_title": "Former"}, "obligatoire", "links-1-level_aimed"),
    (Section.CALENDAR, {"milestones-1-label": "Sans date"}, "obligatoire", "milestones-1-due_on"),
    (Section.CALENDAR, {"milestones-1-due_on": "31/02/2027"}, "Écrivez une date", "milestones-1-due_on"),
    (Section.CALENDAR, {"milestones-0-due_on": "12/12/1999"}, "entre 2000 et 2100", "milestones-0-due_on"),
    (Section.BUDGET, {"lines-0-amount": "-5"}, "au moins 0", "lines-0-amount"),
    (Section.BUDGET, {"lines-0-amount": "0"}, "supérieur à 0", "lines-0-amount"),
    (Section.BUDGET, {"lines-0-amount": "1e400"}, "Écrivez un nombre", "lines-0-amount"),
    (Section.BUDGET, {"lines-0-amount": "NaN"}, "Écrivez un nombre", "lines-0-amount"),
    (Section.BUDGET, {"lines-0-amount": "99999999999999"}, "Écrivez un nombre", "lines-0-amount"),
    (Section.BUDGET, {"lines-0-amount": "10000000000"}, "Le nombre est trop grand", "lines-0-amount"),
    (Section.BUDGET, {"lines-0-amount_requested": "120000,01"}, "dépasse la dépense", "lines-0-amount_requested"),
    (Section.BUDGET, {"lines-0-year": "20227"}, "entre 2000 et 2100", "lines-0-year"),
    (Section.BUDGET, {"lines-0-category": "bribes"}, "valeur de la liste", "lines-0-category"),
    (Section.BUDGET, {"lines-1-label": "Sans montant"}, "obligatoire", "lines-1-amount"),
    (Section.IMPACT, {"annual_savings": "-1"}, "au moins 0", "annual_savings"),
    (Section.IMPACT, {"savings_from_year": "1789"}, "entre 2000 et 2100", "savings_from_year"),
    (Section.IMPACT, {"indicators-0-unit": "lieues"}, "valeur de la liste", "indicators-0-unit"),
    (Section.IMPACT, {"indicators-0-baseline": "beaucoup"}, "Écrivez un nombre", "indicators-0-baseline"),
    (Section.IMPACT, {"indicators-0-measured_on": "bientôt"}, "Écrivez une date", "indicators-0-measured_on"),
    (Section.OPENNESS, {"licence": LONG}, "200 caractères au plus", "licence"),
]


@pytest.mark.parametrize(
    ("section", "typed", "message", "field"),
    REFUSED,
    ids=[f"{s.value}-{field}-{i}" for i, (s, _, _, field) in enumerate(REFUSED)],
)
def test_wrong_content_is_refused_at_its_field_and_kept(browser, draft, lead, section, typed, message, field):
    before = saved(draft).version
    url = address(draft, section)
    data = read(browser.get(url)).fields
    for name, value in typed.items():
        data[name] = value

    answer = browser.post(url, data=data)

    page = read(answer)
    assert answer.status_code == 422
    assert message in page.text
    assert field in page.identifiers
    assert f'href="#{field}"' in answer.get_data(as_text=True)
    for name, value in typed.items():
        # What a list cannot show, it does not keep; all the rest is.
        if "valeur" not in message:
            assert page.fields.getlist(name) == [value]
    assert saved(draft).version == before


def test_a_forged_action_of_another_ministry_is_refused(browser, draft, lead):
    foreign = make_action(make_plan(make_ministry()))
    url = address(draft, Section.PLAN)
    data = read(browser.get(url)).fields
    data["links-1-plan_action_id"], data["links-1-level_aimed"] = str(foreign.id), "reflection"

    answer = browser.post(url, data=data)

    assert answer.status_code == 422
    assert "Choisissez une valeur de la liste." in read(answer).text
    assert [link.plan_action_id for link in saved(draft).plan_links] == [None]


def test_a_forged_family_of_another_call_is_refused(browser, draft, lead):
    url = address(draft, Section.PROJECT)
    data = read(browser.get(url)).fields
    data["family_id"] = str(make_family("Étrangère").id)

    answer = browser.post(url, data=data)

    assert answer.status_code == 422
    assert "Choisissez une valeur de la liste." in read(answer).text


@pytest.mark.parametrize("index", ["²", "9" * 5000, "-1", "x", "1000"])
def test_strange_row_numbers_are_ignored(browser, draft, lead, index):
    url = address(draft, Section.CALENDAR)
    data = read(browser.get(url)).fields
    data[f"milestones-{index}-label"] = "Forgé"

    assert browser.post(url, data=data).status_code == 303
    assert [milestone.label for milestone in saved(draft).milestones] == ["Ouverture de l’atelier"]


def test_an_expired_token_keeps_what_was_typed(browser, draft, lead):
    url = address(draft, Section.SOLUTION)
    data = read(browser.get(url)).fields
    data["csrf_token"], data["problem"] = "périmé", "Une heure de travail"

    answer = browser.post(url, data=data)

    page = read(answer)
    assert answer.status_code == 422
    assert "Rien n’est perdu" in page.text
    assert page.fields["problem"] == "Une heure de travail"
    # Sent again from that page, it is saved.
    assert browser.post(url, data=page.fields).status_code == 303
    assert saved(draft).problem == "Une heure de travail"


def test_a_forged_column_is_not_written(browser, draft, lead):
    url = address(draft, Section.SOLUTION)
    data = read(browser.get(url)).fields
    data.fill({"status": "awarded", "amount_granted": "1000", "title": "Forgé", "reference": "X"})

    assert browser.post(url, data=data).status_code == 303
    application = saved(draft)
    assert (application.status, application.amount_granted, application.reference) == (S.DRAFT, None, None)
    assert application.title != "Forgé"


# Who may not


def test_only_the_sections_named_by_complements_open(client_for, lead):
    application = make_application(lead=lead, status=S.CHANGES_REQUESTED)
    officer = make_account(Role.OFFICER)
    db.session.add(
        ChangeRequest(
            application_id=application.id,
            sections=["solution", "budget"],
            message="Précisez",
            due_on=clock.today(),
            requested_by_id=officer.id,
        )
    )
    browser = client_for(lead)

    opened = [section for section in WRITTEN if browser.get(address(application, section)).status_code == 200]

    assert opened == [Section.SOLUTION, Section.BUDGET]
    answer = browser.get(address(application, Section.PLAN))
    assert answer.status_code == 403
    assert "n’est pas ouverte à la saisie" in read(answer).text
    data = read(browser.get(address(application, Section.SOLUTION))).fields
    data["then"] = "next"
    assert browser.post(address(application, Section.SOLUTION), data=data).location == address(
        application, Section.BUDGET
    )


@pytest.mark.parametrize(
    ("role", "inside", "status"),
    [
        (Role.FOCAL_POINT, True, 403),
        (Role.AUDITOR, False, 403),
        (Role.APPLICANT, True, 404),
        (Role.APPLICANT, False, 404),
        (Role.FOCAL_POINT, False, 404),
        (Role.OFFICER, False, 404),
        (Role.REVIEWER, False, 404),
        (Role.ADMIN, False, 404),
    ],
)
def test_a_draft_is_written_by_its_team_alone(client_for, draft, lead, role, inside, status):
    person = make_account(role, organisation=lead.organisation if inside else None)
    browser, url = client_for(person), address(draft, Section.SOLUTION)

    assert browser.get(url).status_code == status
    # The token is good: the refusal is about the person.
    token = browser.csrf("/dossiers") if "csrf_token" in browser.get("/dossiers").get_data(as_text=True) else ""
    assert browser.post(url, data={"csrf_token": token, "problem": "Intrus"}).status_code == status
    assert saved(draft).problem != "Intrus"


def test_a_recused_member_of_the_team_finds_nothing(browser, draft, lead):
    db.session.add(Recusal(application_id=draft.id, account_id=lead.id, reason="Conflit"))

    assert browser.get(address(draft, Section.SOLUTION)).status_code == 404


def test_a_visitor_is_asked_to_sign_in(client_for, draft):
    answer = client_for(None).get(address(draft, Section.SOLUTION))

    assert answer.status_code == 303
    assert "/connexion" in answer.location


def test_a_session_ended_while_typing_loses_nothing(client_for, draft):
    answer = client_for(None).post(address(draft, Section.SOLUTION), data={"problem": "Une heure de travail"})

    assert answer.status_code == 401
    assert "Une heure de travail" in answer.get_data(as_text=True)


def test_an_unknown_section_is_not_found(browser, draft):
    assert browser.get(f"/dossiers/{draft.id}/rubriques/inconnue").status_code == 404
    assert browser.get(f"/dossiers/{uuid.uuid4()}/rubriques/solution").status_code == 404
