"""The draft already begun, offered back by the page of its call."""

import datetime as dt

import pytest

from guichet.accounts.models import Account, Role
from guichet.applications.models import ApplicationStatus, Recusal, Section
from guichet.calls.models import Call, CallStatus
from guichet.core import clock
from guichet.core.db import db
from tests.applications.page_reader import read
from tests.applications.writing import address, colleague_of
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call


@pytest.fixture
def lead(session) -> Account:
    return make_account(Role.APPLICANT)


@pytest.fixture
def call(session) -> Call:
    return make_call(closes_at=clock.now() + dt.timedelta(days=9))


def places(call: Call) -> list[str]:
    return [f"/appels/{call.slug}", f"/appels/{call.slug}/dossier"]


def test_both_pages_offer_the_draft_first_and_say_who_saved_it_last(client_for, lead, call):
    draft = make_application(lead=lead, call=call, title="Mon projet", complete=True)
    colleague = colleague_of(draft, lead)
    theirs = client_for(colleague)
    typed = read(theirs.get(address(draft, Section.SOLUTION))).fields
    assert theirs.post(address(draft, Section.SOLUTION), data=typed | {"problem": "Autre"}).status_code == 303

    for place in places(call):
        answer = client_for(lead).get(place)
        text = read(answer).text
        assert "Reprendre mon brouillon « Mon projet »" in text, place
        assert f"par {colleague.full_name} : il reste 9 jours pour le déposer." in text, place
        assert text.index("Reprendre mon brouillon") < text.index("Commencer un autre dossier"), place
        assert f'href="/dossiers/{draft.id}"' in answer.get_data(as_text=True)
        assert "par vous : " in read(theirs.get(place)).text, place


def test_nothing_is_offered_of_what_is_somebody_else_s_or_handed_in(client_for, lead, call):
    make_application(
        lead=make_account(Role.APPLICANT, organisation=lead.organisation), call=call, title="Celui d’à côté"
    )
    make_application(lead=lead, title="Pour un autre appel")
    make_application(lead=lead, call=call, title="Déjà déposé", status=ApplicationStatus.SUBMITTED)
    hidden = make_application(lead=lead, call=call, title="Dont je suis déporté")
    db.session.add(Recusal(application_id=hidden.id, account_id=lead.id, reason="Conflit"))
    focal_point = make_account(Role.FOCAL_POINT, organisation=lead.organisation)

    for person in (lead, focal_point, None):
        text = read(client_for(person).get(f"/appels/{call.slug}")).text
        assert "mon brouillon" not in text
        for title in ("Celui d’à côté", "Pour un autre appel", "Déjà déposé", "Dont je suis déporté"):
            assert title not in text


def test_once_the_call_is_closed_a_draft_is_read_only(client_for, lead):
    call = make_call(status=CallStatus.CLOSED)
    make_application(lead=lead, call=call, title="Resté là")

    text = read(client_for(lead).get(f"/appels/{call.slug}")).text

    assert "Relire mon brouillon « Resté là »" in text
    assert "pour le déposer" not in text
    assert "Commencer un autre dossier" not in text


def test_twenty_drafts_cost_what_one_does(client_for, lead, call, statements):
    browser = client_for(lead)
    counts = []
    for number in (1, 19):
        for index in range(number):
            make_application(lead=lead, call=call, title=f"Brouillon {number} {index}")
        for place in places(call):
            db.session.commit()
            db.session.expunge_all()
            statements.clear()
            page = read(browser.get(place))
            counts.append(len(statements))
            assert page.elements <= 380
        assert ("Voir mes 20 brouillons" in page.text) is (number == 19)
    assert counts[:2] == counts[2:]
    assert max(counts) <= 5
