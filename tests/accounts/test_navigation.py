"""The menu: what each role may open, and where one is."""

import pytest

from guichet.accounts.models import Role
from guichet.accounts.navigation import menu_for
from tests.factories.accounts import make_account

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
