"""The pages of rehearsals, for each role and whatever the address says."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest

from guichet.accounts.models import Role
from guichet.calls.models import CallStatus
from guichet.core import clock
from guichet.core.db import db
from guichet.documents import services as documents
from guichet.rehearsal.models import RehearsalFile, RehearsalStatus
from guichet.rehearsal.report import Mail, Obstacle, Place, Rank, Report, Sight, Step
from guichet.rehearsal.services import playing
from tests.applications.page_reader import read
from tests.factories.accounts import make_account
from tests.factories.rehearsals import make_coming_call, make_rehearsal

S = RehearsalStatus
NOW = dt.datetime(2026, 12, 1, 10, tzinfo=dt.UTC)


@pytest.fixture
def officer(session):
    return make_account(Role.OFFICER)


@pytest.fixture
def call(session):
    return make_coming_call()


@pytest.fixture
def browser(client_for, officer):
    return client_for(officer)


def home(call):
    return f"/instruction/appels/{call.slug}/repetitions"


def address(call, rehearsal, page=""):
    return f"{home(call)}/{rehearsal.id}{page}"


def full_report(mails=25):
    """As long as a story gets."""
    said = [f"Phrase {number}" for number in range(6)]
    steps = [Step(title=f"Étape {n}", at=NOW, said=said, remarks=["À revoir"]) for n in range(13)]
    mail = Mail(
        step="Dépôt", at=NOW, to=["Porteur de projet"], others=2, subject="Dossier déposé", text="Bonjour,", copies=2
    )
    line = Rank(
        rank=1,
        reference="ESSAI-1",
        title="Dossier fictif",
        mean=Decimal(80),
        requested=Decimal(10),
        cumulative=Decimal(10),
        funded=True,
        outcome="Retenu",
        granted=Decimal(10),
    )
    sights = [Sight(who=f"Rôle {number}", seen=[0, 1, 2, 3]) for number in range(9)]
    return Report(
        dossiers=3,
        steps=steps,
        mails=[mail] * mails,
        ranking=[line] * 3,
        envelope=Decimal(100),
        moments=["Rédaction", "Dépôt", "Évaluation", "Décision"],
        sights=sights,
    )


def with_file(rehearsal):
    document = documents.keep_made(b"%PDF-1.7\n%%EOF\n", name="decision.pdf")
    file = RehearsalFile(rehearsal_id=rehearsal.id, document_id=document.id, position=1, label="Lettre de décision")
    db.session.add(file)
    db.session.flush()
    return file


def test_a_call_is_rehearsed_from_its_page_and_read(browser, call):
    assert home(call) in browser.get(f"/instruction/appels/{call.slug}").text
    assert "Aucune répétition" in browser.get(home(call)).text

    page = browser.send(home(call)).location
    assert browser.send(home(call)).location == page
    assert "La répétition se joue" in browser.get(page).text
    assert "Aucun courriel" in browser.get(f"{page}/courriels").text

    assert playing.play_next()

    shown = browser.get(page)
    assert "L’appel se joue de la publication à la décision" in shown.text
    assert "Jouée jusqu’à la décision" in browser.get(home(call)).text
    assert "Bonjour Porteur de projet fictif A" in browser.get(f"{page}/courriels").text
    letter = shown.text.split("/documents/")[1].split("?")[0].split('"')[0]
    answer = browser.get(f"{page}/documents/{letter}")
    assert (answer.status_code, answer.mimetype, answer.data[:4]) == (200, "application/pdf", b"%PDF")
    assert browser.get(f"{page}/documents/{letter}?affichage=page").status_code == 200


def test_an_obstacle_leads_to_the_page_where_it_is_mended(browser, call, officer):
    obstacles = [
        Obstacle(message="Ajoutez un critère.", place=Place.CRITERIA),
        Obstacle(message="L’ouverture doit être à venir.", place=Place.RULES, anchor="opens_at"),
        Obstacle(message="Personne ne peut répondre.", place=Place.QUESTIONS),
        Obstacle(message="Autre chose.", place=Place.CALL),
    ]
    report = Report(steps=[Step(title="Publication de l’appel", at=NOW, obstacles=obstacles)])
    rehearsal = make_rehearsal(call, officer, told=report, obstacle="Ajoutez un critère.")
    root = f"/instruction/appels/{call.slug}"

    shown = browser.get(address(call, rehearsal)).text

    assert "La répétition s’arrête à l’étape « Publication de l’appel »" in shown
    for link in (f"{root}/criteres", f"{root}/modification#opens_at", f"{root}/formulaire", root):
        assert f'href="{link}"' in shown
    assert "Ajoutez un critère." in browser.get(home(call)).text


def test_a_published_call_is_mended_from_its_page(browser, officer):
    call = make_coming_call(status=CallStatus.PUBLISHED)
    obstacle = Obstacle(message="Aucun critère ne s’applique.", place=Place.CRITERIA)
    report = Report(steps=[Step(title="Notation", at=NOW, obstacles=[obstacle])])
    rehearsal = make_rehearsal(call, officer, told=report)

    shown = browser.get(address(call, rehearsal)).text

    assert f'href="/instruction/appels/{call.slug}">Modifier les critères' in shown


def test_a_failed_one_says_so_and_is_asked_again(browser, call, officer):
    rehearsal = make_rehearsal(call, officer, status=S.FAILED)

    shown = browser.get(address(call, rehearsal)).text

    assert "n’a pas pu être jouée" in shown
    assert "Répéter de nouveau" in shown


def test_it_is_thrown_away_after_a_confirmation(browser, call, officer):
    rehearsal = make_rehearsal(call, officer)
    story = address(call, rehearsal)
    page = f"{story}/suppression"
    assert "seront effacés" in browser.get(page).text

    assert browser.send(page).location == home(call)

    assert browser.get(story).status_code == 404


def test_an_open_call_offers_no_rehearsal_and_refuses_one(browser):
    call = make_coming_call(status=CallStatus.OPEN)
    assert "avant son ouverture seulement" in browser.get(home(call)).text

    token = browser.csrf("/tableau-de-bord")
    answer = browser.post(home(call), data={"csrf_token": token})

    assert answer.status_code == 422
    assert "il se répète avant son ouverture seulement" in answer.text


PAGES = ("", "/courriels", "/suppression", "/documents/{file}")


@pytest.mark.parametrize("role", list(Role))
def test_only_who_manages_the_call_reads(client_for, call, officer, role):
    rehearsal = make_rehearsal(call, officer)
    file = with_file(rehearsal)
    client = client_for(make_account(role))
    # A draft is no secret for the auditors only.
    expected = {200} if role in {Role.OFFICER, Role.ADMIN} else {403, 404}

    assert client.get(home(call)).status_code in expected
    for page in PAGES:
        assert client.get(address(call, rehearsal, page.format(file=file.id))).status_code in expected


def test_an_officer_of_another_call_sees_nothing(client_for, call, officer):
    rehearsal = make_rehearsal(call, officer)
    other = make_coming_call()
    client = client_for(make_account(Role.OFFICER, call_id=other.id))

    assert client.get(home(call)).status_code == 404
    assert client.get(address(call, rehearsal)).status_code == 404
    # Nor through the call that she runs.
    assert client.get(address(other, rehearsal)).status_code == 404
    assert client.get(home(other)).status_code == 200


def test_hostile_addresses_are_not_found(browser, call, officer):
    rehearsal = make_rehearsal(call, officer)
    file = with_file(make_rehearsal(call, officer))

    assert browser.get(f"{home(call)}/{uuid.uuid4()}").status_code == 404
    assert browser.get(f"{home(call)}/pas-un-identifiant").status_code == 404
    assert browser.get("/instruction/appels/%00/repetitions").status_code == 404
    assert browser.get(address(call, rehearsal, f"/documents/{file.id}")).status_code == 404
    assert browser.get(address(call, rehearsal, "/courriels?page=-9999999999999999999")).status_code == 200


def test_an_expired_one_is_not_found(browser, call, officer):
    rehearsal = make_rehearsal(call, officer, expires_at=clock.now() - dt.timedelta(seconds=1))

    assert browser.get(address(call, rehearsal)).status_code == 404


def test_the_longest_report_is_a_light_page(browser, call, officer):
    rehearsal = make_rehearsal(call, officer, told=full_report())

    for page in ("", "/courriels", "/courriels?page=3"):
        shown = browser.get(address(call, rehearsal, page))
        assert shown.status_code == 200
        assert shown.text.count("<") - shown.text.count("</") < 380, page
    assert read(browser.get(address(call, rehearsal, "/courriels"))).text.count("Dossier déposé") == 10


def test_the_list_asks_as_much_for_many_as_for_one(browser, call, officer, statements):
    make_rehearsal(call, officer, told=full_report())
    browser.get(home(call))
    statements.clear()
    browser.get(home(call))
    once = len(statements)
    for _ in range(25):
        make_rehearsal(call, make_account(Role.OFFICER), told=full_report(1))
    statements.clear()

    assert "26 répétitions" in browser.get(home(call)).text
    assert len([one for one in statements if "INSERT" not in one]) <= once
