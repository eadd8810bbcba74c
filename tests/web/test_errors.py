"""Refusals and accidents become pages that say what to do and nothing else."""

import logging
import re

import pytest
import sqlalchemy as sa
from flask_login import current_user
from werkzeug.exceptions import BadRequest, Gone, ServiceUnavailable, UnprocessableEntity

from guichet.accounts.models import Role
from guichet.core import errors
from guichet.core.db import db
from guichet.extensions import limiter
from tests.factories.accounts import make_account

SECRET = "motdepasse de la base de données"


@pytest.fixture
def failing(app, monkeypatch):
    """Make a page raise."""

    def make(problem):
        def view():
            raise problem

        monkeypatch.setitem(app.view_functions, "statements.help_page", view)
        return "/aide"

    return make


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (errors.Forbidden("Réservé <b>au</b> comité."), 403),
        (errors.NotFound("Ce dossier n’existe pas."), 404),
        (errors.Conflict("Quelqu’un a modifié la page."), 409),
        (errors.InvalidTransition("L’état est « Déposé »."), 409),
        (errors.RuleBroken("L’appel est clos."), 422),
        (BadRequest(), 400),
        (Gone(), 410),
        (UnprocessableEntity(), 422),
        (ServiceUnavailable(), 503),
    ],
)
def test_a_refusal_is_a_page_of_its_status(client_for, failing, problem, status):
    answer = client_for(None).get(failing(problem))

    assert answer.status_code == status
    page = answer.get_data(as_text=True)
    assert page.count("<h1") == 1
    assert 'href="/"' in page
    if isinstance(problem, errors.DomainError) and status != 404:
        assert problem.message.replace("<", "&lt;").replace(">", "&gt;") in page


def test_an_unknown_address_is_not_found(client_for):
    answer = client_for(None).get("/nulle/part?q=%3Cscript%3E")

    assert answer.status_code == 404
    assert "Page introuvable" in answer.get_data(as_text=True)
    assert "script>alert" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("address", ["/dossiers/pas-un-identifiant", "/administration/personnes/1", "/%00", "/\ud7ff"])
def test_a_malformed_address_is_not_found(client_for, session, address):
    assert client_for(make_account(Role.ADMIN)).get(address).status_code == 404


def test_a_post_where_only_reading_is_possible_is_refused(client_for):
    answer = client_for(None).post("/aide")

    assert answer.status_code == 405
    assert "<h1" in answer.get_data(as_text=True)


def part(name, size):
    """A multipart form of one heavy field, and its type."""
    body = f'--limit\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{"x" * size}\r\n--limit--\r\n'
    return {"data": body.encode(), "content_type": "multipart/form-data; boundary=limit"}


@pytest.mark.parametrize("size", [3 * 1024 * 1024, 33 * 1024 * 1024])
def test_too_large_a_send_is_a_page_that_says_so(client_for, session, size):
    client = client_for(make_account(Role.ADMIN))

    answer = client.post("/administration/organisations/nouvelle", **part("name", size))

    assert answer.status_code == 413
    assert "trop volumineux" in answer.get_data(as_text=True)


@pytest.mark.parametrize("address", ["/connexion", "/mot-de-passe-oublie"])
def test_too_large_a_send_does_not_put_the_counters_out(client_for, address):
    answer = client_for(None).post(address, **part("email", 3 * 1024 * 1024))

    assert answer.status_code == 422
    assert not limiter._storage_dead


def test_an_accident_gives_a_reference_and_tells_nothing(client_for, failing, caplog):
    logging.getLogger("guichet").addHandler(caplog.handler)
    answer = client_for(None).get(failing(RuntimeError(SECRET)))

    assert answer.status_code == 500
    page = answer.get_data(as_text=True)
    assert SECRET not in page
    assert "RuntimeError" not in page
    assert "Traceback" not in page
    reference = re.search(r"<strong>([0-9a-f]{8})</strong>", page)[1]
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert reference in str(record.msg)
    assert SECRET in str(record.exc_info or record.msg)
    logging.getLogger("guichet").removeHandler(caplog.handler)


def test_an_accident_on_a_page_of_one_s_own_keeps_the_menu(client_for, session, app, monkeypatch):
    def view():
        assert current_user.has_role(Role.OFFICER)
        raise RuntimeError(SECRET)

    monkeypatch.setitem(app.view_functions, "statements.help_page", view)

    answer = client_for(make_account(Role.OFFICER)).get("/aide")

    assert answer.status_code == 500
    page = answer.get_data(as_text=True)
    assert "Le guichet n’a pas pu traiter votre demande" in page
    assert 'href="/instruction"' in page


def test_an_accident_leaves_the_session_of_the_database_usable(client_for, session, failing):
    address = failing(RuntimeError("x"))
    client = client_for(make_account())

    assert client.get(address).status_code == 500
    assert db.session.scalar(sa.select(1)) == 1


def test_a_database_that_is_away_is_still_a_page(own_app, postgres):
    """The page of the accident must not itself ask the database who is signed in."""
    app = own_app()
    with app.app_context():
        account = make_account(Role.OFFICER)
        db.session.commit()
        cookie, name = account.get_id(), db.engine.url.database
        db.engine.dispose()
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = cookie, True
    with app.app_context():
        admin = sa.create_engine(db.engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(sa.text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'))
    try:
        answer = client.get("/tableau-de-bord")
    finally:
        with admin.connect() as connection:
            connection.execute(sa.text(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'))
        admin.dispose()

    assert answer.status_code == 500
    page = answer.get_data(as_text=True)
    assert "Le guichet n’a pas pu traiter votre demande" in page
    assert "psycopg" not in page
