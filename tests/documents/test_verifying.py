"""The daily check of the storage: absent and altered files, told once, in bounded runs."""

import datetime as dt

import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.core import clock
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from guichet.documents import services, storage
from guichet.documents.models import Document, StorageFault
from guichet.documents.services import verifying
from guichet.notifications.models import Email
from tests.factories.accounts import make_account


def made(content=b"%PDF-"):
    with unit_of_work():
        return services.keep_made(content, name="x.pdf")


def checked(document):
    with unit_of_work():
        services.check_files()
    return db.session.get(Document, document.id, populate_existing=True)


def alter(document):
    path = storage._place(document.id)
    path.write_bytes(b"altered")
    return path


def test_an_intact_file_is_noted_as_checked(session):
    found = checked(made())

    assert (found.fault, found.checked_at is None) == (None, False)


def test_an_absent_or_altered_file_is_noted_and_the_administrators_told_once(session, run_outbox, at):
    admin = make_account(Role.ADMIN, full_name="Ada Min")
    make_account(Role.OFFICER)
    absent, altered = made(), made(b"%PDF-1.7")
    storage.delete(absent.id)
    alter(altered)

    assert checked(absent).fault is StorageFault.MISSING
    assert db.session.get(Document, altered.id).fault is StorageFault.ALTERED
    run_outbox()
    at(clock.now() + dt.timedelta(days=1, minutes=1))
    checked(absent)
    run_outbox()

    email = db.session.scalars(sa.select(Email)).one()
    assert (email.recipient_id, email.notice) == (admin.id, "files_damaged")
    assert "2 fichiers absents ou altérés" in email.text_body
    assert "/supervision/fichiers" in email.text_body


def test_a_restored_file_is_found_sound_the_next_day(session, at):
    document = made()
    path = alter(document)
    assert checked(document).fault is StorageFault.ALTERED

    path.write_bytes(b"%PDF-")
    at(clock.now() + dt.timedelta(days=1, minutes=1))

    assert checked(document).fault is None


def test_a_file_is_read_once_a_day_however_often_the_check_runs(session):
    document = made()
    first = checked(document).checked_at

    assert checked(document).checked_at == first


def test_a_run_reads_a_bounded_number_of_files(session, monkeypatch):
    monkeypatch.setattr(verifying, "MOST_FILES", 2)
    monkeypatch.setattr(verifying, "MOST_BYTES", 8)
    documents = [made(b"%PDF-"), made(b"%PDF-"), made(b"%PDF-")]

    checked(documents[0])

    done = db.session.scalar(sa.select(sa.func.count()).where(Document.checked_at.is_not(None)))
    assert done == 1


def test_a_storage_that_is_away_is_no_fault_of_its_files(session, monkeypatch):
    document = made()

    def away(_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(storage, "read", away)

    assert (checked(document).fault, document.checked_at) == (None, None)


def test_two_checks_at_once_are_one(own_app):
    app = own_app()
    with app.app_context(), db.engine.connect() as other, other.begin():
        document = made()
        other.execute(sa.select(sa.func.pg_advisory_xact_lock(verifying.LOCK)))

        assert checked(document).checked_at is None
