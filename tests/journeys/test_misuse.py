"""What people do to a page, and what the browser does with it: nothing lost, nothing doubled, and always a page that says so.

What the server alone refuses is tested beside each view; here is what takes a browser and a real web server to see.
"""

import datetime as dt
import re
import uuid
from collections import Counter
from email.utils import parseaddr

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from guichet.accounts.models import Account
from guichet.applications.models import ApplicationStatus, Section, TeamMember
from guichet.calls.models import Call
from guichet.core import clock
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from guichet.notifications.models import Email, EmailStatus
from guichet.outbox.models import MessageStatus, OutboxMessage
from tests.factories.accounts import PASSWORD
from tests.factories.files import EXE
from tests.journeys.drafts import arrive, begin, sign_in_by_cookie, stored
from tests.processes import wait_until

CERTIFIED = "J’atteste l’exactitude des informations du dossier et des pièces jointes"
TYPED = "Une heure de travail : « le parc est renouvelé tous les quatre ans »."
SOLUTION = f"/rubriques/{Section.SOLUTION.slug}"
ATTACHMENTS = f"/rubriques/{Section.ATTACHMENTS.slug}"
both = pytest.mark.parametrize("scripts", [True, False], ids=["with_scripts", "without_scripts"])


def submit_button(person):
    return person.page.get_by_role("button", name="Déposer le dossier", exact=True)


def test_a_double_click_begins_one_dossier_submits_it_once_and_sends_one_mail(window, visit):
    drafts = {scripts: begin(window.app, complete=True) for scripts in (True, False)}
    for scripts, draft in drafts.items():
        lead = arrive(window, draft, visit, scripts=scripts)
        begins_another_by_a_double_click(lead, draft)
        lead.go(f"{draft.address}/depot")
        lead.tick(CERTIFIED)
        submit_button(lead).dblclick()
        lead.page.wait_for_url(f"**{draft.address}")
        status, reference, versions = stored(window, draft, "status", "reference", "versions")
        assert status is ApplicationStatus.SUBMITTED
        assert len(versions) == 1
        lead.sees(reference)
        assert lead.faults == []

    wait_until(lambda: owed(window) == (0, 0), "messages are still owed")

    received = Counter(parseaddr(message["To"])[1] for message in window.sink.messages)
    assert received == Counter(draft.email for draft in drafts.values())
    for draft in drafts.values():
        assert dossiers_of(window, draft) == 2


def begins_another_by_a_double_click(lead, draft):
    lead.go(f"/appels/{draft.slug}")
    lead.follow("Commencer un autre dossier")
    lead.tick("Je veux commencer un autre dossier pour le même appel")
    lead.page.get_by_label("Organisation qui porte le projet").select_option(index=1)
    lead.fill({"Titre du projet": "Un second projet"})
    lead.page.get_by_role("button", name="Créer le brouillon").dblclick()
    lead.page.wait_for_url("**/rubriques/**")


def owed(window):
    """Messages that the outbox and the mail still owe."""
    with window.app.app_context():
        pending = sa.select(sa.func.count()).where(OutboxMessage.status != MessageStatus.DONE)
        waiting = sa.select(sa.func.count()).where(Email.status != EmailStatus.SENT)
        return db.session.scalar(pending), db.session.scalar(waiting)


def dossiers_of(window, draft):
    with window.app.app_context():
        led = sa.select(sa.func.count()).select_from(TeamMember).join(Account).where(Account.email == draft.email)
        return db.session.scalar(led)


@both
def test_the_back_arrow_finds_what_was_saved_and_a_button_that_works(site, visit, scripts):
    lead = arrive(site, draft := begin(site.app), visit, scripts=scripts)
    lead.go(draft.address + SOLUTION)
    lead.fill({"Besoin": TYPED})
    lead.press("Enregistrer et continuer")

    lead.page.go_back()

    expect(lead.control("Besoin")).to_have_value(TYPED)
    lead.fill({"Besoin": TYPED + " Corrigé."})
    lead.press("Enregistrer et continuer")
    lead.sees("est enregistrée.")
    assert stored(site, draft, "problem") == (TYPED + " Corrigé.",)
    assert lead.faults == []


@both
def test_the_back_arrow_after_a_submission_leads_to_the_dossier(site, visit, scripts):
    lead = arrive(site, draft := begin(site.app, complete=True), visit, scripts=scripts)
    lead.go(draft.address)
    lead.go(f"{draft.address}/depot")
    lead.tick(CERTIFIED)
    lead.press("Déposer le dossier")

    lead.page.go_back()

    lead.page.wait_for_url(f"**{draft.address}")
    lead.sees("Ce dossier est déjà déposé")
    assert len(stored(site, draft, "versions")[0]) == 1


@both
def test_the_second_of_two_tabs_sees_both_texts(site, visit, scripts):
    first = arrive(site, draft := begin(site.app), visit, scripts=scripts)
    second = type(first)(first.name, first.email, first.page.context.new_page())
    for tab in (first, second):
        tab.go(draft.address + SOLUTION)
    first.fill({"Besoin": "Texte du premier onglet"})
    first.press("Enregistrer")
    second.fill({"Besoin": "Texte du second onglet"})

    second.press("Enregistrer", status=409)

    row = second.page.get_by_role("row", name="Besoin")
    expect(row).to_contain_text("Texte du premier onglet")
    expect(row).to_contain_text("Texte du second onglet")
    expect(second.control("Besoin")).to_have_value("Texte du second onglet")
    assert stored(site, draft, "problem") == ("Texte du premier onglet",)
    second.press("Enregistrer mes choix")
    assert stored(site, draft, "problem") == ("Texte du second onglet",)
    assert first.faults + second.faults == []


@both
def test_a_session_that_ends_while_one_types_keeps_the_text(site, visit, scripts):
    lead = arrive(site, draft := begin(site.app), visit, scripts=scripts)
    lead.go(draft.address + SOLUTION)
    lead.fill({"Besoin": TYPED, "Solution": "Deux lignes\net leur « suite » <b>"})
    lead.page.context.clear_cookies()

    lead.press("Enregistrer", status=401)
    lead.sees("Votre saisie n’est pas perdue")
    lead.fill({"Adresse électronique": lead.email, "Mot de passe": "un mauvais mot de passe"})
    lead.press("Se connecter", status=422)
    lead.fill({"Mot de passe": PASSWORD})
    lead.press("Se connecter")
    lead.press("Reprendre l’envoi")

    lead.sees("est enregistrée.")
    expect(lead.control("Besoin")).to_have_value(TYPED)
    assert stored(site, draft, "problem", "solution") == (TYPED, "Deux lignes\net leur « suite » <b>")
    assert lead.faults == []


@both
def test_a_token_of_another_session_keeps_the_text(site, visit, scripts):
    lead = arrive(site, draft := begin(site.app), visit, scripts=scripts)
    # The page would ask for another token by itself: here the button comes first.
    lead.page.route("**/saisie", lambda route: route.abort())
    lead.go(draft.address + SOLUTION)
    lead.fill({"Besoin": TYPED})
    # Signed out, then in again, in another tab.
    sign_in_by_cookie(site, draft, lead.page)

    lead.press("Enregistrer", status=422)

    lead.sees("Cette page est restée ouverte trop longtemps. Rien n’est perdu")
    expect(lead.control("Besoin")).to_have_value(TYPED)
    lead.press("Enregistrer")
    assert stored(site, draft, "problem") == (TYPED,)
    assert lead.faults == []


def test_a_deadline_that_passes_while_the_page_is_open_is_told(site, visit):
    lead = arrive(site, draft := begin(site.app, complete=True), visit)
    lead.go(f"{draft.address}/depot")
    lead.tick(CERTIFIED)
    with site.app.app_context(), unit_of_work():
        db.session.get(Call, draft.call_id).closes_at = clock.now() - dt.timedelta(seconds=1)

    lead.press("Déposer le dossier", status=422)

    lead.sees("Le dossier n’est pas déposé", "L’appel à projets n’est pas ouvert", "Ce dossier reste lisible.")
    assert stored(site, draft, "status", "reference") == (ApplicationStatus.DRAFT, None)
    lead.follow("Retour au dossier")
    lead.sees("Prolonger la vie des ordinateurs")
    assert lead.faults == []


@pytest.fixture
def heavy(tmp_path):
    """A file of sixty megabytes."""
    file = tmp_path / "rapport.pdf"
    with file.open("wb") as content:
        content.truncate(60_000_000)
    return file


def test_a_file_of_sixty_megabytes_is_refused_before_it_leaves(site, visit, heavy):
    lead = arrive(site, draft := begin(site.app), visit)
    lead.go(draft.address + ATTACHMENTS)

    lead.control("Fichier").set_input_files(heavy)

    expect(lead.page.get_by_role("status").filter(has_text="rapport.pdf")).to_have_text(
        re.compile(
            r"« rapport.pdf » pèse 60\sMo : c’est plus que la limite de 15\sMo. Choisissez un fichier plus léger."
        )
    )
    lead.press("Joindre la pièce", status=422)
    lead.sees("Choisissez un fichier.")
    assert lead.faults == []


def test_a_file_of_sixty_megabytes_gets_a_page_not_a_cut_line(site, visit, heavy):
    lead = arrive(site, draft := begin(site.app), visit, scripts=False)
    lead.go(draft.address + ATTACHMENTS)
    lead.control("Fichier").set_input_files(heavy)

    lead.press("Joindre la pièce", status=413)

    lead.sees("Envoi trop volumineux", "choisissez un fichier plus léger")
    lead.page.go_back()
    lead.sees("Aucune pièce n’est jointe.")


@both
def test_a_program_under_the_name_of_a_document_is_refused_at_its_field(site, visit, scripts):
    lead = arrive(site, draft := begin(site.app), visit, scripts=scripts)
    lead.go(draft.address + ATTACHMENTS)
    lead.control("Fichier").set_input_files({"name": "devis.pdf", "mimeType": "application/pdf", "buffer": EXE})

    lead.press("Joindre la pièce", status=422)

    field = lead.control("Fichier")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("devis.pdf.*n’est pas"))
    lead.sees("Aucune pièce n’est jointe.")


@both
def test_a_title_of_ten_thousand_characters_is_neither_cut_nor_lost(site, visit, scripts):
    lead = arrive(site, draft := begin(site.app), visit, scripts=scripts, width=320)
    lead.go(f"/appels/{draft.slug}/dossier")
    title = "Durée" * 2000
    lead.control("Titre du projet").focus()
    lead.page.keyboard.insert_text(title)

    lead.press("Créer le brouillon", status=422)

    field = lead.control("Titre du projet")
    expect(field).to_have_value(title)
    expect(field).to_have_accessible_description(re.compile("200 caractères au plus."))
    assert width_of(lead) == 320


STRANGE = (
    "Réemploi 👩🏽‍💻♻️ \u2067مشروع إعادة الاستخدام\u2069 e\u0301té",
    "A" * 200,
    "\u202eesrever ne ertiT",
    "<script>alert(1)</script> & « {{ 7*7 }} »",
)


@pytest.mark.parametrize("title", STRANGE, ids=["emoji_and_arabic", "one_long_word", "override", "markup"])
def test_a_strange_title_stays_in_its_place(site, visit, title):
    lead = arrive(site, draft := begin(site.app, title=title), visit, width=320)
    for address in ("/dossiers", draft.address, draft.address + SOLUTION, f"{draft.address}/contenu"):
        lead.go(address)
        lead.sees(title)
        assert width_of(lead) == 320, address
    assert lead.faults == []


def test_a_forged_identifier_opens_nothing(site, visit):
    lead, other = arrive(site, draft := begin(site.app), visit), begin(site.app, title="Le secret d’à côté")
    for address in (other.address, f"{other.address}/depot", f"/dossiers/{uuid.uuid4()}"):
        lead.go(address, status=404)
        lead.sees("Page introuvable")
        lead.sees_not("Le secret d’à côté")
    lead.go(f"/appels/{draft.slug}/dossier")
    lead.fill({"Titre du projet": "Un second projet"})
    lead.tick("Je veux commencer un autre dossier pour le même appel")
    organisation = lead.control("Organisation qui porte le projet")
    organisation.evaluate(
        "(list, forged) => { list.options[1].value = forged; list.selectedIndex = 1; }", other.ministry
    )

    lead.press("Créer le brouillon", status=422)

    expect(organisation).to_have_accessible_description(re.compile("Choisissez une valeur de la liste."))
    expect(lead.control("Titre du projet")).to_have_value("Un second projet")
    assert dossiers_of(site, draft) == 1


def width_of(person):
    return person.page.evaluate("document.documentElement.scrollWidth")
