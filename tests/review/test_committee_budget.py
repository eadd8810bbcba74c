"""What the pages of the committee cost: statements and elements, whatever they show."""

import re
from decimal import Decimal

import pytest

from guichet.accounts.models import Role
from guichet.core.transaction import unit_of_work
from guichet.review.models import Outcome, Recommendation
from guichet.review.services import publication
from tests.factories.accounts import make_account
from tests.factories.calls import make_call
from tests.factories.committee import give_opinion, make_decision, make_reviewed, make_session

# Pages of a session, who reads them, statements allowed.
PAGES = [
    ("", Role.CHAIR, 8),
    ("/classement", Role.COMMITTEE, 4),
    ("/ordre-du-jour", Role.OFFICER, 6),
    ("/ajout", Role.OFFICER, 4),
    ("/cloture", Role.CHAIR, 3),
    ("/decisions", Role.OFFICER, 5),
    ("/publication?tout=1", Role.CHAIR, 4),
    ("/dossiers/{dossier}", Role.CHAIR, 8),
    ("/dossiers/{dossier}/avis", Role.COMMITTEE, 7),
    ("/dossiers/{dossier}/contenu", Role.COMMITTEE, 12),
    ("/publications/{run}", Role.COMMITTEE, 6),
]


@pytest.fixture
def meetings(session):
    """A small session and a large one, each with its decided dossiers, those still to place and a publication."""
    return [make_world(number) for number in (3, 25)]


def make_world(number):
    call, chair = make_call(envelope=5_000_000), make_account(Role.CHAIR)
    dossiers = [make_scored(call, place) for place in range(number)]
    meeting = make_session(call, *dossiers)
    decisions = [
        make_decision(dossier, meeting, chair=chair, amount=30_000)
        if place % 2
        else make_decision(dossier, meeting, Outcome.REJECTED, chair=chair)
        for place, dossier in enumerate(dossiers)
    ]
    for place in range(number):
        make_scored(call, place)
    with unit_of_work():
        run = publication.ask(meeting, decisions, actor=chair)
    return {"session": meeting.id, "dossier": dossiers[0].id, "run": run.id}


def make_scored(call, place):
    dossier = make_reviewed(call, mean=Decimal(50 + place), amount=30_000)
    give_opinion(dossier, 60, Recommendation.RESERVED)
    return dossier


def cost(client, statements, url):
    statements.clear()
    answer = client.get(url)
    assert answer.status_code == 200
    return len(statements), len(re.findall(r"<[a-z]", answer.get_data(as_text=True)))


@pytest.mark.parametrize(("path", "role", "allowed"), PAGES)
def test_page_costs_as_many_statements_for_three_dossiers_as_for_many(
    client_for, statements, meetings, path, role, allowed
):
    client = client_for(make_account(role))
    client.get("/seances")
    urls = [("/seances/{session}" + path).format(**meeting) for meeting in meetings]
    (few, _), (many, elements) = (cost(client, statements, url) for url in urls)

    assert few == many <= allowed
    assert elements <= 380


def test_list_of_sessions_costs_as_many_statements_whatever_it_shows(client_for, statements, session):
    client = client_for(make_account(Role.OFFICER))
    make_session()
    client.get("/seances")
    few, _ = cost(client, statements, "/seances")
    for _ in range(25):
        make_session()
    many, elements = cost(client, statements, "/seances")

    assert few == many <= 3
    assert elements <= 380


def test_sheet_of_ten_opinions_stays_small(client_for, statements, session):
    call = make_call()
    dossier = make_reviewed(call)
    for _ in range(9):
        give_opinion(dossier, 60)
    meeting = make_session(call, dossier)
    client = client_for(make_account(Role.CHAIR))

    for path in ("", "/avis"):
        assert cost(client, statements, f"/seances/{meeting.id}/dossiers/{dossier.id}{path}")[1] <= 380


def test_decide_costs_few_statements(client_for, statements, session):
    call = make_call()
    dossier = make_reviewed(call)
    meeting = make_session(call, dossier)
    client = client_for(make_account(Role.CHAIR))
    url = f"/seances/{meeting.id}/dossiers/{dossier.id}"
    statements.clear()
    token = client.csrf(url)
    answer = client.post(url, data={"csrf_token": token, "outcome": "awarded", "amount": "10 000"})

    assert answer.status_code == 303
    assert len(statements) <= 20
