"""Signing in and out, and the limits on trying."""

import pytest
from sqlalchemy import select

from guichet.accounts import passwords, services
from guichet.accounts.models import Account, Role
from guichet.accounts.resuming import local_path
from guichet.audit.models import AuditEntry
from guichet.core.transaction import unit_of_work
from tests.factories.accounts import PASSWORD, make_account

NEUTRAL = "Adresse ou mot de passe incorrect"


def journal(session):
    return [entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.number))]


def sign_in(client, email, password=PASSWORD, url="/connexion", **others):
    return client.send(url, {"email": email, "password": password, **others})


def test_sign_in_opens_a_session_for_the_right_password(client_for, session):
    account = make_account(Role.APPLICANT, password=True, email="camille@ecologie.example")
    client = client_for(None)

    answer = sign_in(client, "  Camille@Ecologie.EXAMPLE ")

    assert answer.status_code == 303
    assert answer.location == "/tableau-de-bord"
    assert client.get("/mon-compte").status_code == 200
    assert journal(session) == ["account.sign-in"]
    assert session.get(Account, account.id).last_signed_in_at is not None


@pytest.mark.parametrize("case", ["wrong password", "unknown address", "closed account", "no password yet"])
def test_sign_in_never_says_why_it_refuses(client_for, session, case):
    make_account(password=case != "no password yet", email="camille@ecologie.example", active=case != "closed account")
    client = client_for(None)
    email = "inconnue@ecologie.example" if case == "unknown address" else "camille@ecologie.example"

    answer = sign_in(client, email, "un autre mot de passe" if case == "wrong password" else PASSWORD)

    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert NEUTRAL in page
    assert f'value="{email}"' in page
    assert PASSWORD not in page
    entry = session.scalars(select(AuditEntry)).one()
    assert entry.action == "account.sign-in-refused"
    assert entry.facts == {"known": case != "unknown address"}
    assert email not in str(entry.facts)
    assert client.get("/mon-compte").status_code == 303


def test_sign_in_renews_an_outdated_hash(session, monkeypatch):
    account = make_account(password=True)
    before = account.password_hash
    monkeypatch.setattr(passwords, "_hasher", passwords.PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1))

    with unit_of_work():
        assert services.sign_in(account.email, PASSWORD) is account

    assert account.password_hash != before
    assert passwords.matches(PASSWORD, account.password_hash)


def test_sign_in_begins_a_new_session_that_lasts_eight_hours(client_for, app):
    account = make_account(password=True)
    client = client_for(None)
    with client.session_transaction() as before:
        before["planted"] = "by somebody else"
    old_token = client.csrf("/connexion")

    answer = sign_in(client, account.email)

    with client.session_transaction() as after:
        assert "planted" not in after
        assert after.permanent
    assert "Max-Age" in answer.headers["Set-Cookie"] or "Expires" in answer.headers["Set-Cookie"]
    assert app.permanent_session_lifetime.total_seconds() == 8 * 3600
    refused = client.post("/deconnexion", data={"csrf_token": old_token})
    assert refused.status_code == 422


@pytest.mark.parametrize("path", ["/appels", "/appels?page=2&q=a%20b", "/dossiers/x?suite=/y#z"])
def test_sign_in_leads_to_the_page_that_was_asked(client_for, path):
    account = make_account(password=True)

    answer = client_for(None).send(
        "/connexion", {"email": account.email, "password": PASSWORD}, query_string={"suite": path}
    )

    assert answer.location == path


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/" + "a" * 3000,
        "/\u2028/evil.example",
        "http:evil.example",
        "",
    ],
)
def test_sign_in_never_leads_elsewhere(client_for, elsewhere):
    account = make_account(password=True)

    answer = client_for(None).send(
        "/connexion", {"email": account.email, "password": PASSWORD}, query_string={"suite": elsewhere}
    )

    assert local_path(elsewhere) is None
    assert answer.location == "/tableau-de-bord"


def test_a_signed_in_person_goes_straight_on(client_for):
    client = client_for(make_account())

    assert client.get("/connexion").location == "/tableau-de-bord"
    assert client.get("/connexion", query_string={"suite": "/appels"}).location == "/appels"
    assert client.get("/connexion", query_string={"suite": "//evil.example"}).location == "/tableau-de-bord"


def test_a_page_asked_while_signed_out_comes_after_signing_in(client_for):
    answer = client_for(None).get("/mon-compte?a=b")

    assert answer.status_code == 303
    assert answer.location == "/connexion?suite=/mon-compte?a%3Db"


def test_sign_out_ends_the_session_and_leaves_its_trace(client_for, session):
    client = client_for(make_account())

    answer = client.send("/deconnexion")

    assert answer.status_code == 303
    assert client.get("/mon-compte").status_code == 303
    assert journal(session) == ["account.sign-out"]


def test_sign_out_does_nothing_on_a_get(client_for, session):
    client = client_for(make_account())

    assert client.get("/deconnexion").status_code == 200
    assert client.get("/mon-compte").status_code == 200
    assert journal(session) == []


def test_sign_out_twice_is_harmless(client_for):
    assert client_for(None).post("/deconnexion").status_code == 303


def test_a_closed_account_is_put_out_at_once(client_for, session):
    account = make_account()
    client = client_for(account)
    assert client.get("/mon-compte").status_code == 200

    account.active = False

    assert client.get("/mon-compte").status_code == 303


def test_the_eleventh_failure_on_one_address_waits(client_for, session):
    account = make_account(password=True)
    client = client_for(None)
    for _ in range(10):
        assert sign_in(client, account.email, "au hasard tout le temps").status_code == 422

    answer = sign_in(client, account.email.upper())

    assert answer.status_code == 429
    assert "minutes" in answer.get_data(as_text=True)
    assert 0 < int(answer.headers["Retry-After"]) <= 15 * 60
    assert journal(session).count("account.sign-in-refused") == 10
    other = make_account(password=True)
    assert sign_in(client, other.email).status_code == 303


def test_one_network_may_not_try_every_address(client_for, session):
    account = make_account(password=True)
    client = client_for(None)
    for number in range(100):
        assert client.post("/connexion", data={"email": f"agent{number}@x.example"}).status_code == 422

    assert sign_in(client, account.email).status_code == 429
    elsewhere = {"REMOTE_ADDR": "198.51.100.7"}
    token = client.csrf("/connexion")
    data = {"csrf_token": token, "email": account.email, "password": PASSWORD}
    assert client.post("/connexion", data=data, environ_overrides=elsewhere).status_code == 303


def test_successes_do_not_count(client_for):
    account = make_account(password=True)
    for _ in range(12):
        assert sign_in(client_for(None), account.email).status_code == 303


def test_limits_do_not_keep_the_address_in_clear(client_for, valkey):
    account = make_account(password=True, email="camille@ecologie.example")

    sign_in(client_for(None), account.email, "au hasard tout le temps")

    keys = [key.decode() for key in valkey.client().keys("LIMITS*")]
    assert any("accounts.sign_in" in key for key in keys)
    assert not any("camille" in key for key in keys)


def test_an_expired_token_keeps_the_address(client_for):
    answer = client_for(None).post("/connexion", data={"email": "camille@ecologie.example", "password": "x"})

    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "restée ouverte trop longtemps" in page
    assert 'value="camille@ecologie.example"' in page


@pytest.mark.parametrize(
    "typed",
    [
        {"email": "", "password": ""},
        {"email": "a" * 5000, "password": "b" * 5000},
        {"email": "\x00@😀", "password": "\x00"},
        {"email": "\u202emoc.elpmaxe@a", "password": "مرحبا"},
        {"email": ["a@b", "c@d"], "password": ["x", "y"]},
        {},
    ],
)
def test_sign_in_takes_any_text_without_failing(client_for, typed):
    answer = client_for(None).send("/connexion", typed)

    assert answer.status_code == 422


def test_the_page_costs_no_statement(client_for, statements):
    client = client_for(None)
    statements.clear()

    client.get("/connexion")

    assert statements == []


def test_a_password_change_elsewhere_ends_this_session(client_for):
    account = make_account(password=True)
    here, there = client_for(account), client_for(account)

    answer = here.send(
        "/mon-compte/mot-de-passe",
        {"current": PASSWORD, "new": "cinq mots pour mon compte", "confirmation": "cinq mots pour mon compte"},
    )

    assert answer.status_code == 303
    assert here.get("/mon-compte").status_code == 200
    assert there.get("/mon-compte").status_code == 303
    with unit_of_work():
        assert services.sign_in(account.email, PASSWORD) is None
        assert services.sign_in(account.email, "cinq mots pour mon compte") is not None
