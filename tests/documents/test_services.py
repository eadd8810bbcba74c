import datetime as dt
import hashlib
import io
import uuid

import pytest
import sqlalchemy as sa

from guichet.calls.models import CallDocument
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.documents import services, storage
from guichet.documents.models import Document, ScanState
from tests.factories import files
from tests.factories.accounts import make_account
from tests.factories.calls import make_call


def test_store_keeps_the_file_with_its_fingerprint_under_a_clean_name(session):
    actor = make_account()

    with unit_of_work():
        document = services.store(io.BytesIO(files.PDF), name="../lettre\u202e.pdf", actor=actor)

    assert (document.name, document.media_type, document.size) == ("lettre.pdf", "application/pdf", len(files.PDF))
    assert document.sha256 == hashlib.sha256(files.PDF).hexdigest()
    assert document.stored_by_id == actor.id
    assert document.scan_state is ScanState.NOT_SCANNED
    assert b"".join(storage.read(document.id)) == files.PDF


def test_store_takes_the_antivirus_test_string_as_text_and_says_that_nothing_scanned_it(session):
    with unit_of_work():
        document = services.store(io.BytesIO(files.EICAR), name="eicar.txt", actor=make_account())

    assert (document.media_type, document.scan_state) == ("text/plain", ScanState.NOT_SCANNED)


def test_store_refuses_a_hostile_file_and_writes_no_row(session):
    with pytest.raises(RuleBroken), unit_of_work():
        services.store(io.BytesIO(files.EXE), name="facture.pdf", actor=make_account())

    assert db.session.scalar(sa.select(sa.func.count()).select_from(Document)) == 0


def test_store_says_so_when_the_storage_is_out_of_service(session, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "_write", full)

    with pytest.raises(RuleBroken, match="Le stockage est indisponible"), unit_of_work():
        services.store(io.BytesIO(files.PDF), name="lettre.pdf", actor=make_account())

    assert db.session.scalar(sa.select(sa.func.count()).select_from(Document)) == 0


def test_purge_removes_the_files_of_transactions_that_were_rolled_back_a_day_later(session, at):
    actor = make_account()
    with unit_of_work():
        kept = services.store(io.BytesIO(files.PDF), name="gardé.pdf", actor=actor)
        db.session.add(CallDocument(call_id=make_call().id, document_id=kept.id, label="Règlement"))
    lost = {}

    def interrupted():
        with unit_of_work():
            lost["id"] = services.store(io.BytesIO(files.PDF), name="perdu.pdf", actor=actor).id
            raise RuleBroken("Non.")

    with pytest.raises(RuleBroken):
        interrupted()

    services.purge_orphans()
    assert storage.holds(lost["id"])

    at(clock.now() + dt.timedelta(days=1, minutes=1))
    assert services.purge_orphans() >= 1
    assert not storage.holds(lost["id"])
    assert storage.holds(kept.id)


def test_keep_made_stores_what_the_house_made_in_nobody_s_name(session):
    document = services.keep_made(b"%PDF-1.7", name="accusé.pdf")

    assert (document.name, document.size, document.stored_by_id) == ("accusé.pdf", 8, None)
    assert isinstance(document.id, uuid.UUID)


def test_purge_removes_a_document_that_nothing_refers_to_any_more(session, at):
    call = make_call()
    left, kept = (services.keep_made(b"%PDF-", name=f"{name}.pdf") for name in ("seul", "offert"))
    db.session.add(CallDocument(call_id=call.id, document_id=kept.id, label="Règlement"))
    db.session.flush()

    at(clock.now() + dt.timedelta(days=1, minutes=1))
    services.purge_orphans()

    assert db.session.scalars(sa.select(Document.id)).all() == [kept.id]
    assert (storage.holds(left.id), storage.holds(kept.id)) == (False, True)
