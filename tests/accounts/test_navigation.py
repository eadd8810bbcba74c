"""The menu: what each role may open, and where one is."""

import itertools

import pytest

from guichet.accounts.models import Role
from guichet.accounts.navigation import menu_for
from tests.factories.accounts import make_account
from tests.factories.calls import make_call

COMMON = ["Accueil", "Appels à projets"]
MENUS = {
    Role.APPLICANT: [*COMMON, "Mes dossiers", "Plans d’action"],
    Role.FOCAL_POINT: [*COMMON, "Mes dossiers", "Plans d’action"],
    Role.OFFICER: [*COMMON, "Instruction", "Séances", "Plans d’action"],
    Role.REVIEWER: [*COMMON, "Mes évaluations"],
    Role.COMMITTEE: [*COMMON, "Séances", "Plans d’action"],
    Role.CHAIR: [*COMMON, "Séances", "Plans d’action"],
    Role.FINANCE: [*COMMON, "Séances", "Plans d’action"],
    Role.ADMIN: [*COMMON, "Instruction", "Plans d’action", "Supervision", "Administration"],
    Role.AUDITOR: [*COMMON, "Instruction", "Séances", "Plans d’action", "Supervision"],
}


def menu(app, account, path="/"):
    with app.test_request_context():
        return menu_for(account, path)


@pytest.mark.parametrize("role", Role)
def test_each_role_has_its_menu(app, session, role):
    assert [entry.label for entry in menu(app, make_account(role))] == MENUS[role]


@pytest.mark.parametrize("role", Role)
def test_every_entry_of_the_menu_opens(client_for, app, session, role):
    account = make_account(role)
    client = client_for(account)

    for address in [entry.url for entry in menu(app, account)]:
        assert client.get(address).status_code == 200, address


SCOPES = ("window", "call")


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("many", [1, 2, len(Role)])
def test_no_entry_leads_to_a_refusal_whatever_the_roles(client_for, app, session, many, scope):
    call_id = make_call().id if scope == "call" else None
    refused = []
    for roles in itertools.combinations(Role, many):
        account = make_account(*roles, call_id=call_id)
        entries, client = menu(app, account), client_for(account)
        for entry in entries:
            answer = client.get(entry.url, follow_redirects=True)
            if answer.status_code != 200:
                refused.append((roles, entry.label, answer.status_code))
    assert refused == []


def test_an_auditor_of_one_call_is_not_sent_to_the_supervision_of_all(app, session):
    auditor = make_account(Role.AUDITOR, call_id=make_call().id)

    assert [entry.label for entry in menu(app, auditor)] == [*COMMON, "Instruction", "Séances", "Plans d’action"]


def test_a_visitor_reads_the_calls(app):
    assert [entry.label for entry in menu(app, None)] == ["Appels à projets"]


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/appels", ["Appels à projets"]),
        ("/appels/releve-2026", ["Appels à projets"]),
        ("/appelsx", []),
        ("/seances/nouvelle", ["Séances"]),
        ("/administration/personnes/nouvelle", ["Administration"]),
        ("/tableau-de-bord", ["Accueil"]),
        ("/mon-compte", []),
        ("/", []),
    ],
)
def test_the_entry_that_leads_to_the_page_is_current(app, session, path, current):
    entries = menu(app, make_account(*Role), path)

    assert [entry.label for entry in entries if entry.current] == current
