import pytest
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.http import parse_options_header

from guichet.core.errors import Forbidden
from guichet.documents import services, storage
from guichet.documents.models import ScanState
from guichet.documents.serving import send


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
