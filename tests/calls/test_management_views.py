"""The pages of those who run calls."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications.models import ApplicationStatus
from guichet.calls.models import (
    AttachmentKind,
    Call,
    CallStatus,
    Criterion,
)
from guichet.core import clock
from guichet.core.db import db
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call, make_family, make_priority_action

S = CallStatus
HOSTILE = ["<script>alert(1)</script>", "Écologie 🌱🖥️", "تجربة من اليمين إلى اليسار", "'; DROP TABLE call; --"]
FOLLOWERS = {Role.OFFICER, Role.ADMIN, Role.FINANCE, Role.AUDITOR}


@pytest.fixture
def officer(session):
    return make_account(Role.OFFICER)


@pytest.fixture
def draft(session):
    now = clock.now()
    return make_call(status=S.DRAFT, slug="brouillon", opens_at=now + dt.timedelta(days=1))


def text_of(answer):
    return answer.get_data(as_text=True).replace("\xa0", " ").replace("\u202f", " ")


def rules(**typed):
    return {
        "title": "Numérique écoresponsable 2027",
        "code": "ner-2027",
        "summary": "Un résumé.",
        "time_zone": "Europe/Paris",
        "kind": "dated",
        "opens_at": "2027-01-04T08:00",
        "closes_at": "2027-03-31T17:00",
        "opening": "400 000",
        "amount_min": "25 000",
        "amount_max": "250 000,50",
        "max_rate": "50",
        "reviews_required": "2",
        **typed,
    }


def elements(text):
    return text.count("<") - text.count("</")


# Lists and pages


def test_list_counts_the_dossiers_of_each_call(client_for, officer, statements):
    call = make_call(title="Le mien")
    for status in (ApplicationStatus.DRAFT, ApplicationStatus.SUBMITTED, ApplicationStatus.AWARDED):
        make_application(call=call, status=status)
    make_application(call=call, status=ApplicationStatus.DRAFT)
    make_call(title="Brouillon d’un autre", status=S.DRAFT)
    client = client_for(officer)
    client.get("/instruction/appels")
    statements.clear()

    text = text_of(client.get("/instruction/appels"))

    assert "2 en préparation, 1 en instruction, 1 retenu" in " ".join(text.split())
    assert "Brouillon d’un autre" in text
    assert "Créer un appel" in text
    assert len(statements) <= 4


def test_list_holds_only_the_calls_of_the_scope(client_for):
    mine, _ = make_call(title="Le mien"), make_call(title="Un autre")

    text = text_of(client_for(make_account(Role.OFFICER, call_id=mine.id)).get("/instruction/appels"))

    assert "Le mien" in text
    assert "Un autre" not in text
    assert "Créer un appel" not in text


def test_list_says_when_it_is_empty(client_for, officer):
    assert "Aucun appel" in text_of(client_for(officer).get("/instruction/appels"))


@pytest.mark.parametrize("role", list(Role))
def test_pages_of_managers_are_for_managers(client_for, draft, role):
    removal = f"/brouillon/criteres/{draft.criteria[0].id}/suppression"
    client = client_for(make_account(role))
    follows, manages = role in FOLLOWERS, role in {Role.OFFICER, Role.ADMIN}
    reads_ledger = follows or role in {Role.CHAIR, Role.COMMITTEE}

    for path, allowed in {
        "": follows,
        "/brouillon": follows,
        "/brouillon/enveloppe": reads_ledger,
        "/nouveau": manages,
        "/brouillon/modification": manages,
        "/brouillon/criteres": manages,
        "/brouillon/criteres/nouveau": manages,
        "/brouillon/pieces": manages,
        "/brouillon/documents": manages,
        "/brouillon/etapes/publication": manages,
        removal: manages,
    }.items():
        answer = client.get(f"/instruction/appels{path}")
        assert answer.status_code == (200 if allowed else 403), path


@pytest.mark.parametrize(("status", "expected"), [(S.DRAFT, 404), (S.OPEN, 403)])
def test_officer_of_another_call_is_refused(client_for, status, expected):
    make_call(status=status, slug="autre")
    client = client_for(make_account(Role.OFFICER, call_id=make_call().id))

    for path in ("", "/modification", "/criteres", "/pieces", "/documents", "/enveloppe", "/etapes/publication"):
        assert client.get(f"/instruction/appels/autre{path}").status_code == expected, path
    assert client.post("/instruction/appels/autre/etapes/publication").status_code == expected


@pytest.mark.parametrize("path", ["", "/modification", "/criteres", "/enveloppe", "/etapes/publication", "/nimporte"])
def test_unknown_call_is_not_found(client_for, officer, path):
    assert client_for(officer).get(f"/instruction/appels/inconnu{path}").status_code == 404


def test_visitor_is_asked_to_sign_in(client_for, draft):
    answer = client_for().get("/instruction/appels/brouillon")

    assert answer.status_code == 303
    assert answer.location.startswith("/connexion")


def test_page_of_a_draft_says_what_is_missing_and_where(client_for, officer):
    make_call(status=S.DRAFT, slug="vide", envelope=0, criteria=[], families=[], priority_actions=[])

    text = text_of(client_for(officer).get("/instruction/appels/vide"))

    for message, url in (
        ("L’ouverture doit être à venir.", "/instruction/appels/vide/modification#opens_at"),
        ("Choisissez au moins une famille de projets.", "/instruction/appels/vide/modification#family_ids"),
        ("Ajoutez au moins un critère d’évaluation.", "/instruction/appels/vide/criteres"),
        ("Ouvrez l’enveloppe de l’appel.", "/instruction/appels/vide/enveloppe"),
    ):
        assert f'<a href="{url}">{message}</a>' in text


def test_page_of_a_call_is_small_and_asks_little(client_for, officer, statements):
    call = make_call(
        slug="grand",
        criteria=[Criterion(position=n, title=f"Critère {n}", weight=Decimal(1)) for n in range(15)],
        attachment_kinds=[AttachmentKind(position=n, label=f"Pièce {n}") for n in range(15)],
        families=[make_family() for _ in range(4)],
        priority_actions=[make_priority_action() for _ in range(6)],
    )
    make_application(call=call)
    client = client_for(officer)
    client.get("/instruction/appels/grand")
    statements.clear()

    text = text_of(client.get("/instruction/appels/grand"))

    assert elements(text) <= 380
    assert len(statements) <= 10
    assert "Appel créé" not in text


def test_page_offers_the_steps_that_are_open(client_for, officer):
    for status, shown in {
        S.DRAFT: "publication",
        S.PUBLISHED: "ouverture",
        S.OPEN: "cloture",
        S.CLOSED: "deliberation",
        S.DELIBERATING: "resultats",
        S.RESULTS_PUBLISHED: "archivage",
    }.items():
        slug = f"appel-{shown}"
        make_call(slug=slug, status=status)
        text = text_of(client_for(officer).get(f"/instruction/appels/{slug}"))
        assert f"/instruction/appels/{slug}/etapes/{shown}" in text
        assert text.count("/etapes/") == 1


# Rules


def test_officer_creates_a_call(client_for, officer):
    family, action = make_family(), make_priority_action()

    answer = client_for(officer).send(
        "/instruction/appels/nouveau",
        rules(
            time_zone="Indian/Reunion",
            family_ids=[str(family.id)],
            priority_action_ids=[str(action.id)],
            endorsement_required="y",
            contact_email="guichet@numerique.gouv.fr",
        ),
    )

    call = db.session.scalars(sa.select(Call)).one()
    assert answer.location == "/instruction/appels/numerique-ecoresponsable-2027"
    assert (call.status, call.code, call.envelope_left) == (S.DRAFT, "NER-2027", 400_000)
    # La Réunion is four hours ahead of UTC.
    assert call.opens_at == dt.datetime(2027, 1, 4, 4, tzinfo=dt.UTC)
    assert call.amount_max == Decimal("250000.50")
    assert (call.endorsement_required, call.staff_cost_counted) == (True, False)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"title": ""}, "Ce champ est obligatoire."),
        ({"title": "   "}, "Ce champ est obligatoire."),
        ({"title": "x" * 10_000}, "200 caractères au plus."),
        ({"summary": "x" * 501}, "500 caractères au plus."),
        ({"code": "été 2027"}, "Des lettres sans accent, des chiffres et des tirets."),
        ({"code": "PRIS"}, "Un autre appel a déjà ce code."),
        ({"contact_email": "pas une adresse"}, "Écrivez une adresse"),
        ({"time_zone": "Mars/Phobos"}, "choix valide"),
        ({"time_zone": "../../etc/passwd"}, "choix valide"),
        ({"opens_at": "2027-03-31T17:00"}, "La clôture doit suivre l’ouverture."),
        ({"closes_at": "2026-12-31T17:00"}, "La clôture doit suivre l’ouverture."),
        ({"closes_at": "bientôt"}, "Écrivez une date et une heure"),
        ({"closes_at": "9999-12-31T23:59"}, "La date doit être comprise entre 2000 et 2100."),
        ({"opens_at": ""}, "Ce champ est obligatoire."),
        ({"opening": "-5"}, "Écrivez un nombre d’au moins 1."),
        ({"opening": "1e30"}, "Écrivez un nombre"),
        ({"opening": "9" * 40}, "Écrivez un nombre"),
        ({"opening": "99999999999"}, "Le nombre est trop grand."),
        ({"amount_min": "0"}, "Écrivez un nombre d’au moins 1."),
        ({"amount_min": "300000"}, "Le montant maximal doit atteindre le montant minimal."),
        ({"amount_max": "NaN"}, "Écrivez un nombre"),
        ({"max_rate": "101"}, "Écrivez un nombre entre 1 et 100."),
        ({"reviews_required": "0"}, "Écrivez un nombre entre 1 et 10."),
        ({"family_ids": [str(uuid.uuid4())]}, "Choisissez parmi les valeurs de la liste."),
        ({"priority_action_ids": ["n’importe quoi"]}, "Choisissez parmi les valeurs de la liste."),
    ],
)
def test_wrong_rules_are_refused_and_what_was_typed_stays(client_for, officer, typed, message):
    make_call(code="PRIS")

    answer = client_for(officer).send("/instruction/appels/nouveau", rules(description="Gardez-moi", **typed))

    assert answer.status_code == 422
    assert message in text_of(answer)
    assert "Gardez-moi" in text_of(answer)
    assert len(db.session.scalars(sa.select(Call.id)).all()) == 1


@pytest.mark.parametrize("title", HOSTILE)
def test_any_script_of_the_world_is_kept_and_escaped(client_for, officer, title):
    client = client_for(officer)

    answer = client.send("/instruction/appels/nouveau", rules(title=title, description=title))
    call = db.session.scalars(sa.select(Call)).one()

    assert call.title == title
    for url in (answer.location, f"/appels/{call.slug}", f"{answer.location}/modification"):
        page = client.get(url)
        assert page.status_code == 200
        assert "<script>alert" not in page.get_data(as_text=True)


def test_edit_shows_dates_in_the_zone_of_the_call_and_keeps_them(client_for, officer):
    opens, closes = dt.datetime(2027, 1, 4, 4, tzinfo=dt.UTC), dt.datetime(2027, 3, 31, 13, tzinfo=dt.UTC)
    call = make_call(
        status=S.DRAFT, slug="reunion", code="REU", time_zone="Indian/Reunion", opens_at=opens, closes_at=closes
    )
    client = client_for(officer)

    text = text_of(client.get("/instruction/appels/reunion/modification"))
    answer = client.send(
        "/instruction/appels/reunion/modification",
        rules(code="REU", time_zone="Indian/Reunion", opens_at="2027-01-04T08:00", closes_at="2027-03-31T17:00"),
    )

    assert 'value="2027-01-04T08:00"' in text
    assert answer.status_code == 303
    assert (call.opens_at, call.closes_at) == (opens, closes)
    assert call.title == "Numérique écoresponsable 2027"
    assert 'name="opening"' not in text


def test_expired_page_keeps_what_was_typed(client_for, officer, draft):
    answer = client_for(officer).post(
        "/instruction/appels/brouillon/modification", data=rules(title="Titre gardé", csrf_token="périmé")
    )

    assert answer.status_code == 422
    assert "Rien n’est perdu" in text_of(answer)
    assert "Titre gardé" in text_of(answer)


def test_published_call_is_not_edited(client_for, officer):
    make_call(status=S.PUBLISHED, slug="publie")
    client = client_for(officer)

    for path in ("modification", "criteres", "criteres/nouveau", "pieces", "documents"):
        assert client.get(f"/instruction/appels/publie/{path}").status_code == 403
    assert client.post("/instruction/appels/publie/modification", data=rules()).status_code == 403


# Steps


def test_officer_publishes_after_a_confirmation(client_for, officer, draft):
    client, url = client_for(officer), "/instruction/appels/brouillon/etapes/publication"

    shown = text_of(client.get(url))
    answer = client.send(url)

    assert "Cette étape est définitive." in shown
    assert answer.location == "/instruction/appels/brouillon"
    assert draft.status is S.PUBLISHED
    assert "L’appel est publié." in text_of(client.get(answer.location))


def test_get_changes_nothing(client_for, officer, draft):
    client_for(officer).get("/instruction/appels/brouillon/etapes/publication")

    assert draft.status is S.DRAFT


def test_incomplete_call_is_not_published(client_for, officer):
    call = make_call(status=S.DRAFT, slug="vide", envelope=0, criteria=[])

    answer = client_for(officer).send("/instruction/appels/vide/etapes/publication")

    assert answer.status_code == 422
    text = text_of(answer)
    assert "L’ouverture doit être à venir." in text
    assert '<a href="/instruction/appels/vide/criteres">Ajoutez au moins un critère d’évaluation.</a>' in text
    assert call.status is S.DRAFT


def test_step_without_a_token_does_nothing(client_for, officer, draft):
    answer = client_for(officer).post("/instruction/appels/brouillon/etapes/publication")

    assert answer.status_code == 422
    assert draft.status is S.DRAFT


@pytest.mark.parametrize("word", ["ouverture", "cloture", "deliberation", "resultats", "archivage"])
def test_step_that_is_not_open_is_a_conflict(client_for, officer, draft, word):
    answer = client_for(officer).get(f"/instruction/appels/brouillon/etapes/{word}")

    assert answer.status_code == 409
    assert "l’appel est « Brouillon »" in text_of(answer)


def test_unknown_step_is_not_found(client_for, officer, draft):
    assert client_for(officer).get("/instruction/appels/brouillon/etapes/suppression").status_code == 404
