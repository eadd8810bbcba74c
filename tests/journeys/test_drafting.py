"""Writing a dossier while the world goes wrong: nothing typed is lost, and the page says at once what became of it."""

import json
import re

import pytest
from playwright.sync_api import expect

from guichet.accounts.models import Organisation, Role
from guichet.applications.models import Section, TeamMember, TeamRole
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from tests.factories.accounts import make_account
from tests.journeys.drafts import Draft, arrive, begin, sign_in_by_cookie, stored
from tests.journeys.pages import Person

SOLUTION = f"/rubriques/{Section.SOLUTION.slug}"
TYPED = "Le parc est renouvelé tous les quatre ans : « trop tôt »."
SAVED = re.compile(r"^Enregistré à \d+\sh\s\d\d\.$")


@pytest.fixture
def draft(site):
    return begin(site.app)


@pytest.fixture
def lead(site, visit, draft):
    person = arrive(site, draft, visit)
    person.go(draft.address + SOLUTION)
    yield person
    # What the browser says of a refused or lost request is the test's own doing.
    assert [fault for fault in person.faults if "net::ERR" not in fault] == []


def status(person: Person):
    return person.page.locator("[data-draft-status]")


def offer(person: Person):
    return person.page.locator("[data-draft-offer]")


def copies(person: Person) -> list[str]:
    """What this browser keeps of unsaved texts."""
    return json.loads(person.page.evaluate("JSON.stringify(Object.keys(localStorage))"))


def colleague(site, draft: Draft) -> Draft:
    """Somebody of the same team."""
    with site.app.app_context(), unit_of_work():
        ministry = db.session.get_one(Organisation, draft.ministry)
        other = make_account(Role.APPLICANT, organisation=ministry, password=True)
        db.session.add(TeamMember(application_id=draft.application_id, account_id=other.id, role=TeamRole.EDITOR))
        return Draft(**{**vars(draft), "name": other.full_name, "email": other.email, "session_id": other.get_id()})


def test_what_is_typed_is_saved_without_a_button_and_leaves_no_copy(site, lead, draft):
    lead.fill({"Besoin": TYPED})

    expect(status(lead)).to_have_text(SAVED)
    assert stored(site, draft, "problem") == (TYPED,)
    assert copies(lead) == []
    # Nothing is left to lose: the page lets go, and comes back the same.
    lead.go(draft.address + SOLUTION)
    expect(lead.control("Besoin")).to_have_value(TYPED)
    expect(offer(lead)).to_be_hidden()


def test_a_wrong_field_is_told_at_once_and_saved_when_it_is_right(site, lead, draft):
    lead.go(f"{draft.address}/rubriques/{Section.TEAM.slug}")
    lead.fill({"Temps consacré au projet": "250"})
    expect(status(lead)).to_contain_text("Pas encore enregistré. Temps consacré au projet")

    lead.fill({"Temps consacré au projet": "25"})

    expect(status(lead)).to_have_text(SAVED)
    assert stored(site, draft, "carrier_time_percent") == (25,)


def test_a_lost_network_is_told_and_made_up_for(site, lead, draft):
    lead.page.context.set_offline(True)
    lead.fill({"Besoin": TYPED})
    expect(status(lead)).to_contain_text("Pas de réponse du guichet. Votre saisie est gardée sur cet appareil")
    assert len(copies(lead)) == 1

    lead.page.context.set_offline(False)

    expect(status(lead)).to_have_text(SAVED)
    assert stored(site, draft, "problem") == (TYPED,)


def test_a_lost_session_is_told_and_writing_goes_on_after_signing_in_elsewhere(site, lead, draft):
    lead.page.context.clear_cookies()
    lead.fill({"Besoin": TYPED})
    expect(status(lead)).to_contain_text("Votre session est terminée. Votre saisie est gardée sur cet appareil")
    link = lead.page.get_by_role("link", name="se reconnecter (nouvel onglet)")
    expect(link).to_have_attribute("target", "_blank")

    # She signs in through another tab, then comes back to this one.
    sign_in_by_cookie(site, draft, lead.page)
    lead.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    expect(status(lead)).to_have_text(SAVED)
    assert stored(site, draft, "problem") == (TYPED,)


def test_a_closed_browser_offers_the_text_back_with_both_versions(site, lead, draft):
    lead.page.route("**/saisie", lambda route: route.abort())
    lead.fill({"Besoin": TYPED})
    expect(status(lead)).to_contain_text("gardée sur cet appareil")
    lead.page.on("dialog", lambda dialog: dialog.accept())

    lead.go(draft.address + SOLUTION)

    expect(offer(lead)).to_be_visible()
    expect(offer(lead)).to_contain_text("Une saisie non enregistrée est gardée sur cet appareil")
    expect(offer(lead)).to_contain_text(f"Votre saisie : {TYPED}")
    expect(offer(lead)).to_contain_text("Enregistré : (vide)")
    lead.page.unroute("**/saisie")
    lead.page.get_by_role("button", name="Reprendre ma saisie").click()
    expect(lead.control("Besoin")).to_have_value(TYPED)
    expect(status(lead)).to_have_text(SAVED)
    assert stored(site, draft, "problem") == (TYPED,)


def test_copies_go_with_their_author(site, visit, lead, draft):
    lead.page.route("**/saisie", lambda route: route.abort())
    lead.fill({"Besoin": TYPED})
    expect(status(lead)).to_contain_text("gardée sur cet appareil")
    assert len(copies(lead)) == 1
    lead.page.on("dialog", lambda dialog: dialog.accept())

    other_tab = Person(lead.name, lead.email, lead.page.context.new_page())
    other_tab.go(draft.address)
    other_tab.page.locator("details.gu-account summary").click()
    other_tab.press("Se déconnecter")

    expect(status(lead)).to_contain_text("Vous vous êtes déconnecté dans un autre onglet")
    lead.fill({"Besoin": "Écrit après la sortie"})
    assert copies(lead) == []


def test_another_account_on_the_same_machine_finds_no_copy(site, visit, lead, draft):
    lead.page.route("**/saisie", lambda route: route.abort())
    lead.fill({"Besoin": TYPED})
    expect(status(lead)).to_contain_text("gardée sur cet appareil")
    lead.page.on("dialog", lambda dialog: dialog.accept())
    lead.page.context.clear_cookies()
    other = colleague(site, draft)
    sign_in_by_cookie(site, other, lead.page)

    lead.go(draft.address + SOLUTION)

    expect(offer(lead)).to_be_hidden()
    assert copies(lead) == []


def test_two_editors_see_each_other_and_choose_between_both_texts(site, visit, lead, draft):
    other = arrive(site, colleague(site, draft), visit)
    lead.go(draft.address + SOLUTION)
    lead.fill({"Solution": "Un atelier."})
    expect(status(lead)).to_have_text(SAVED)

    other.go(draft.address + SOLUTION)
    other.sees(f"{lead.name} écrit aussi dans cette rubrique depuis")
    expect(other.control("Solution")).to_have_value("Un atelier.")
    other.fill({"Besoin": "Texte du collègue"})
    expect(status(other)).to_have_text(SAVED)
    lead.fill({"Besoin": TYPED})
    expect(status(lead)).to_contain_text("Quelqu’un a modifié cette rubrique pendant votre saisie")

    lead.press("Enregistrer", status=409)
    row = lead.page.get_by_role("row", name="Besoin")
    expect(row).to_contain_text("Texte du collègue")
    expect(row).to_contain_text(TYPED)
    lead.press("Enregistrer mes choix")
    lead.sees("est enregistrée.")
    assert stored(site, draft, "problem", "solution") == (TYPED, "Un atelier.")
    assert copies(lead) == []
    assert other.faults == []


def test_without_scripts_the_buttons_save_and_nothing_else_shows(site, visit, draft):
    lead = arrive(site, draft, visit, scripts=False)
    lead.go(draft.address + SOLUTION)
    expect(offer(lead)).to_be_hidden()
    expect(status(lead)).to_be_hidden()

    lead.fill({"Besoin": TYPED})
    lead.press("Enregistrer")

    lead.sees("est enregistrée.", "Brouillon", "Il manque")
    assert stored(site, draft, "problem") == (TYPED,)


@pytest.mark.parametrize("width", [1280, 360])
def test_what_the_page_says_is_accessible_and_fits(site, visit, axe, draft, width):
    lead = arrive(site, draft, visit, width=width)
    lead.go(draft.address + SOLUTION)
    lead.page.route("**/saisie", lambda route: route.abort())
    lead.fill({"Besoin": TYPED + "x" * 200})
    expect(status(lead)).to_contain_text("gardée sur cet appareil")
    lead.page.on("dialog", lambda dialog: dialog.accept())
    lead.go(draft.address + SOLUTION)
    expect(offer(lead)).to_be_visible()

    assert axe(lead.page) == []
    assert lead.page.evaluate("document.documentElement.scrollWidth") <= width
