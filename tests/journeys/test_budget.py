"""A budget from the first cell to the submission: typed, pasted, imported, over the ceiling, put right, handed in."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from guichet.documents import spreadsheets
from tests.journeys.conftest import Site
from tests.journeys.drafts import Draft, arrive, begin, stored
from tests.journeys.pages import Person

TITLES = "Libellé\tPoste\tAnnée\tMontant (€)\tAide demandée\n"
TABLE = "Atelier\tPrestations\t2027\t60\u202f000,00 €\t20 000\nBancs d’essai\tMatériel\t2027\t40 000\t42 000,00\n"
TOO_MUCH = (
    "60\u202f000\u00a0€ demandés sur une assiette de 100\u202f000\u00a0€, soit 60\u00a0% ; "
    "le plafond est de 50\u00a0%, donc 50\u202f000\u00a0€ au plus."
)


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (True, 360), (False, 360)])
def test_a_budget_is_pasted_put_right_and_submitted(
    site: Site, visit: Callable[..., Page], axe: Callable[[Page], list[str]], tmp_path: Path, scripts: bool, width: int
) -> None:
    draft = begin(site.app, complete=True)
    person = arrive(site, draft, visit, scripts=scripts, width=width)
    if scripts:
        person.examine = axe
    person.go(f"{draft.address}/rubriques/budget")
    no_wider_than_the_screen(person, scripts)

    pastes_a_wrong_table_then_puts_it_right(person)
    imports_a_file(person, tmp_path)
    names_a_cofunder(person)
    is_told_that_it_is_over_the_ceiling(site, person, draft)
    asks_less_and_submits(site, person, draft)
    assert person.faults == []


def no_wider_than_the_screen(person: Person, scripts: bool) -> None:
    if scripts:
        assert person.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), person.path


def pastes_a_wrong_table_then_puts_it_right(person: Person) -> None:
    person.follow("Coller ou importer un tableau")
    person.fill({"Cellules copiées d’un tableur": TITLES + TABLE})
    person.tick("Remplacer toutes les lignes du budget")
    person.press("Voir l’aperçu", status=422)
    person.sees(
        "Ligne 3, colonne « Aide demandée » : 42\u202f000\u00a0€ demandés pour une dépense de 40\u202f000\u00a0€"
    )
    text = person.control("Cellules copiées d’un tableur")
    expect(text).to_have_value(TITLES.strip() + "\n" + TABLE)
    text.fill((TITLES + TABLE).replace("42 000,00", "40 000,00"))
    person.press("Voir l’aperçu")
    person.sees("Aperçu, rien n’est encore enregistré", "pour 100\u202f000\u00a0€ de dépenses")
    person.press("Appliquer au budget")
    expect(person.page.get_by_label("Libellé de la ligne 2")).to_have_value("Bancs d’essai")


def imports_a_file(person: Person, folder: Path) -> None:
    """One more expense, from a file of the colleague who buys."""
    file = folder / "achats.ods"
    file.write_bytes(
        spreadsheets.write(
            "ods", {"Achats": [["Poste", "Libellé", "Année", "Dépense"], ["Formation", "Cours", 2028, 24_000]]}
        )
    )
    person.follow("Coller ou importer un tableau")
    person.page.get_by_label("Ou un fichier").set_input_files(file)
    person.tick("Ajouter ces lignes à la suite")
    person.press("Voir l’aperçu")
    person.sees("Le budget aurait 3 lignes, pour 124\u202f000\u00a0€ de dépenses")
    person.press("Appliquer au budget")


def names_a_cofunder(person: Person) -> None:
    person.follow("saisir les cofinancements")
    person.fill(
        {
            "Nom du cofinancement 1": "Région Sud",
            "Année du cofinancement 1": "2027",
            "Montant du cofinancement 1": "24 000",
        }
    )
    person.choose({"Nature du cofinancement 1": "Collectivité", "État du cofinancement 1": "Acquis"})
    person.press("Enregistrer")
    person.sees("dont 24\u202f000\u00a0€ acquis à ce jour", "40\u202f000\u00a0€ à la charge de votre organisation")


def is_told_that_it_is_over_the_ceiling(site: Site, person: Person, draft: Draft) -> None:
    """60 000 € of 124 000 € is under the half; without the courses, it is not."""
    person.go(f"{draft.address}/rubriques/budget")
    person.page.get_by_label("Retirer la ligne 3").check()
    person.press("Retirer les lignes cochées")
    person.sees("Cours, retirée à l’enregistrement")
    person.press("Enregistrer")
    person.sees(TOO_MUCH)
    person.go(f"{draft.address}/depot")
    person.sees("Le dossier est incomplet", TOO_MUCH)
    assert stored(site, draft, "submitted_at") == (None,)


def asks_less_and_submits(site: Site, person: Person, draft: Draft) -> None:
    person.follow(TOO_MUCH)
    person.page.get_by_label("Montant demandé de la ligne 2").fill("30 000")
    person.press("Enregistrer")
    person.follow("voir la synthèse et exporter")
    person.sees("Les ressources égalent les dépenses", "soit 50\u00a0%")
    assert b"Bancs d\xe2\x80\x99essai;2027;40000,00;30000,00" in person.download("Budget en CSV")
    person.go(f"{draft.address}/depot")
    person.tick_beginning("J’atteste")
    person.press("Déposer le dossier")
    requested, submitted = stored(site, draft, "amount_requested", "submitted_at")
    assert requested == 50_000
    assert submitted is not None
