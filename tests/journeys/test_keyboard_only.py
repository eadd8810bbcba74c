"""A dossier written without a mouse: everything is reached, seen and told by the keyboard alone."""

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from guichet.applications.models import Section
from tests.factories.accounts import PASSWORD
from tests.journeys.drafts import Draft, arrive, begin

# More stops than any page has.
MOST_STOPS = 150
TITLE = "Réparer plutôt que remplacer"
# Where the focus is, and whether somebody who looks at the screen sees it there: by a ring around the control, or around
# what is drawn for it (the box of a label).
FOCUSED = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const ring = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const label = element.labels?.[0];
  const drawn = [getComputedStyle(element), ...(label ? [getComputedStyle(label, "::before"), getComputedStyle(label)] : [])];
  const box = element.getBoundingClientRect();
  return {
    said: `${element.tagName} ${element.id || element.textContent.trim().slice(0, 60)}`,
    ringed: drawn.some(ring),
    shown: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""
# Places in the page of what the keyboard must reach, and of where it is.
REACHABLE = """() => {
  const wanted = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']";
  const everything = [...document.querySelectorAll("*")];
  return [...document.querySelectorAll(wanted)]
    .filter((element) => element.checkVisibility() && !element.disabled)
    .map((element) => everything.indexOf(element));
}"""
PLACE = "[...document.querySelectorAll('*')].indexOf(document.activeElement)"


@dataclass
class Keys:
    """Hands on the keyboard: at each stop, the focus must be seen."""

    page: Page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def tab(self, key: str = "Tab") -> str | None:
        """One stop further; what stands there, None past the last one."""
        self.press(key)
        focused = self.page.evaluate(FOCUSED)
        if focused is None:
            return None
        assert focused["ringed"], f"{self.page.url}: no visible focus on {focused['said']}"
        assert focused["shown"], f"{self.page.url}: the focus is off the screen on {focused['said']}"
        return str(focused["said"])

    def reach(self, target: Locator, key: str = "Tab") -> Locator:
        """Press Tab until the focus is on `target`."""
        for _ in range(MOST_STOPS):
            if is_focused(target):
                return target
            self.tab(key)
        raise AssertionError(f"{self.page.url}: {target} is never reached")

    def enter(self, role: str, name: str) -> None:
        """Reach a link or a button and go through it."""
        self.reach(self.page.get_by_role(role, name=name, exact=True).first)  # type: ignore[arg-type]
        with self.page.expect_navigation():
            self.press("Enter")

    def write(self, label: str, text: str) -> None:
        field = self.reach(
            self.page.get_by_role("textbox", name=re.compile(rf"^{re.escape(label)}( \(obligatoire\))?$"))
        )
        self.press("Control+a")
        self.page.keyboard.insert_text(text)
        expect(field).to_have_value(text)


def is_focused(target: Locator) -> bool:
    return bool(target.evaluate("element => element === document.activeElement"))


@pytest.fixture
def draft(site) -> Draft:
    return begin(site.app)


def test_a_dossier_is_begun_and_written_by_the_keyboard(site, draft, visit):
    keys = Keys(visit(site.url))
    signs_in(keys, draft)
    begins_a_dossier(keys, draft)
    fills_a_section(keys)
    adds_a_budget_line(keys)
    signs_out(keys)


def signs_in(keys: Keys, draft: Draft) -> None:
    page = keys.page
    page.goto("/connexion")
    assert keys.tab() == "A Aller au contenu"
    keys.press("Enter")
    keys.write("Adresse électronique", draft.email)
    password = keys.reach(page.get_by_label("Mot de passe"))
    page.keyboard.insert_text("pas le bon mot de passe")
    with page.expect_navigation():
        keys.press("Enter")
    reads_the_errors(keys)
    keys.write("Adresse électronique", draft.email)
    keys.reach(password)
    page.keyboard.insert_text(PASSWORD)
    with page.expect_navigation():
        keys.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def reads_the_errors(keys: Keys) -> Locator:
    """The summary takes the focus, has a name, and says what is wrong."""
    summary = keys.page.get_by_role("group", name="Votre saisie n’a pas été prise en compte")
    expect(summary).to_be_focused()
    expect(keys.page).to_have_title(re.compile(r"^Erreur : "))
    return summary


def begins_a_dossier(keys: Keys, draft: Draft) -> None:
    page = keys.page
    page.goto(f"/appels/{draft.slug}")
    keys.enter("link", "Commencer un autre dossier")
    keys.reach(page.get_by_role("checkbox", name="Je veux commencer un autre dossier pour le même appel"))
    keys.press("Space")
    organisation = keys.reach(page.get_by_role("combobox", name=re.compile("^Organisation qui porte le projet")))
    keys.press("ArrowDown")
    expect(organisation).to_have_value(draft.ministry)
    keys.enter("button", "Créer le brouillon")
    reads_the_errors(keys)
    goes_to_the_field_in_error(keys)
    page.keyboard.insert_text(TITLE)
    with page.expect_navigation():
        keys.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)


def goes_to_the_field_in_error(keys: Keys) -> None:
    """The link of the summary leads to the field, which says its error as a screen reader reads it."""
    keys.reach(keys.page.get_by_role("link", name="Titre du projet : Ce champ est obligatoire."))
    keys.press("Enter")
    field = keys.page.get_by_role("textbox", name=re.compile("^Titre du projet"))
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile(r"^Vous pourrez le changer\. Ce champ est obligatoire\."))


def fills_a_section(keys: Keys) -> None:
    page = keys.page
    keys.write("Résumé", "Un atelier de réparation pour 1 200 postes.")
    keys.reach(page.get_by_role("checkbox", name="Allonger la durée de vie"))
    keys.press("Space")
    keys.enter("button", "Enregistrer et continuer")
    expect(page.get_by_role("status").first).to_contain_text("est enregistrée.")
    expect(page.get_by_role("heading", name="Étape")).to_contain_text(Section.SOLUTION.label)


def adds_a_budget_line(keys: Keys) -> None:
    page = keys.page
    keys.enter("link", Section.BUDGET.label)
    keys.write("Libellé de la ligne 1", "Outillage")
    category = keys.reach(page.get_by_role("combobox", name="Poste de la ligne 1"))
    keys.press("ArrowDown")
    expect(category).not_to_have_value("")
    keys.write("Année de la ligne 1", "2027")
    keys.write("Dépense de la ligne 1", "soixante")
    keys.write("Montant demandé de la ligne 1", "30 000")
    keys.enter("button", "Enregistrer")
    summary = reads_the_errors(keys)
    keys.reach(summary.get_by_role("link").first)
    keys.press("Enter")
    amount = page.get_by_role("textbox", name="Dépense de la ligne 1")
    expect(amount).to_be_focused()
    expect(amount).to_have_attribute("aria-invalid", "true")
    expect(amount).to_have_accessible_description(re.compile(r"\w"))
    keys.write("Dépense de la ligne 1", "60 000")
    keys.enter("button", "Enregistrer")
    expect(page.get_by_role("status").first).to_contain_text("est enregistrée.")
    expect(page.get_by_role("textbox", name="Libellé de la ligne 1")).to_have_value("Outillage")


def signs_out(keys: Keys) -> None:
    """The account's menu opens and closes by the keyboard, and gives the focus back."""
    page = keys.page
    page.goto("/tableau-de-bord")
    menu = keys.reach(page.locator(".gu-account summary"))
    keys.press("Enter")
    expect(page.get_by_role("button", name="Se déconnecter")).to_be_visible()
    keys.press("Escape")
    expect(page.get_by_role("button", name="Se déconnecter")).to_be_hidden()
    expect(menu).to_be_focused()
    keys.press("Space")
    keys.enter("button", "Se déconnecter")
    expect(page.get_by_role("banner").get_by_role("link", name="Se connecter")).to_be_visible()


@pytest.mark.parametrize("section", [Section.PROJECT, Section.BUDGET])
def test_the_focus_goes_through_the_whole_page_and_back(site, draft, visit, section):
    """No trap, and nothing out of reach: each control is a stop, in both directions."""
    keys = Keys(arrive(site, draft, visit).page)
    keys.page.goto(f"{draft.address}/rubriques/{section.slug}")
    reachable = set(keys.page.evaluate(REACHABLE))

    for key in ("Tab", "Shift+Tab"):
        # One stop more: past the last control the focus leaves the page, or comes to its other end.
        stops = [keys.page.evaluate(PLACE) for _ in range(len(reachable) + 1) if keys.tab(key) is not None]
        assert set(stops) == reachable, key


def test_the_skip_links_lead_where_they_say(site, draft, visit):
    keys = Keys(arrive(site, draft, visit).page)
    for number, (name, place) in enumerate(
        (("Aller au contenu", "contenu"), ("Aller au menu", "menu"), ("Aller au pied de page", "pied")), start=1
    ):
        keys.page.goto(draft.address)
        stops = [keys.tab() for _ in range(number)]
        assert stops[-1] == f"A {name}"
        keys.press("Enter")
        assert keys.page.evaluate("document.activeElement.id") == place
        keys.tab()
        assert keys.page.evaluate("id => document.getElementById(id).contains(document.activeElement)", place)
