"""Files and the antivirus: a real server of its protocol, absent, slow to come back, and in all its answers."""

import dataclasses
import datetime as dt
import io

import pytest
import sqlalchemy as sa

from guichet.audit.models import AuditEntry
from guichet.core import clock
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from guichet.documents import antivirus, services, storage
from guichet.documents.antivirus import AntivirusAway
from guichet.documents.models import Document, ScanState
from guichet.documents.services import scanning
from guichet.embedded.ports import free_port
from tests.clamd import Clamd
from tests.factories import files
from tests.factories.accounts import make_account


def stored(content=files.PDF, name="lettre.pdf"):
    with unit_of_work():
        return services.store(io.BytesIO(content), name=name, actor=make_account())


def scanned(document):
    """What the worker's task makes of the file, in the session of the test."""
    while services.scan_next():
        pass
    return db.session.get(Document, document.id, populate_existing=True)


def test_a_file_waits_for_the_antivirus_then_is_clean(session, clamd):
    document = stored()
    assert document.scan_state is ScanState.PENDING

    assert scanned(document).scan_state is ScanState.CLEAN
    assert clamd.scanned == [files.PDF]


def test_an_infected_file_is_told_of_in_the_journal_and_to_the_house(session, clamd, owed):
    document = stored(files.EICAR, "eicar.txt")

    found = scanned(document)

    assert (found.scan_state, found.scan_finding) == (ScanState.INFECTED, "Eicar-Test-Signature")
    entry = db.session.scalars(sa.select(AuditEntry)).one()
    assert (entry.action, entry.subject_id) == ("document.find-infected", document.id)
    assert owed() == [("DocumentInfected", "report_infected")]


def test_a_file_too_large_for_the_antivirus_has_a_state_of_its_own(session, clamd):
    clamd.largest = 1_000
    document = stored(b"x" * 4_000_000, "notes.txt")

    found = scanned(document)

    assert (found.scan_state, found.next_scan_at) == (ScanState.TOO_LARGE, None)
    assert found.scan_state.label == "trop volumineux pour l’analyse antivirus"


def test_a_file_waits_without_harm_while_the_antivirus_is_away(session, app, monkeypatch, at):
    settings = dataclasses.replace(app.extensions["settings"], clamd_url=f"tcp://127.0.0.1:{free_port()}")
    monkeypatch.setitem(app.extensions, "settings", settings)
    document = stored()

    found = scanned(document)
    assert (found.scan_state, found.scan_attempts) == (ScanState.PENDING, 0)

    with Clamd() as server:
        monkeypatch.setitem(app.extensions, "settings", dataclasses.replace(settings, clamd_url=server.url))
        assert scanned(document).scan_state is ScanState.PENDING
        at(clock.now() + scanning.FIRST_DELAY)
        assert scanned(document).scan_state is ScanState.CLEAN


def test_an_answer_that_settles_nothing_is_asked_again_then_given_up(session, clamd, at):
    clamd.answer = b"stream: Can't allocate memory ERROR"
    document = stored()
    began = clock.now()

    for attempt in range(scanning.MOST_ATTEMPTS):
        at(began + dt.timedelta(hours=attempt))
        found = scanned(document)

    assert (found.scan_state, found.scan_attempts) == (ScanState.UNSCANNABLE, scanning.MOST_ATTEMPTS)
    assert found.scan_finding == "stream: Can't allocate memory ERROR".removeprefix("stream: ")


def test_a_file_lost_by_the_storage_does_not_hold_the_others_back(session, clamd, at):
    lost, other = stored(), stored(b"abc", "notes.txt")
    storage.delete(lost.id)

    assert scanned(other).scan_state is ScanState.CLEAN
    assert db.session.get(Document, lost.id, populate_existing=True).scan_attempts == 1


def test_files_received_before_the_antivirus_are_scanned_in_their_turn_but_not_those_of_the_house(
    session, app, request
):
    before, made = stored(), services.keep_made(b"%PDF-", name="accuse.pdf")
    assert before.scan_state is ScanState.NOT_SCANNED
    request.getfixturevalue("clamd")

    assert scanned(before).scan_state is ScanState.CLEAN
    assert db.session.get(Document, made.id, populate_existing=True).scan_state is ScanState.NOT_SCANNED


def test_nothing_is_asked_where_no_antivirus_is_configured(session):
    document = stored()

    assert services.scan_next() is None
    assert document.scan_state is ScanState.NOT_SCANNED


def test_the_antivirus_answers_over_a_unix_socket_too(app, tmp_path):
    with Clamd(tmp_path / "clamd.ctl") as server:
        antivirus.ping(server.url)
        assert antivirus.scan(server.url, [b"a", files.EICAR]).state is ScanState.INFECTED


@pytest.mark.parametrize("url", ["unix:///nowhere/clamd.ctl", "tcp://127.0.0.1:1", "tcp://nowhere.invalid:3310"])
def test_an_antivirus_that_cannot_be_reached_is_away(app, url):
    with pytest.raises(AntivirusAway):
        antivirus.ping(url)


def test_an_antivirus_that_hangs_up_is_away_not_satisfied(app, clamd):
    clamd.answer = b"\0"

    with pytest.raises(AntivirusAway):
        antivirus.scan(clamd.url, [b"x"])


def test_what_goes_wrong_while_reading_is_not_taken_for_the_antivirus(app, clamd):
    def broken():
        yield b"x"
        raise FileNotFoundError(2, "gone")

    with pytest.raises(FileNotFoundError):
        antivirus.scan(clamd.url, broken())
