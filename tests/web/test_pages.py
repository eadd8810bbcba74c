"""Answering with a page, and the addresses of the other pages of a list."""

import pytest

from guichet.web.pages import page_url, requested_page


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("", 1),
        ("page=3", 3),
        ("page=x", 1),
        ("page=-1", -1),
        ("page=", 1),
        ("page=1&page=2", 1),
        ("page=" + "9" * 5000, 1),
    ],
)
def test_the_page_asked_is_a_number(app, query, number):
    with app.test_request_context(f"/appels?{query}"):
        assert requested_page() == number


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ("", "/appels?page=2"),
        ("page=5&q=vélo", "/appels?q=v%C3%A9lo&page=2"),
        ("q=&role=a&role=b", "/appels?role=a&role=b&page=2"),
        ("_external=1&_scheme=javascript&_anchor=x", "/appels?_external=1&_scheme=javascript&_anchor=x&page=2"),
        ("q=%22%3E%3Cscript%3E", "/appels?q=%22%3E%3Cscript%3E&page=2"),
    ],
)
def test_the_address_of_another_page_keeps_the_filters(app, query, address):
    with app.test_request_context(f"/appels?{query}"):
        assert page_url(2) == address


def test_the_process_says_that_it_lives(client_for, statements):
    client = client_for(None)
    statements.clear()

    answer = client.get("/healthz")

    assert (answer.status_code, answer.get_data(as_text=True)) == (200, "ok\n")
    assert answer.headers["Cache-Control"] == "no-store"
    assert statements == []
