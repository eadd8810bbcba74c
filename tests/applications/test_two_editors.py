"""Two people write one dossier: both texts are shown, the person chooses, and what was typed stays."""

from decimal import Decimal

import pytest

from guichet.accounts.models import Account, Role
from guichet.applications.models import (
    Application,
    ApplicationStatus,
    BudgetLine,
    Section,
)
from guichet.core import clock
from guichet.core.db import db
from tests.applications.page_reader import read
from tests.applications.writing import address, colleague_of, saved
from tests.factories.accounts import make_account
from tests.factories.applications import make_application

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


def test_a_stale_save_shows_both_texts_and_the_person_chooses(client_for, draft, lead):
    mine, theirs = client_for(lead), client_for(colleague_of(draft, lead))
    url = address(draft, Section.SOLUTION)
    my_copy, their_copy = read(mine.get(url)).fields, read(theirs.get(url)).fields
    their_copy["problem"], my_copy["problem"] = "Texte du collègue", "Mon texte"
    assert theirs.post(url, data=their_copy).status_code == 303

    answer = mine.post(url, data=my_copy)

    page = read(answer)
    assert answer.status_code == 409
    assert "Besoin Texte du collègue Mon texte" in page.text
    # Only what differs is compared.
    assert "Un atelier, un guide, un tableau de suivi." not in page.text.split("Étape")[0]
    assert page.fields["problem"] == "Mon texte"
    assert saved(draft).problem == "Texte du collègue"
    # The form of that page, sent again, is the choice of my own text.
    assert mine.post(url, data=page.fields).status_code == 303
    assert saved(draft).problem == "Mon texte"


def test_a_stale_table_shows_its_lines(client_for, draft, lead):
    mine, theirs = client_for(lead), client_for(colleague_of(draft, lead))
    url = address(draft, Section.BUDGET)
    my_copy, their_copy = read(mine.get(url)).fields, read(theirs.get(url)).fields
    their_copy["lines-0-label"], my_copy["lines-0-amount"] = "Pièces", "130 000"
    assert theirs.post(url, data=their_copy).status_code == 303

    answer = mine.post(url, data=my_copy)

    text = read(answer).text
    year = clock.today().year + 1
    assert answer.status_code == 409
    assert f"Matériel · Pièces · {year} · 120 000 · 60 000" in text
    assert f"Matériel · Outillage et pièces · {year} · 130 000 · 60 000" in text


def test_the_same_text_sent_twice_is_saved_once(browser, draft, lead):
    url = address(draft, Section.SOLUTION)
    data = read(browser.get(url)).fields
    data["problem"] = "Double clic"

    assert [browser.post(url, data=data).status_code for _ in range(2)] == [303, 303]
    assert saved(draft).problem == "Double clic"


def test_two_people_write_two_pages_of_a_budget_and_lose_no_line(client_for, draft, lead):
    draft.budget_lines += [
        BudgetLine(position=number, category="other", label=f"Ligne {number}", year=2027, amount=Decimal(number))
        for number in range(2, 12)
    ]
    mine, theirs = client_for(lead), client_for(colleague_of(draft, lead))
    url = address(draft, Section.BUDGET)
    my_copy, their_copy = read(mine.get(f"{url}?page=2")).fields, read(theirs.get(url)).fields
    # A colleague takes the first line away: what was on the second page begins on the first.
    their_copy["lines-0-removed"] = "y"
    assert theirs.post(url, data=their_copy).status_code == 303
    my_copy["lines-0-label"] = "Neuvième, corrigée"

    answer = mine.post(f"{url}?page=2", data=my_copy)
    assert answer.status_code == 409
    assert mine.post(f"{url}?page=2", data=read(answer).fields).status_code == 303

    labels = [line.label for line in saved(draft).budget_lines]
    assert labels == [f"Ligne {number}" for number in range(2, 9)] + ["Neuvième, corrigée", "Ligne 10", "Ligne 11"]


def test_two_people_write_two_sections_at_once(client_for, draft, lead):
    mine, theirs = client_for(lead), client_for(colleague_of(draft, lead))
    copies = {}
    for browser, section in ((mine, Section.SOLUTION), (theirs, Section.OPENNESS)):
        copies[section] = read(browser.get(address(draft, section))).fields
    copies[Section.SOLUTION]["problem"], copies[Section.OPENNESS]["risks"] = "À moi", "À lui"

    for browser, section in ((mine, Section.SOLUTION), (theirs, Section.OPENNESS)):
        assert browser.post(address(draft, section), data=copies[section]).status_code == 303

    application = saved(draft)
    assert (application.problem, application.risks) == ("À moi", "À lui")


@pytest.mark.parametrize("version", ["", "0", "x" * 5000])
def test_a_forged_version_is_a_stale_one(browser, draft, lead, version):
    url = address(draft, Section.SOLUTION)
    data = read(browser.get(url)).fields
    data["version"], data["problem"] = version, "Mon texte"

    answer = browser.post(url, data=data)

    assert answer.status_code == 409
    assert read(answer).fields["problem"] == "Mon texte"
    assert saved(draft).problem != "Mon texte"


def test_a_dossier_submitted_meanwhile_keeps_what_was_typed_on_the_page(browser, draft, lead):
    url = address(draft, Section.SOLUTION)
    data = read(browser.get(url)).fields
    data["problem"] = "Une heure de travail"
    draft.status = S.AWAITING_ENDORSEMENT
    db.session.flush()

    answer = browser.post(url, data=data)

    page = read(answer)
    assert answer.status_code == 409
    assert "La rubrique s’est fermée pendant votre saisie" in page.text
    assert page.fields["problem"] == "Une heure de travail"
    assert "Enregistrer" not in [word.strip() for word in page.words]
    assert saved(draft).problem != "Une heure de travail"
