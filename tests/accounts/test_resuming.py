"""A session that ends while a form is being filled: nothing typed is lost."""

import html
import io
import re
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from guichet.accounts import resuming
from guichet.accounts.models import Account, Role
from tests.factories.accounts import PASSWORD, make_account, make_ministry

ENDED = "Votre session est terminée"
INPUT = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


def hidden(page):
    return [(html.unescape(name), html.unescape(value)) for name, value in INPUT.findall(page)]


def form_data(page, **others):
    """What a browser would send of the page's form: hidden fields, token, and what is typed."""
    token = page.split('id="csrf_token"', 1)[1].split('value="', 1)[1].split('"', 1)[0]
    return MultiDict([*hidden(page), ("csrf_token", token), *others.items()])


def action(page):
    return html.unescape(re.search(r'<form method="post"\s+action="([^"]*)"', page.split("<main", 1)[1])[1])


@pytest.fixture
def admin(session):
    return make_account(Role.ADMIN, password=True)


TYPED = {
    "full_name": "Zoé « Zed » <b>O’Brien</b> 😀",
    "email": "zoe@ecologie.example",
    "job_title": "\u202eיועצת\u202c & cheffe",
}


def test_what_was_typed_is_sent_after_signing_in(client_for, session, admin):
    ministry = make_ministry("Ministère des essais")
    client = client_for(None)

    ended = client.post(
        "/administration/personnes/nouvelle", data={**TYPED, "organisation": ministry.name, "csrf_token": "old"}
    )

    assert ended.status_code == 401
    page = ended.get_data(as_text=True)
    assert ENDED in page
    assert ("kept-full_name", TYPED["full_name"]) in hidden(page)
    assert "kept-csrf_token" not in page

    refused = client.post(action(page), data=form_data(page, email=admin.email, password="au hasard tout le temps"))
    assert refused.status_code == 422
    page = refused.get_data(as_text=True)
    assert ENDED in page
    assert "Adresse ou mot de passe incorrect" in page
    assert ("kept-job_title", TYPED["job_title"]) in hidden(page)

    signed_in = client.post(action(page), data=form_data(page, email=admin.email, password=PASSWORD))
    assert signed_in.status_code == 200
    page = signed_in.get_data(as_text=True)
    assert "Reprendre votre envoi" in page
    assert admin.full_name in page
    assert action(page) == "/administration/personnes/nouvelle"

    sent = client.post(action(page), data=form_data(page))
    assert sent.status_code == 303
    made = session.scalars(select(Account).where(Account.email == TYPED["email"])).one()
    assert made.full_name == TYPED["full_name"]
    assert made.job_title == TYPED["job_title"]


def test_a_button_without_fields_is_resumed_too(client_for, session, admin):
    account = make_account()
    client = client_for(None)
    address = f"/administration/personnes/{account.id}/desactivation"

    page = client.post(address, data={"csrf_token": "old"}).get_data(as_text=True)
    page = client.post(action(page), data=form_data(page, email=admin.email, password=PASSWORD)).get_data(as_text=True)
    sent = client.post(action(page), data=form_data(page))

    assert sent.status_code == 303
    assert not session.get(Account, account.id).active


def test_whoever_signs_in_has_only_her_own_rights(client_for, session, admin):
    somebody = make_account(Role.APPLICANT, password=True)
    client = client_for(None)

    page = client.post("/administration/personnes/nouvelle", data=TYPED).get_data(as_text=True)
    page = client.post(action(page), data=form_data(page, email=somebody.email, password=PASSWORD)).get_data(
        as_text=True
    )
    assert TYPED["full_name"] in html.unescape(page)
    sent = client.post(action(page), data=form_data(page))

    assert sent.status_code == 403
    assert session.scalars(select(Account).where(Account.email == TYPED["email"])).all() == []


def test_files_cannot_travel_and_the_page_says_so(client_for):
    client = client_for(None)
    data = {
        "full_name": "Zoé",
        "letter": (io.BytesIO(b"%PDF-1.7"), "lettre de mission.pdf"),
        "none": (io.BytesIO(b""), ""),
    }

    answer = client.post("/administration/personnes/nouvelle", data=data)

    assert answer.status_code == 401
    page = answer.get_data(as_text=True)
    assert "Vos fichiers seront à joindre de nouveau" in page
    assert "lettre de mission.pdf" in page


def test_the_address_keeps_its_own_parameters(client_for):
    page = client_for(None).post("/administration/personnes/nouvelle?a=1&b=2").get_data(as_text=True)

    assert action(page) == "/connexion?suite=/administration/personnes/nouvelle?a%3D1%26b%3D2"


def test_a_forged_target_is_not_resumed(client_for, admin):
    client = client_for(None)
    token = client.csrf("/connexion")
    data = {"csrf_token": token, "email": admin.email, "password": PASSWORD, "resuming": "1", "kept-a": "b"}

    answer = client.post("/connexion?suite=https://evil.example/", data=data)

    assert answer.status_code == 303
    assert answer.location == "/tableau-de-bord"


@given(st.one_of(st.text(), st.text().map(lambda text: f"/{text}"), st.from_regex(r"[/\\\s]{1,4}[a-z.:@]*")))
def test_whatever_is_asked_one_stays_here(address):
    path = resuming.local_path(address)

    if path is not None:
        assert urlsplit(urljoin("https://guichet.example/connexion", path)).netloc == "guichet.example"
        assert (
            urlsplit(urljoin("https://guichet.example/connexion", path.replace("\\", "/"))).netloc == "guichet.example"
        )


def test_passwords_and_tokens_are_never_kept():
    typed = MultiDict(
        [("csrf_token", "x"), ("password", "y"), ("current", "z"), ("new", "n"), ("confirmation", "n"), ("a", "b")]
    )

    assert resuming.kept_fields(typed) == [("a", "b")]


def test_repeated_fields_keep_their_order():
    typed = MultiDict([("a", "1"), ("b", "2"), ("a", "3")])
    kept = resuming.kept_fields(typed)

    assert sorted(kept) == [("a", "1"), ("a", "3"), ("b", "2")]
    assert [value for name, value in kept if name == "a"] == ["1", "3"]
    again = resuming.kept_again(MultiDict([(f"kept-{name}", value) for name, value in kept]))
    assert again == kept


def test_more_than_any_form_of_ours_is_not_carried():
    many = MultiDict([(f"field{number}", "x") for number in range(5000)])
    heavy = MultiDict([("a", "x"), ("b", "y" * 1_000_001)])

    assert len(resuming.kept_fields(many)) == resuming.MOST_FIELDS
    assert resuming.kept_fields(heavy) == [("a", "x")]
