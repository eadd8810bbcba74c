"""The pages of law and help: true, light, and open to everybody."""

import datetime as dt
import re

import pytest
from flask import render_template

from guichet.accounts.models import Role
from tests.conftest import settings_for
from tests.factories.accounts import make_account

PAGES = {
    "/accessibilite": [
        "non conforme",
        "aucun audit n’a encore été mené",
        "RGAA",
        "loi",
        "Défenseur des droits, Libre réponse 71120, 75342 Paris CEDEX 07",
        "contact@localhost",
    ],
    "/ecoconception": ["RGESN", "78 critères", "100 ko", "Écrivez à"],
    "/mentions-legales": ["Éditeur", "Direction de la publication", "Hébergement", "EUPL", "Licence Ouverte 2.0"],
    "/donnees-personnelles": ["article 6, 1, e", "CNIL", "cookies", "Vos droits", "contact@localhost"],
    "/aide": ["contact@localhost", "J’ai oublié mon mot de passe", "compléments"],
    "/plan-du-site": ["Pages publiques", "Se connecter"],
}


def elements(page):
    return len(re.findall(r"<[a-z]", page))


@pytest.mark.parametrize("address", PAGES)
def test_the_page_says_what_it_must(client_for, statements, address):
    client = client_for(None)
    statements.clear()

    answer = client.get(address)

    assert answer.status_code == 200
    page = answer.get_data(as_text=True)
    for words in PAGES[address]:
        assert words in page
    assert page.count("<h1") == 1
    assert elements(page) <= 380
    assert statements == []


@pytest.mark.parametrize("address", PAGES)
def test_the_page_is_open_to_every_role(client_for, session, address):
    for role in Role:
        assert client_for(make_account(role)).get(address).status_code == 200


def test_every_link_of_the_footer_and_of_the_map_leads_somewhere(client_for):
    client = client_for(None)
    page = client.get("/plan-du-site").get_data(as_text=True)
    addresses = set(re.findall(r'<a[^>]* href="(/[^"]*)"', page))

    assert set(PAGES) <= addresses
    for address in addresses:
        assert client.get(address).status_code == 200, address


def test_the_map_shows_a_signed_in_person_her_own_menu(client_for):
    page = client_for(make_account(Role.APPLICANT)).get("/plan-du-site").get_data(as_text=True)
    content = page.split("<main", 1)[1]

    assert "/dossiers" in content
    assert "/instruction" not in content
    assert "Se connecter" not in content


def test_what_the_operator_did_not_declare_is_said_missing(client_for):
    page = client_for(None).get("/mentions-legales").get_data(as_text=True)

    assert "Non renseigné par l’exploitant (réglage PUBLISHER)" in page


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"PUBLISHER": "Ministère <b>des</b> essais"}, "Ministère &lt;b&gt;des&lt;/b&gt; essais"),
        ({"DEMO": "1"}, "installation de démonstration"),
        ({"HOSTING": "Hébergeur public, 75000 Paris"}, "Hébergeur public, 75000 Paris"),
    ],
)
def test_what_the_operator_declared_is_shown(app, monkeypatch, folder, environment, said):
    declared = settings_for(
        app.config["SQLALCHEMY_DATABASE_URI"], app.config["RATELIMIT_STORAGE_URI"], folder, **environment
    )

    with app.test_request_context():
        page = render_template("statements/legal_notice.html", settings=declared)

    assert said in page


def test_security_txt_says_where_to_report(client_for):
    answer = client_for(None).get("/.well-known/security.txt")

    assert answer.mimetype == "text/plain"
    fields = dict(line.split(": ", 1) for line in answer.get_data(as_text=True).splitlines())
    assert fields["Contact"] == "mailto:contact@localhost"
    assert fields["Canonical"] == "http://localhost/.well-known/security.txt"
    expires = dt.datetime.fromisoformat(fields["Expires"])
    assert dt.timedelta(days=30) < expires - dt.datetime.now(dt.UTC) < dt.timedelta(days=365)


def test_robots_leave_sign_in_alone(client_for):
    text = client_for(None).get("/robots.txt").get_data(as_text=True)

    assert "Disallow: /connexion\n" in text
    assert "Disallow: /\n" not in text


def test_a_demonstration_is_never_indexed(own_app):
    demonstration = own_app(DEMO="1")

    text = demonstration.test_client().get("/robots.txt").get_data(as_text=True)

    assert text == "User-agent: *\nDisallow: /\n"
