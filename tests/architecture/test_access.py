"""Every route against every role: who is let in, who is sent to sign in, who is refused. Nothing is open by forgetting."""

import uuid

import pytest

from guichet.accounts.access import PUBLIC, declared, signed_in
from guichet.accounts.models import Role
from guichet.core.clock import today
from tests.factories.accounts import make_account

STRANGER = uuid.UUID(int=0)


def routes(app):
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            for method in sorted(rule.methods & {"GET", "POST"}):
                yield rule, method


def some_address(app, rule):
    """An address of the rule, for things that do not exist: rights are asked before things are looked for."""
    samples = {"UUIDConverter": STRANGER, "IntegerConverter": 1}
    values = {name: samples.get(type(converter).__name__, "inconnu") for name, converter in rule._converters.items()}
    return app.url_map.bind("localhost").build(rule.endpoint, values)


def open_to(app, rule):
    return declared(app.view_functions[rule.endpoint])


def test_every_view_declares_its_access(app):
    assert [rule.endpoint for rule, _ in routes(app) if open_to(app, rule) is None] == []


def test_the_factory_refuses_a_view_that_declares_nothing(app):
    from guichet.accounts.access import check_every_view_declares_its_access  # noqa: PLC0415

    forgotten = type("App", (), {"view_functions": {"open_door": lambda: ""}})()
    with pytest.raises(RuntimeError, match="open_door"):
        check_every_view_declares_its_access(forgotten)


def test_anonymous_is_sent_to_sign_in_wherever_a_person_is_needed(app, client_for):
    client = client_for(None)
    wrong = []
    for rule, method in routes(app):
        if open_to(app, rule) == PUBLIC:
            continue
        answer = client.open(some_address(app, rule), method=method)
        expected = {303} if method == "GET" else {401}
        if answer.status_code not in expected:
            wrong.append((method, rule.rule, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("role", list(Role))
def test_every_route_refuses_the_roles_that_it_does_not_name(app, client_for, role):
    client = client_for(make_account(role))
    wrong = []
    for rule, method in routes(app):
        access = open_to(app, rule)
        answer = client.open(some_address(app, rule), method=method)
        refused = access in {PUBLIC, frozenset()} or role in access or answer.status_code == 403
        # No worker runs here: /readyz rightly answers 503.
        if not refused or answer.status_code == 500:
            wrong.append((method, rule.rule, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize("role", list(Role))
def test_no_post_without_a_token_does_anything(app, client_for, role):
    client = client_for(make_account(role))
    accepted = []
    for rule, method in routes(app):
        if method == "POST":
            answer = client.post(some_address(app, rule))
            flashed = answer.status_code == 303 and b"success" in answer.data
            if answer.status_code == 200 or flashed:
                accepted.append((rule.rule, answer.status_code))
    assert accepted == []


def test_a_role_that_ended_opens_nothing(app, client_for):
    account = make_account(Role.ADMIN)
    account.grants[0].last_day = today().replace(year=today().year - 1)

    assert client_for(account).get("/supervision").status_code == 403


def test_addresses_are_in_kebab_case_and_typed(app):
    for rule, _ in routes(app):
        fixed = [part for part in rule.rule.split("/") if part and "<" not in part]
        assert all(part == part.lower() and "_" not in part for part in fixed), rule.rule
        assert "<path:" not in rule.rule, rule.rule


def test_signed_in_without_roles_lets_any_person_in():
    @signed_in()
    def view():
        return ""

    assert declared(view) == frozenset()
