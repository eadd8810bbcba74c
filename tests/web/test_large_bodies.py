"""An upload far beyond the limit, on real servers: the person reads a page, not « connection reset »."""

import http.client
import socket

import pytest

from guichet.accounts.models import Role
from guichet.core.db import db
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.processes import Process, wait_until

SIZE = 60_000_000
SERVERS = {
    "gunicorn-sync": ("gunicorn", "wsgi:app", "--workers", "1", "--bind"),
    "gunicorn-threads": ("gunicorn", "wsgi:app", "--workers", "1", "--threads", "2", "--bind"),
    "development": ("flask", "--app", "wsgi", "run", "--port"),
}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("name", SERVERS)
def test_a_sixty_megabyte_upload_gets_its_page_from_every_server(own_app, folder, name):
    port = free_port()
    app = own_app(BASE_URL=f"http://127.0.0.1:{port}")
    with app.app_context():
        lead = make_account(Role.APPLICANT)
        path = f"/dossiers/{make_application(lead=lead).id}/rubriques/pieces"
        client = app.test_client()
        with client.session_transaction() as session:
            session["_user_id"], session["_fresh"] = lead.get_id(), True
        db.session.commit()
    cookie = client.get_cookie("guichet").value
    log = folder / f"{name}.log"
    command = (*SERVERS[name][:-1], SERVERS[name][-1], str(port) if name == "development" else f"127.0.0.1:{port}")

    with Process(*command, environment=app.extensions["environment"], log=log):
        wait_until(lambda: answers(port), f"{name} does not listen: see {log}")
        status, body = post(port, path, cookie)

    assert status == 413
    assert "Envoi trop volumineux" in body


def post(port, path, cookie):
    """Send the whole body before reading anything, as the simplest of clients does."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
    headers = {
        "Content-Type": "multipart/form-data; boundary=x",
        "Content-Length": str(SIZE),
        "Cookie": f"guichet={cookie}",
    }
    connection.request("POST", path, body=head + b"x" * (SIZE - len(head)), headers=headers)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body
