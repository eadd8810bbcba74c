"""A call's own questions, from the builder to the dossier, in a browser: with and without scripts, on a telephone, by ear."""

import datetime as dt

import pytest
from playwright.sync_api import expect

from guichet.accounts.models import Role
from guichet.calls.models import CallStatus
from guichet.core import clock
from guichet.core.transaction import unit_of_work
from guichet.questions import queries
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call
from tests.journeys.drafts import Draft, arrive


def begin(app):
    """An officer and her draft call; an applicant, whose dossier answers it once it is open."""
    with app.app_context(), unit_of_work():
        tomorrow = clock.now() + dt.timedelta(days=1)
        call = make_call(status=CallStatus.DRAFT, opens_at=tomorrow, closes_at=tomorrow + dt.timedelta(days=30))
        officer = make_account(Role.OFFICER, password=True)
        lead = make_account(Role.APPLICANT, password=True)
        dossier = make_application(call=call, lead=lead, complete=True)
        shared = {"application_id": dossier.id, "call_id": call.id, "slug": call.slug, "ministry": ""}
        return (
            Draft(officer.full_name, officer.email, officer.get_id(), "", **shared),
            Draft(lead.full_name, lead.email, lead.get_id(), f"/dossiers/{dossier.id}", **shared),
        )


def add(person, kind, fields, *, required=False, after=None):
    person.tick(kind)
    person.press("Écrire la question")
    person.fill(fields)
    if required:
        person.tick("Réponse obligatoire pour déposer")
    if after:
        person.choose({"Demander seulement si la réponse à": after, "Cette réponse": "est"})
        person.fill({"Réponse attendue": "Oui"})
    person.press("Enregistrer")


def is_narrow(page):
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def build(site, officer, builder):
    officer.go(f"/instruction/appels/{builder.slug}")
    officer.follow("Formulaire de l’appel")
    officer.follow("Ajouter une rubrique")
    officer.fill({"Intitulé": "Le parc concerné"})
    officer.press("Enregistrer")
    add(officer, "Nombre", {"Intitulé": "Postes concernés", "Plus petite valeur": "1"}, required=True)
    add(officer, "Oui ou non", {"Intitulé": "Un prestataire ?"}, required=True)
    add(officer, "Texte court", {"Intitulé": "Lequel ?"}, required=True, after="q3 · Un prestataire ?")
    add(officer, "Valeur calculée", {"Intitulé": "Le double", "Formule": "q2 * 2"})
    officer.press("Monter « Le double »")
    officer.follow("Aperçu")
    officer.fill({"Postes concernés": "0"})
    officer.press("Essayer ces réponses", status=422)
    officer.fill({"Postes concernés": "12"})
    officer.press("Essayer ces réponses")
    officer.sees("il manquerait à cette rubrique", "Répondez à « Un prestataire ? ».")
    officer.go(f"/instruction/appels/{builder.slug}/formulaire")
    officer.follow("Publier le formulaire")
    officer.sees("Postes concernés : ajoutée")
    officer.press("Publier le formulaire")
    officer.go(f"/instruction/appels/{builder.slug}/etapes/publication")
    officer.press("Publier")
    with site.app.app_context():
        assert queries.published_of(builder.call_id).number == 1


def answer(lead, applicant):
    lead.go(applicant.address)
    lead.follow("Répondez à « Postes concernés ».")
    assert lead.path.endswith("#q2")
    assert is_narrow(lead.page)
    lead.fill({"Postes concernés": "zéro"})
    lead.press("Enregistrer", status=422)
    field = lead.control("Postes concernés")
    expect(field).to_have_attribute("aria-invalid", "true")
    told = (field.get_attribute("aria-describedby") or "").split()
    assert "q2-erreur" in told
    expect(lead.page.locator("#q2-erreur")).to_contain_text("Écrivez un nombre")
    expect(lead.page.get_by_role("radio", name="Oui")).to_be_visible()
    expect(lead.page.get_by_role("group", name="Un prestataire ?")).to_be_visible()
    assert is_narrow(lead.page)

    lead.fill({"Postes concernés": "1 200"})
    lead.tick("Oui")
    lead.press("Enregistrer et continuer")
    lead.sees("2 400", "Répondez à « Lequel ? ».")
    lead.fill({"Lequel ?": "Une entreprise adaptée"})
    lead.press("Enregistrer et continuer")
    lead.go(applicant.address)
    lead.sees_not("Répondez à")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_form_is_built_published_and_answered(site, visit, axe, scripts):
    builder, applicant = begin(site.app)
    officer = arrive(site, builder, visit, scripts=scripts)
    officer.examine = axe if scripts else None
    build(site, officer, builder)

    lead = arrive(site, applicant, visit, scripts=scripts, width=360)
    lead.examine = axe if scripts else None
    answer(lead, applicant)
    assert officer.faults + lead.faults == []
