"""Beginning a dossier: the draft already begun comes first, a second one is an explicit choice."""

import datetime as dt
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Account, Role
from guichet.applications.models import Application, ApplicationStatus, Recusal, TeamMember, TeamRole
from guichet.applications.services import drafting
from guichet.calls.models import Call, CallStatus
from guichet.core import clock
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from tests.applications.page_reader import read
from tests.factories.accounts import make_account, make_direction, make_ministry
from tests.factories.applications import make_application
from tests.factories.calls import make_call

S = ApplicationStatus


@pytest.fixture
def lead(session) -> Account:
    return make_account(Role.APPLICANT)


@pytest.fixture
def call(session) -> Call:
    return make_call()


def address(call: Call) -> str:
    return f"/appels/{call.slug}/dossier"


def drafts() -> list[str]:
    return list(db.session.scalars(sa.select(Application.title).order_by(Application.created_at)))


def test_start_creates_a_draft_and_opens_its_first_section(client_for, lead, call):
    browser = client_for(lead)

    answer = browser.send(address(call), {"organisation_id": lead.organisation_id, "title": "Réparer"})

    application = db.session.scalars(sa.select(Application)).one()
    assert answer.status_code == 303
    assert answer.location == f"/dossiers/{application.id}/rubriques/projet"
    assert (application.title, application.status, application.call_id) == ("Réparer", S.DRAFT, call.id)
    assert "Votre brouillon est créé." in read(browser.get(answer.location)).text


def test_start_proposes_the_organisations_of_the_person(client_for, lead, call):
    direction = make_direction(lead.organisation, "Direction du numérique")
    make_ministry("Ministère voisin")

    text = read(client_for(lead).get(address(call))).text

    assert direction.name in text
    assert "Ministère voisin" not in text


def test_start_shows_the_draft_already_begun_first(client_for, lead, call):
    draft = make_application(lead=lead, call=call, title="Mon projet")
    browser = client_for(lead)

    answer = browser.get(address(call))

    page = read(answer)
    assert page.text.index("Reprendre mon brouillon « Mon projet »") < page.text.index("Commencer un autre dossier")
    assert f'href="/dossiers/{draft.id}"' in answer.get_data(as_text=True)

    typed = {"organisation_id": lead.organisation_id, "title": "Autre"}
    refused = browser.send(address(call), typed)
    assert refused.status_code == 422
    assert "cochez pour en commencer un autre" in read(refused).text
    assert read(refused).fields["title"] == "Autre"

    assert browser.send(address(call), {**typed, "another": "y"}).status_code == 303
    assert drafts() == ["Mon projet", "Autre"]


def test_start_knows_the_drafts_of_the_person_only(client_for, lead, call):
    make_application(
        lead=make_account(Role.APPLICANT, organisation=lead.organisation), call=call, title="Celui d’à côté"
    )
    make_application(lead=lead, title="Pour un autre appel")
    hidden = make_application(lead=lead, call=call, title="Dont je suis déporté")
    db.session.add(Recusal(application_id=hidden.id, account_id=lead.id, reason="Conflit"))
    joined = make_application(
        lead=make_account(Role.APPLICANT, organisation=lead.organisation), call=call, title="À deux"
    )
    db.session.add(TeamMember(application_id=joined.id, account_id=lead.id, role=TeamRole.EDITOR))

    text = read(client_for(lead).get(address(call))).text

    assert "« À deux »" in text
    for other in ("Celui d’à côté", "Pour un autre appel", "Dont je suis déporté"):
        assert other not in text


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"title": ""}, "Ce champ est obligatoire."),
        ({"title": "é" * 10_000}, "200 caractères au plus."),
        ({"organisation_id": ""}, "Ce champ est obligatoire."),
        ({"organisation_id": "pas un identifiant"}, "Choisissez une valeur de la liste."),
        ({"organisation_id": str(uuid.uuid4())}, "Choisissez une valeur de la liste."),
    ],
)
def test_start_refuses_what_is_wrong_and_keeps_the_title(client_for, lead, call, typed, message):
    data = {"organisation_id": str(lead.organisation_id), "title": "Réparer 🌱 \u202eإصلاح", **typed}

    answer = client_for(lead).send(address(call), data)

    page = read(answer)
    assert answer.status_code == 422
    assert message in page.text
    assert page.fields["title"] == data["title"]
    assert drafts() == []


def test_start_refuses_a_forged_organisation(client_for, lead, call):
    foreign = make_ministry()

    answer = client_for(lead).send(address(call), {"organisation_id": foreign.id, "title": "Réparer"})

    assert answer.status_code == 422
    assert drafts() == []


def test_start_says_when_the_call_is_not_open(client_for, lead):
    now = clock.now()
    closed = make_call(status=CallStatus.CLOSED)
    late = make_call(opens_at=now - dt.timedelta(days=2), closes_at=now - dt.timedelta(seconds=1))
    browser = client_for(lead)
    token = browser.csrf(address(make_call()))

    for call in (closed, late):
        page = browser.get(address(call))
        assert "Cet appel n’est pas ouvert" in read(page).text
        assert 'name="title"' not in page.get_data(as_text=True)
        data = {"csrf_token": token, "organisation_id": lead.organisation_id, "title": "Réparer"}
        answer = browser.post(address(call), data=data)
        assert answer.status_code == 422
        assert "n’est pas ouvert : aucun dossier ne peut y être commencé." in read(answer).text
    assert drafts() == []


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.APPLICANT])
def test_start_is_for_applicants(client_for, call, role):
    answer = client_for(make_account(role)).get(address(call))

    assert answer.status_code == 403
    assert "réservée à un autre rôle" in read(answer).text


def test_start_asks_a_visitor_to_sign_in(client_for, call):
    assert client_for(None).get(address(call)).location.startswith("/connexion")


def test_start_does_not_know_an_unknown_or_secret_call(client_for, lead):
    secret = make_call(status=CallStatus.DRAFT)

    for slug in ("inconnu", secret.slug):
        assert client_for(lead).get(f"/appels/{slug}/dossier").status_code == 404


def test_start_takes_few_statements(client_for, lead, call, statements):
    browser = client_for(lead)
    for number in range(3):
        make_application(lead=lead, call=call, title=f"Brouillon {number}")
    url = address(call)
    db.session.commit()
    db.session.expunge_all()
    statements.clear()

    browser.get(url)

    assert len(statements) <= 5


@pytest.mark.parametrize("another", [False, True])
def test_clicks_at_once_make_one_draft(own_app, another):
    """Requests at the same instant: the others wait for the first, then give its draft, be it a second one that is wanted."""
    app = own_app()
    with app.app_context():
        lead, call = make_account(Role.APPLICANT), make_call()
        db.session.commit()
        lead_email, call_id = lead.email, call.id

    def click(_: int) -> uuid.UUID:
        with app.app_context():
            from guichet.accounts import queries as accounts  # noqa: PLC0415 - each thread has its own session

            actor, call = accounts.by_email(lead_email), db.session.get(Call, call_id)
            with unit_of_work():
                draft = drafting.create(
                    call, organisation=actor.organisation, title="Un seul", another=another, actor=actor
                )
            return draft.id

    with ThreadPoolExecutor(6) as pool:
        created = list(pool.map(click, range(6)))

    assert len(set(created)) == 1
    with app.app_context():
        assert drafts() == ["Un seul"]


# Throwing a draft away


def test_delete_asks_then_deletes(client_for, lead):
    dossier = f"/dossiers/{make_application(lead=lead, title='À jeter').id}"
    browser, url = client_for(lead), f"{dossier}/suppression"

    page = browser.get(url)
    assert "Cette suppression est définitive" in read(page).text
    assert drafts() == ["À jeter"]

    answer = browser.send(url)
    assert (answer.status_code, answer.location) == (303, "/dossiers")
    assert drafts() == []
    assert "Le brouillon est supprimé." in read(browser.get("/dossiers")).text
    assert browser.get(dossier).status_code == 404


def test_delete_needs_its_token(client_for, lead):
    draft = make_application(lead=lead)

    assert client_for(lead).post(f"/dossiers/{draft.id}/suppression").status_code == 422
    assert len(drafts()) == 1


@pytest.mark.parametrize(
    ("who", "status"), [("focal point", 403), ("auditor", 403), ("colleague", 403), ("other", 404), ("submitted", 403)]
)
def test_delete_refuses_everybody_else(client_for, lead, who, status):
    draft = make_application(lead=lead, status=S.SUBMITTED if who == "submitted" else S.DRAFT)
    person = {
        "focal point": lambda: make_account(Role.FOCAL_POINT, organisation=lead.organisation),
        "auditor": lambda: make_account(Role.AUDITOR),
        "colleague": lambda: make_account(Role.APPLICANT, organisation=lead.organisation),
        "other": lambda: make_account(Role.APPLICANT),
        "submitted": lambda: lead,
    }[who]()
    if who == "colleague":
        db.session.add(TeamMember(application_id=draft.id, account_id=person.id, role=TeamRole.EDITOR))

    answer = client_for(person).get(f"/dossiers/{draft.id}/suppression")

    assert answer.status_code == status
    assert len(drafts()) == 1
