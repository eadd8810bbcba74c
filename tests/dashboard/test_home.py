"""The public home page."""

import datetime as dt
import re

import pytest

from guichet.accounts.models import Role
from guichet.applications.models import ApplicationStatus, Recusal
from guichet.calls.models import CallStatus
from guichet.core import clock
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call

DAY = dt.timedelta(days=1)


def home(client):
    answer = client.get("/")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_open_calls_come_with_their_closing_instant_and_zone(client_for, session, at):
    at(dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC))
    make_call(title="Réemploi", closes_at=dt.datetime(2026, 12, 4, 16, 0, tzinfo=dt.UTC), time_zone="Europe/Paris")
    make_call(title="Outre-mer", closes_at=dt.datetime(2026, 12, 5, 16, 0, tzinfo=dt.UTC), time_zone="Indian/Reunion")

    page = re.sub(r"\s", " ", home(client_for(None)))

    assert "4 décembre 2026 à 17 h 00 (heure de Paris)" in page
    assert "5 décembre 2026 à 20 h 00 (heure de La Réunion)" in page
    assert "il reste 11 jours" in page
    assert page.index("Réemploi") < page.index("Outre-mer")


@pytest.mark.parametrize(
    ("status", "closes_in", "shown"),
    [
        (CallStatus.DRAFT, 5, False),
        (CallStatus.PUBLISHED, 5, True),
        (CallStatus.OPEN, 5, True),
        (CallStatus.OPEN, -1, False),
        (CallStatus.CLOSED, -1, False),
        (CallStatus.ARCHIVED, -1, False),
    ],
)
def test_only_calls_that_concern_applicants_are_offered(client_for, session, status, closes_in, shown):
    make_call(title="Celui-ci", status=status, closes_at=clock.now() + closes_in * DAY)

    assert ("Celui-ci" in home(client_for(None))) is shown


def test_the_page_says_when_no_call_is_open(client_for, session):
    assert "Aucun appel n’est ouvert en ce moment" in home(client_for(None))


def make_result(status=CallStatus.RESULTS_PUBLISHED, **columns):
    call = make_call(status=status, closes_at=clock.now() - 30 * DAY, opens_at=clock.now() - 60 * DAY)
    return make_application(call=call, status=ApplicationStatus.AWARDED, title="Atelier de réparation", **columns)


def test_results_show_once_the_call_publishes_them(client_for, session):
    make_result(outcome_published_at=clock.now())

    page = home(client_for(None))

    assert "Derniers projets retenus" in page
    assert "Atelier de réparation" in page
    assert "60\u202f000\u00a0€" in page


@pytest.mark.parametrize("status", [CallStatus.CLOSED, CallStatus.DELIBERATING])
def test_a_result_is_nobody_s_business_before(client_for, session, status):
    make_result(status, outcome_published_at=clock.now())

    assert "Atelier de réparation" not in home(client_for(None))
    assert "Atelier de réparation" not in home(client_for(make_account(Role.OFFICER)))


def test_a_recused_person_does_not_meet_the_dossier_here_either(client_for, session):
    application = make_result(outcome_published_at=clock.now())
    reviewer = make_account(Role.REVIEWER)
    session.add(Recusal(application_id=application.id, account_id=reviewer.id, reason="Amitié"))
    session.flush()

    assert "Atelier de réparation" not in home(client_for(reviewer))
    assert "Atelier de réparation" in home(client_for(make_account(Role.REVIEWER)))


def test_the_page_is_light_and_of_constant_cost(client_for, session, statements):
    account = make_account(Role.APPLICANT)
    for _ in range(9):
        make_call(summary="x" * 500)
        make_result(outcome_published_at=clock.now())
    for client, most in ((client_for(None), 2), (client_for(account), 3)):
        session.flush()
        statements.clear()

        page = home(client)

        assert len(statements) <= most
        assert len(re.findall(r"<[a-z]", page)) <= 380
        assert page.count("gu-card") == 6


def test_the_page_leads_to_signing_in_or_to_the_dashboard(client_for, session):
    assert 'href="/connexion"' in home(client_for(None))
    assert 'href="/tableau-de-bord"' in home(client_for(make_account()))
    assert "Accessibilité : non conforme" in home(client_for(None))
