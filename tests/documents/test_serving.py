import hashlib
from urllib.parse import quote

import pytest
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.http import parse_options_header

from guichet.accounts.models import Role
from guichet.core.errors import Forbidden
from guichet.documents import services, storage
from guichet.documents.models import ScanState
from guichet.documents.serving import send
from tests.factories import files
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.submission import join


@pytest.fixture
def document(app, session):
    with app.test_request_context():
        yield services.keep_made(b"%PDF-1.7 content", name="Lettre « n° 1 » été.pdf")


def test_send_hands_the_file_out_as_a_sandboxed_attachment_that_no_cache_keeps(document):
    answer = send(document)

    assert answer.get_data() == b"%PDF-1.7 content"
    disposition, options = parse_options_header(answer.headers["Content-Disposition"])
    assert (disposition, options["filename"]) == ("attachment", "Lettre « n° 1 » été.pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Length"] == "16"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_send_refuses_an_infected_file(document):
    document.scan_state = ScanState.INFECTED

    with pytest.raises(Forbidden, match="infecté"):
        send(document)


def test_send_says_that_the_storage_lost_the_file(document):
    storage.delete(document.id)

    with pytest.raises(ServiceUnavailable):
        send(document)


@pytest.mark.parametrize(
    ("name", "plain"),
    [("日本.pdf", ".pdf"), ("😀", "document"), ('a"b;c.pdf', 'a"b;c.pdf'), ("a%0d%0ab.pdf", "a%0d%0ab.pdf")],
)
def test_send_writes_any_name_without_bending_the_header(document, name, plain):
    document.name = name

    header = send(document).headers["Content-Disposition"]

    assert parse_options_header(header)[1]["filename"] == name
    assert parse_options_header(header.split("; filename*=")[0])[1]["filename"] == plain


@pytest.fixture
def shown(session, client_for):
    """The page of a file of the lead's draft, by its name and content."""
    lead = make_account(Role.APPLICANT)
    draft = make_application(lead=lead)
    client = client_for(lead)

    def get(name, content, way="page"):
        attachment = join(draft, lead, name=name, content=content)
        return client.get(f"/dossiers/{draft.id}/pieces/{attachment.id}?affichage={way}")

    return get


@pytest.mark.parametrize(
    ("name", "content", "tag"),
    [("a.pdf", files.PDF, "<iframe"), ("a.png", files.png(), "<img"), ("a.jpg", files.JPEG, "<img")],
)
def test_a_pdf_and_a_picture_are_shown_in_a_page_of_ours(shown, name, content, tag):
    page = shown(name, content)

    assert page.status_code == 200
    assert tag in page.text
    assert hashlib.sha256(content).hexdigest() in page.text
    assert "Télécharger le fichier" in page.text


def test_other_formats_are_only_downloaded(shown):
    page = shown("a.csv", b"a;b")

    assert "téléchargez le fichier" in page.text
    assert "<iframe" not in page.text


@pytest.mark.parametrize(("name", "content"), [("a.png", files.png()), ("a.jpg", files.JPEG), ("a.pdf", files.PDF)])
def test_what_a_page_shows_is_sandboxed_and_framed_by_our_pages_alone(shown, name, content):
    answer = shown(name, content, "contenu")

    assert answer.data == content
    assert answer.headers["Content-Disposition"].startswith("inline; ")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'self'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("way", ["contenu", "autre", ""])
def test_a_format_that_no_browser_should_show_is_always_saved(shown, way):
    answer = shown("a.txt", b"<script>alert(1)</script>", way)

    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize("name", ["été « n° 1 ».pdf", 'a"b.pdf', "a;b.pdf", "日本.pdf"])
def test_names_survive_the_header(shown, name):
    disposition = shown(name, files.PDF, "").headers["Content-Disposition"]

    assert disposition.isascii()
    assert f"filename*=UTF-8''{quote(name, safe='')}" in disposition
