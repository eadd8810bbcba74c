"""The pages through which a dossier is taken away."""

import pytest

from guichet.accounts.models import Role
from guichet.applications.models import DossierExport
from guichet.applications.services import exports
from tests.applications.page_reader import read
from tests.factories.accounts import make_account
from tests.factories.submission import make_submitted


@pytest.fixture
def lead(session):
    return make_account(Role.APPLICANT)


@pytest.fixture
def dossier(lead):
    return make_submitted(lead)


@pytest.fixture
def browser(client_for, lead):
    return client_for(lead)


def make_exports():
    """What the worker's task does, in the session of the test."""
    while exports.make_next():
        pass


def page_of(dossier):
    return f"/dossiers/{dossier.id}/exports"


def asked(browser, dossier, kind="archive"):
    answer = browser.send(page_of(dossier), {"kind": kind})
    assert answer.status_code == 303
    return answer.location


def test_a_file_is_asked_awaited_found_again_and_fetched(browser, dossier):
    page = asked(browser, dossier)
    assert "Le fichier est en préparation" in read(browser.get(page)).text
    assert browser.get(f"{page}/fichier").status_code == 303
    assert "en préparation" in read(browser.get(f"/dossiers/{dossier.id}")).text

    make_exports()

    assert "Le fichier est prêt" in read(browser.get(page)).text
    assert page in browser.get(page_of(dossier)).text
    assert "prêt" in read(browser.get(f"/dossiers/{dossier.id}")).text
    answer = browser.get(f"{page}/fichier")
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert answer.headers["Content-Disposition"].startswith(f"attachment; filename=dossier-{dossier.reference}.zip")
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_failed_file_says_so_and_is_asked_again(browser, dossier, monkeypatch):
    page = asked(browser, dossier, "pdf")
    monkeypatch.setattr(exports, "MOST_ATTEMPTS", 1)

    def broken(*_, **__):
        raise RuntimeError("the typesetter is gone")

    monkeypatch.setattr("guichet.applications.exports.typeset", broken)
    make_exports()

    shown = browser.get(page).text
    assert "Le fichier n’a pas pu être préparé" in shown
    assert "Recommencer" in shown
    assert browser.send(page_of(dossier), {"kind": "pdf"}, form_at=page).location != page


@pytest.mark.parametrize("kind", ["", "exe", "archive\0"])
def test_a_kind_that_does_not_exist_gives_the_page_again(browser, dossier, kind):
    assert browser.send(page_of(dossier), {"kind": kind}).status_code == 200


def test_an_expired_page_keeps_the_person_where_she_is(browser, dossier):
    assert browser.post(page_of(dossier), data={"kind": "pdf"}).status_code == 422


def test_nobody_else_reaches_the_file(browser, client_for, dossier):
    page = asked(browser, dossier)
    make_exports()

    for stranger in (make_account(Role.APPLICANT), make_account(Role.OFFICER), make_account(Role.REVIEWER)):
        client = client_for(stranger)
        assert client.get(page).status_code == 404
        assert client.get(f"{page}/fichier").status_code == 404
    assert client_for(None).get(f"{page}/fichier").status_code == 303


def test_a_file_made_with_rights_that_are_over_is_not_served(client_for, dossier, session):
    officer = make_account(Role.OFFICER)
    client = client_for(officer)
    page = asked(client, dossier)
    make_exports()
    session.query(DossierExport).update({"scope": "staff:submitted"})

    assert "n’est plus à jour" in read(client.get(page)).text
    assert client.get(f"{page}/fichier").status_code == 404


def test_the_pages_are_light(browser, dossier, statements):
    counts = []
    for _ in range(3):
        asked(browser, dossier)
        make_exports()
        browser.get(page_of(dossier))
        statements.clear()
        page = read(browser.get(page_of(dossier)))
        counts.append(len(statements))

    assert page.elements <= 380
    assert len(set(counts)) == 1
