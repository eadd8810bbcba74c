"""The demonstration's mailbox: messages taken by its own SMTP process, shown on its pages."""

import re
import smtplib
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from guichet.demo import mailbox, messages
from guichet.embedded.child import Child, wait_until
from guichet.embedded.ports import HOST, answers, free_port

LIST = "/boite-aux-lettres"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def maildir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "mailbox"


@pytest.fixture(scope="module")
def smtp_port(maildir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The mail server, as the demonstration runs it."""
    port, server = free_port(), Child("mailbox", tmp_path_factory.mktemp("logs") / "mailbox.log")
    server.start([sys.executable, "-P", mailbox.__file__, str(port), maildir], env={})
    assert wait_until(lambda: answers(port), seconds=20), server.tail()
    yield port
    server.stop()
    assert server.exit_code == 0, server.tail()


def send(port: int, to: str, subject: str, **parts: str) -> None:
    message = EmailMessage()
    message["From"] = "Guichet <ne-pas-repondre@demo.example>"
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = formatdate()
    message.set_content(parts.get("text", "Bonjour,\n\nVotre dossier est déposé."))
    if "html" in parts:
        message.add_alternative(parts["html"], subtype="html")
    if "attachment" in parts:
        message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename=parts["attachment"])
    with smtplib.SMTP(HOST, port) as connection:
        connection.send_message(message)


@pytest.fixture(scope="module")
def filled(smtp_port: int, maildir: Path) -> Path:
    for number in range(25):
        send(smtp_port, f"Éluard {number} <zoe{number}@demo.example>", f"Message n° {number}")
    send(
        smtp_port,
        "Porteur <porteur@demo.example>",
        f"Accusé de réception {HOSTILE}",
        text=f"Lien : https://demo.example/dossiers\n{HOSTILE}",
        html=f"<p style='color: #000'>Déposé le 1er mars</p>{HOSTILE}",
        attachment="reçu.pdf",
    )
    return maildir


@pytest.fixture
def browser(own_app: Any, filled: Path) -> FlaskClient:
    client: FlaskClient = own_app(DEMO_MAILBOX=str(filled)).test_client()
    return client


def text_of(browser: FlaskClient, address: str, status: int = 200) -> str:
    answer = browser.get(address)
    assert answer.status_code == status
    return answer.get_data(as_text=True)


def first_link(page: str) -> str:
    found = re.search(rf'href="({LIST}/[^"]+)"', page)
    assert found
    return found[1]


def test_list_shows_twenty_messages_newest_first(browser: FlaskClient) -> None:
    page = text_of(browser, LIST)

    assert page.count("<tr>") == 1 + 20
    assert page.index("Accusé de réception") < page.index("Message n° 24") < page.index("Message n° 23")
    assert "26 courriels, page 1 sur 2" in " ".join(page.split())


def test_second_page_shows_the_rest(browser: FlaskClient) -> None:
    page = text_of(browser, f"{LIST}?page=2")

    assert page.count("<tr>") == 1 + 6
    assert "Message n° 0" in page


def test_page_beyond_the_last_is_the_last(browser: FlaskClient) -> None:
    page = text_of(browser, f"{LIST}?page=999999999999")

    assert "page 2 sur 2" in " ".join(page.split())
    assert "Message n° 0" in page


def test_search_keeps_the_messages_of_a_recipient(browser: FlaskClient) -> None:
    page = text_of(browser, f"{LIST}?recipient=ZOE2")

    assert {f"zoe{number}@" for number in (2, 20, 21, 22, 23, 24)} == set(re.findall(r"zoe\d+@", page))


def test_search_that_finds_nothing_offers_a_way_out(browser: FlaskClient) -> None:
    page = text_of(browser, f"{LIST}?recipient=personne")

    assert "Aucun courriel pour ce destinataire" in page
    assert "Voir tous les courriels" in page


def test_search_too_long_says_so(browser: FlaskClient) -> None:
    page = text_of(browser, f"{LIST}?recipient={'a' * 300}", 422)

    assert "200" in page


def test_empty_mailbox_says_what_to_do(own_app: Any, tmp_path: Path) -> None:
    browser = own_app(DEMO_MAILBOX=str(tmp_path / "nothing-yet")).test_client()

    assert "Déposez un dossier" in text_of(browser, LIST)


def test_message_shows_headers_text_and_attachments_without_running_anything(browser: FlaskClient) -> None:
    page = text_of(browser, first_link(text_of(browser, LIST)))

    assert "Porteur &lt;porteur@demo.example&gt;" in page
    assert "reçu.pdf" in page
    assert '<a href="https://demo.example/dossiers"' in page
    assert HOSTILE not in page
    assert 'sandbox="allow-top-navigation-by-user-activation"' in page


def test_html_version_is_served_under_a_policy_of_its_own(browser: FlaskClient) -> None:
    answer = browser.get(first_link(text_of(browser, LIST)) + "/apercu")
    policy = answer.headers["Content-Security-Policy"]

    assert answer.status_code == 200
    assert "Déposé le 1er mars" in answer.get_data(as_text=True)
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox" in policy


def test_message_without_html_has_no_frame(browser: FlaskClient) -> None:
    link = first_link(text_of(browser, f"{LIST}?recipient=zoe5@"))

    assert "<iframe" not in text_of(browser, link)
    text_of(browser, f"{link}/apercu", 404)


@pytest.mark.parametrize("key", ["absent", "..%2F..%2Fetc%2Fpasswd", "%00", "a" * 5000])
def test_unknown_message_is_not_found(browser: FlaskClient, key: str) -> None:
    text_of(browser, f"{LIST}/{key}", 404)


def test_mailbox_exists_in_the_demonstration_only(client_for: Any) -> None:
    assert client_for(None).get(LIST).status_code == 404


def test_unreadable_message_is_shown_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / "1.M1.host").write_bytes(
        b'Content-Type: text/plain; charset="no-such-alphabet"\r\nDate: never\r\n\r\nBonjour'
    )

    message = messages.one(tmp_path, "1-M1")

    assert message is not None
    assert message.subject == "(sans objet)"
    assert message.sent_at is None
    assert "Bonjour" in (message.body("plain") or "")
