"""Headers of every answer, and posts that come from elsewhere."""

import pytest

from guichet.accounts.models import Role
from guichet.core.db import db
from tests.factories.accounts import PASSWORD, make_account

ADDRESSES = ["/", "/appels", "/connexion", "/aide", "/healthz", "/robots.txt", "/nulle/part", "/mon-compte"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_is_armoured(client_for, address):
    headers = client_for(None).get(address).headers

    policy = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert policy["base-uri"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers


def test_what_a_signed_in_person_sees_is_not_kept_by_a_shared_computer(client_for, session):
    assert client_for(make_account()).get("/mon-compte").headers["Cache-Control"] == "no-store"
    assert client_for(make_account()).get("/aide").headers["Cache-Control"] == "no-store"
    assert "no-store" not in client_for(None).get("/aide").headers["Cache-Control"]


def test_no_page_holds_an_inline_script_or_style(client_for, session):
    client = client_for(make_account(*Role))

    for address in ("/", "/tableau-de-bord", "/mon-compte", "/ecoconception", "/administration/personnes"):
        page = client.get(address).get_data(as_text=True)
        assert " style=" not in page
        assert "<style" not in page
        assert " onclick=" not in page
        assert all("src=" in tag for tag in page.split("<script")[1:])
        assert "http://" not in page.replace("http://localhost", "").replace("http://www.w3.org", "")


def test_over_https_cookies_and_browsers_stay_there(own_app):
    app = own_app(BASE_URL="https://guichet.example")
    with app.app_context():
        email = make_account(password=True).email
        db.session.commit()
    client = app.test_client()
    home = client.get("/connexion", base_url="https://guichet.example")
    token = home.get_data(as_text=True).split('name="csrf_token"', 1)[1].split('value="', 1)[1].split('"', 1)[0]

    answer = client.post(
        "/connexion",
        data={"csrf_token": token, "email": email, "password": PASSWORD},
        base_url="https://guichet.example",
        headers={"Origin": "https://guichet.example"},
    )

    assert home.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert answer.status_code == 303
    cookie = answer.headers["Set-Cookie"]
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 422),
        ({"Origin": "http://localhost"}, 422),
        ({"Origin": "null"}, 422),
        ({"Sec-Fetch-Site": "same-origin"}, 422),
        ({"Sec-Fetch-Site": "same-site"}, 422),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://localhost.evil.example"}, 403),
        ({"Origin": "http://localhost:8001"}, 403),
        ({"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "\x80//["}, 403),
    ],
)
def test_a_post_from_another_site_is_refused(client_for, session, headers, status):
    answer = client_for(None).post("/connexion", data={"email": "a@b", "password": "x"}, headers=headers)

    assert answer.status_code == status


def test_a_link_from_another_site_is_welcome(client_for):
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}

    assert client_for(None).get("/appels", headers=headers).status_code == 200
