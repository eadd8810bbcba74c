"""Reading: the list, the page of a dossier, its content and its history, for each who may and may not."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest

from guichet.accounts.models import Account, Role
from guichet.applications.models import Application, ApplicationStatus, ChangeRequest, Recusal
from guichet.audit import services as audit
from guichet.audit.models import Audience
from guichet.core import clock
from guichet.core.db import db
from tests.applications.page_reader import read
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call

S = ApplicationStatus
PAGES = ("", "/contenu", "/historique")


@pytest.fixture
def lead(session) -> Account:
    return make_account(Role.APPLICANT, full_name="Camille Porteur")


def trace(dossier: Application, action: str, actor: Account | None = None, **facts: object) -> None:
    audience = facts.pop("audience", Audience.TEAM)
    assert isinstance(audience, Audience)
    audit.record_by_id(actor, action, "application", dossier.id, audience=audience, **facts)


# The list


def test_index_is_empty_and_says_what_to_do(client_for, lead):
    page = read(client_for(lead).get("/dossiers"))

    assert "Vous n’avez pas encore de dossier" in page.text
    assert "Voir les appels à projets" in page.text


def test_index_lists_my_dossiers_with_amounts_apart(client_for, lead):
    make_application(lead=lead, status=S.AWARDED, amount=60_000, amount_granted=Decimal(50_000), title="Gagné")
    make_application(lead=make_account(Role.APPLICANT, organisation=lead.organisation), title="De mon ministère")

    text = read(client_for(lead).get("/dossiers")).text

    assert "Demandé Accordé" in text
    assert "Retenu 60 000 € 50 000 €" in text
    assert "De mon ministère" not in text


def test_index_shows_the_whole_ministry_to_its_focal_point(client_for, lead):
    make_application(lead=lead, title="Du ministère")
    make_application(title="D’ailleurs")
    focal_point = make_account(Role.FOCAL_POINT, organisation=lead.organisation)

    text = read(client_for(focal_point).get("/dossiers")).text

    assert "Du ministère" in text
    assert "D’ailleurs" not in text


def test_index_filters_and_keeps_the_filters_in_its_pages(client_for, lead):
    call = make_call(title="Vague de printemps")
    for number in range(25):
        make_application(lead=lead, call=call, title=f"Projet {number:02}")
    make_application(lead=lead, title="Autre appel")
    browser = client_for(lead)

    page = browser.get(f"/dossiers?appel={call.id}&mots=projet&etat=draft")

    assert "25 dossiers, page 1 sur 2" in read(page).text
    assert "Autre appel" not in read(page).text
    assert f"?appel={call.id}&amp;mots=projet&amp;etat=draft&amp;page=2" in page.get_data(as_text=True)
    second = read(browser.get(f"/dossiers?appel={call.id}&mots=projet&etat=draft&page=2")).text
    assert [f"Projet {number:02}" in second for number in range(6)] == [True] * 5 + [False]


def test_index_says_when_filters_find_nothing(client_for, lead):
    make_application(lead=lead)

    text = read(client_for(lead).get("/dossiers?mots=introuvable")).text

    assert "Aucun dossier ne répond à ces filtres" in text


@pytest.mark.parametrize(
    "query",
    ["etat=inconnu", "appel=x", f"appel={uuid.uuid4()}", "mots=" + "é" * 500, "page=²", "page=-1", "page=10" * 50],
)
def test_index_survives_forged_filters(client_for, lead, query):
    make_application(lead=lead, title="Toujours là")

    answer = client_for(lead).get(f"/dossiers?{query}")

    assert answer.status_code in {200, 422}
    assert "Toujours là" in read(answer).text


def test_index_takes_few_statements_and_elements_whatever_it_lists(client_for, lead, statements):
    for number, status in enumerate([*ApplicationStatus, *ApplicationStatus]):
        make_application(lead=lead, status=status, title=f"Projet {number}")
    browser = client_for(lead)
    db.session.commit()
    db.session.expunge_all()
    statements.clear()

    answer = browser.get("/dossiers")

    assert len(statements) <= 8
    assert read(answer).elements <= 380


# The page of a dossier


def test_show_says_what_is_awaited_until_when(client_for, lead, at):
    at(dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC))
    call = make_call(closes_at=dt.datetime(2026, 12, 1, 16, 0, tzinfo=dt.UTC))
    draft = make_application(lead=lead, call=call)

    text = read(client_for(lead).get(f"/dossiers/{draft.id}")).text

    assert "Brouillon Le dossier n’est pas déposé : l’équipe le complète." in text
    assert "1er décembre 2026 à 17 h 00 (heure de Paris)" in text
    assert "encore 8 jours" in text
    assert "Donnée au dépôt" in text


def test_show_lists_sections_and_what_is_missing_with_links(client_for, lead):
    draft = make_application(lead=lead, complete=True, risks="", change_requests=[])

    answer = client_for(lead).get(f"/dossiers/{draft.id}")

    page = read(answer)
    assert "Ouverture, risques et partage À compléter" in page.text
    assert "Le projet Complet" in page.text
    assert f'href="/dossiers/{draft.id}/rubriques/ouverture#risks">Décrivez les risques.' in answer.get_data(
        as_text=True
    )
    assert f'href="/dossiers/{draft.id}/rubriques/pieces"' in answer.get_data(as_text=True)


def test_show_says_that_nothing_is_missing(client_for, lead):
    draft = make_application(lead=lead, complete=True)

    text = read(client_for(lead).get(f"/dossiers/{draft.id}")).text

    assert "Rien ne manque" in text
    assert "Ce qui manque pour déposer" not in text


def test_show_gives_a_colleague_the_same_list_and_not_the_same_buttons(client_for, lead):
    draft = make_application(lead=lead, complete=True, risks="", call=make_call(endorsement_required=True))
    focal_point = make_account(Role.FOCAL_POINT, organisation=lead.organisation)

    for reader in (lead, focal_point):
        assert "Décrivez les risques." in read(client_for(reader).get(f"/dossiers/{draft.id}")).text
    assert "Supprimer le brouillon" in read(client_for(lead).get(f"/dossiers/{draft.id}")).text
    assert "Supprimer le brouillon" not in read(client_for(focal_point).get(f"/dossiers/{draft.id}")).text


BUTTONS = {
    (S.DRAFT, "lead"): {"Demander le visa du référent", "Supprimer le brouillon"},
    (S.DRAFT, "focal point"): set(),
    (S.AWAITING_ENDORSEMENT, "lead"): {"Renvoyer en brouillon"},
    (S.AWAITING_ENDORSEMENT, "focal point"): {"Viser et déposer", "Renvoyer en brouillon"},
    (S.SUBMITTED, "lead"): {"Retirer le dossier"},
    (S.SUBMITTED, "focal point"): set(),
    (S.SUBMITTED, "officer"): {"Instruire ce dossier"},
    (S.SUBMITTED, "auditor"): set(),
    (S.CHANGES_REQUESTED, "lead"): {"Déposer les compléments", "Retirer le dossier"},
    (S.REJECTED, "lead"): set(),
}
ALL_BUTTONS = set().union(*BUTTONS.values()) | {"Déposer"}


@pytest.mark.parametrize(("status", "who"), BUTTONS)
def test_show_offers_the_steps_that_are_open(client_for, lead, status, who):
    dossier = make_application(lead=lead, status=status, call=make_call(endorsement_required=True))
    person = {
        "lead": lambda: lead,
        "focal point": lambda: make_account(Role.FOCAL_POINT, organisation=lead.organisation),
        "officer": lambda: make_account(Role.OFFICER),
        "auditor": lambda: make_account(Role.AUDITOR),
    }[who]()

    page = read(client_for(person).get(f"/dossiers/{dossier.id}"))

    assert {word.strip() for word in page.words} & ALL_BUTTONS == BUTTONS[status, who]


def test_show_tells_complements_and_their_day(client_for, lead, at):
    at(dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC))
    dossier = make_application(lead=lead, status=S.CHANGES_REQUESTED)
    officer = make_account(Role.OFFICER)
    db.session.add(
        ChangeRequest(
            application_id=dossier.id,
            sections=["budget"],
            message="Précisez\nle budget",
            due_on=dt.date(2026, 12, 3),
            requested_by_id=officer.id,
        )
    )

    text = read(client_for(lead).get(f"/dossiers/{dossier.id}")).text

    assert "3 décembre 2026 à 23 h 59 (heure de Paris)" in text
    assert "encore 10 jours" in text
    assert "Précisez le budget" in text
    assert "Besoin et solution Fermé" in text
    assert "Budget Fermé" not in text


def test_show_tells_a_published_refusal_with_its_reason_and_remedies(client_for, lead):
    moment = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
    dossier = make_application(
        lead=lead, status=S.REJECTED, outcome_reason="Impact trop faible.", outcome_published_at=moment
    )

    text = read(client_for(lead).get(f"/dossiers/{dossier.id}")).text

    assert "Décision : non retenu" in text
    assert "Publiée le 20 novembre 2026 à 10 h 00 (heure de Paris)." in text
    assert "Impact trop faible." in text
    assert "dans les deux mois" in text
    assert "recours hiérarchique" in text
    assert "Montant accordé" not in text


def test_show_never_mixes_requested_and_granted(client_for, lead):
    dossier = make_application(
        lead=lead, status=S.AWARDED, amount=60_000, amount_granted=Decimal("45000.50"), outcome_published_at=clock.now()
    )

    text = read(client_for(lead).get(f"/dossiers/{dossier.id}")).text

    assert "Montant demandé 60 000 €" in text
    assert "Montant accordé 45 000,50 €" in text


def test_show_tells_the_story_with_its_mails(client_for, lead):
    dossier = make_application(lead=lead, status=S.SUBMITTED)
    trace(dossier, "application.submit", lead)
    trace(dossier, "email.queued", email_id="1", recipient="Camille Porteur", subject="Dossier déposé")
    trace(dossier, "email.queued", email_id="2", recipient="Dominique Référent", subject="Dossier déposé")
    trace(dossier, "email.sent", email_id="1", recipient="Camille Porteur", subject="Dossier déposé")
    trace(dossier, "assignment.note", lead, audience=Audience.STAFF)

    text = read(client_for(lead).get(f"/dossiers/{dossier.id}")).text

    assert text.count("2 courriels") == 1
    assert "Courriel : Dossier déposé 2 courriels" in text
    assert "Camille Porteur envoyé" in text
    assert "Dominique Référent en attente" in text
    assert "Dossier mis à jour" not in text


def test_staff_entries_are_for_staff(client_for, lead):
    dossier = make_application(lead=lead, status=S.SUBMITTED)
    trace(dossier, "internal.note", make_account(Role.OFFICER, full_name="Alix Chargé"), audience=Audience.STAFF)
    readers = {
        "lead": (lead, False),
        "focal point": (make_account(Role.FOCAL_POINT, organisation=lead.organisation), False),
        "officer": (make_account(Role.OFFICER), True),
        "auditor": (make_account(Role.AUDITOR), True),
        "finance": (make_account(Role.FINANCE), False),
        "admin": (make_account(Role.ADMIN), False),
    }

    told = {
        who: "Alix Chargé" in read(client_for(person).get(f"/dossiers/{dossier.id}/historique")).text
        for who, (person, _) in readers.items()
    }

    assert told == {who: expected for who, (_, expected) in readers.items()}


def test_a_long_history_has_its_own_pages(client_for, lead):
    dossier = make_application(lead=lead, status=S.SUBMITTED)
    for number in range(30):
        trace(dossier, "application.remind", make_account(full_name=f"Personne {number}"))
    browser = client_for(lead)

    assert "Voir tout l’historique" in read(browser.get(f"/dossiers/{dossier.id}")).text
    first, last = (read(browser.get(f"/dossiers/{dossier.id}/historique?page={page}")) for page in (1, 99))
    assert "30 étapes, page 1 sur 2" in first.text
    assert "Personne 29" in first.text
    assert "Personne 0" in last.text
    assert first.elements <= 380


def test_show_takes_twelve_statements_and_380_elements_at_most(client_for, lead, statements):
    dossier = make_application(lead=lead, status=S.CHANGES_REQUESTED, risks="", openness="")
    for number in range(12):
        trace(dossier, "application.remind", lead)
        trace(dossier, "email.queued", email_id=str(number), recipient="Camille", subject=f"Objet {number}")
    browser = client_for(lead)
    for page in PAGES:
        db.session.commit()
        db.session.expunge_all()
        statements.clear()

        answer = browser.get(f"/dossiers/{dossier.id}{page}")

        assert answer.status_code == 200
        assert len(statements) <= 12
        assert read(answer).elements <= 380


def test_content_shows_every_text(client_for, lead):
    dossier = make_application(lead=lead, complete=True, risks="Ligne 1\nLigne 2 <b>gras</b>")

    answer = client_for(lead).get(f"/dossiers/{dossier.id}/contenu")

    text = read(answer).text
    for expected in (
        dossier.summary,
        dossier.problem,
        dossier.carrier_mandate,
        "Réparer les postes (action proposée)",
        "Ouverture de l’atelier",
        "Outillage et pièces Matériel",
        "60 000 €, soit 50 % de l’assiette",
        "Émissions évitées kg CO₂ éq. 0 41 040",
        "Licence Ouverte 2.0",
        "Aucune pièce jointe",
    ):
        assert expected in text
    assert "&lt;b&gt;gras" in answer.get_data(as_text=True)


# Who may not


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("role", "inside", "of_a_draft", "once_submitted"),
    [
        (Role.FOCAL_POINT, True, 200, 200),
        (Role.AUDITOR, False, 200, 200),
        (Role.OFFICER, False, 404, 200),
        (Role.OFFICER, True, 404, 404),
        (Role.ADMIN, False, 404, 200),
        (Role.FINANCE, False, 404, 200),
        (Role.APPLICANT, True, 404, 404),
        (Role.APPLICANT, False, 404, 404),
        (Role.FOCAL_POINT, False, 404, 404),
        (Role.REVIEWER, False, 404, 404),
        (Role.COMMITTEE, False, 404, 404),
        (Role.CHAIR, False, 404, 404),
    ],
)
def test_each_page_is_for_who_may_read_the_dossier(client_for, lead, page, role, inside, of_a_draft, once_submitted):
    person = make_account(role, organisation=lead.organisation if inside else None)
    browser = client_for(person)

    addresses = [
        f"/dossiers/{make_application(lead=lead, status=status).id}{page}" for status in (S.DRAFT, S.SUBMITTED)
    ]

    found = [browser.get(address).status_code for address in addresses]

    assert found == [of_a_draft, once_submitted]


@pytest.mark.parametrize("page", PAGES)
def test_a_recusal_hides_every_page_and_the_list(client_for, lead, page):
    dossier = make_application(lead=lead, title="Caché")
    db.session.add(Recusal(application_id=dossier.id, account_id=lead.id, reason="Conflit"))
    browser = client_for(lead)

    assert browser.get(f"/dossiers/{dossier.id}{page}").status_code == 404
    assert "Caché" not in read(browser.get("/dossiers")).text


def test_an_unknown_dossier_is_not_found(client_for, lead):
    for page in PAGES:
        answer = client_for(lead).get(f"/dossiers/{uuid.uuid4()}{page}")
        assert answer.status_code == 404
        assert "Page introuvable" in read(answer).text


@pytest.mark.parametrize("page", ["/dossiers", f"/dossiers/{uuid.uuid4()}"])
def test_a_visitor_is_asked_to_sign_in(client_for, page):
    answer = client_for(None).get(page)

    assert answer.status_code == 303
    assert answer.location.startswith("/connexion")


@pytest.mark.parametrize("role", [Role.OFFICER, Role.FINANCE, Role.ADMIN])
def test_content_being_rewritten_is_not_shown_to_the_service(client_for, lead, role):
    dossier = make_application(lead=lead, status=S.CHANGES_REQUESTED, risks="Texte pas encore déposé")
    own, service = client_for(lead), client_for(make_account(role))

    assert "Texte pas encore déposé" in read(own.get(f"/dossiers/{dossier.id}/contenu")).text
    assert f"/dossiers/{dossier.id}/versions/" in service.get(f"/dossiers/{dossier.id}/contenu").location
