"""What people take away of a dossier: what it holds, for whom, and what becomes of the request."""

import csv
import datetime as dt
import hashlib
import io
import re
import zipfile
from pathlib import Path

import pikepdf
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from guichet.accounts import queries as accounts
from guichet.accounts.models import Role
from guichet.applications import exports as content
from guichet.applications import journal, queries
from guichet.applications.models import (
    ApplicationStatus,
    Attachment,
    DossierExport,
    ExportKind,
    ExportStatus,
    Section,
)
from guichet.applications.services import complements
from guichet.applications.services import exports as services
from guichet.applications.workflow import WORKFLOW
from guichet.audit import services as audit
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import NotFound
from guichet.core.transaction import unit_of_work
from guichet.documents import storage
from guichet.documents.models import Document, ScanState
from guichet.review.workflow import ASSIGNMENT
from tests.factories import files
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.pdf import text_of
from tests.factories.review import make_assignment
from tests.factories.submission import join, loaded, make_submitted
from tests.review.races import together

ROOT = Path(__file__).parents[2]


@pytest.fixture
def lead(session):
    return make_account(Role.APPLICANT, full_name="Lise Porteuse")


@pytest.fixture
def officer(session):
    return make_account(Role.OFFICER)


@pytest.fixture
def dossier(lead):
    return make_submitted(lead)


def ask(application, actor, kind=ExportKind.ARCHIVE):
    with unit_of_work():
        reader = accounts.active(actor.id)
        return services.ask(queries.one_for(reader, application.id), kind, actor=reader)


def make_exports():
    """What the worker's task does, in the session of the test."""
    while services.make_next():
        pass


def fresh(export):
    db.session.expire_all()
    return db.session.get(DossierExport, export.id)


def made(application, actor, kind=ExportKind.ARCHIVE):
    """The bytes of the file, once the worker has passed."""
    export = ask(application, actor, kind)
    make_exports()
    assert fresh(export).status is ExportStatus.DONE
    return b"".join(storage.read(fresh(export).document_id))


def archive_of(application, actor):
    return zipfile.ZipFile(io.BytesIO(made(application, actor)))


def test_the_pdf_says_all_the_dossier_in_french_and_is_tagged(dossier, lead):
    document = made(dossier, lead, ExportKind.PDF)

    with pikepdf.open(io.BytesIO(document)) as pdf:
        assert str(pdf.Root.Lang) == "fr-FR" or str(pdf.Root.Lang) == "fr"
        assert pdf.Root.MarkInfo.Marked
        assert "/StructTreeRoot" in pdf.Root
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        with pdf.open_metadata() as told:
            assert told["dc:title"] == dossier.title
            assert told["pdfuaid:part"] == "1"
    text = text_of(document)
    for words in (
        dossier.title,
        dossier.reference,
        "Besoin et solution",
        dossier.problem,
        "lettre.pdf",
        dossier.ministry.name,
    ):
        assert " ".join(words.split()) in text


def test_the_archive_holds_the_pdf_the_files_the_journal_and_true_fingerprints(dossier, lead):
    archive = archive_of(dossier, lead)

    assert archive.testzip() is None
    assert archive.namelist() == ["dossier.pdf", "journal.csv", "journal.txt", "pieces/01-lettre.pdf", content.MANIFEST]
    assert archive.read("pieces/01-lettre.pdf") == files.PDF
    manifest = archive.read(content.MANIFEST).decode().splitlines()
    assert [line.split("  ")[1] for line in manifest] == archive.namelist()[:-1]
    for line in manifest:
        digest, name = line.split("  ")
        assert hashlib.sha256(archive.read(name)).hexdigest() == digest


def test_the_journal_is_told_in_french_words_as_a_table_and_as_a_text(dossier, lead):
    archive = archive_of(dossier, lead)

    rows = list(csv.reader(io.StringIO(archive.read("journal.csv").decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["Date", "Qui", "Quoi", "Précision"]
    assert ["Pièce jointe", "lettre.pdf"] in [row[2:] for row in rows]
    assert "Lise Porteuse : Dossier déposé" in archive.read("journal.txt").decode()


def test_the_journal_of_the_team_holds_nothing_that_is_the_secretariat_s(dossier, lead, officer, run_outbox):
    run_outbox()
    theirs, hers = (archive_of(dossier, who).read("journal.txt").decode() for who in (officer, lead))

    assert "Fichier du dossier demandé" in theirs
    assert hers.count("Fichier du dossier demandé") == 1
    assert officer.full_name not in hers
    assert "Courriel préparé" in hers


def test_the_secretariat_s_journal_holds_the_assignments(dossier, officer):
    assignment = make_assignment(dossier)
    audit.record(officer, "assignment.create", assignment, member="Rita Relectrice")
    db.session.flush()

    assert "Évaluateur désigné (Rita Relectrice)" in archive_of(dossier, officer).read("journal.txt").decode()


def test_every_act_that_a_dossier_s_journal_can_hold_has_french_words():
    written = {f"application.{name}" for name in WORKFLOW}
    for path in (ROOT / "guichet").rglob("*.py"):
        if "node_modules" not in path.parts:
            written |= set(
                re.findall(r'"((?:application|assignment|email)\.[a-z_-]+)"', path.read_text(encoding="utf-8"))
            )
    written |= {f"assignment.{name}" for name in ASSIGNMENT}
    assert {
        act for act in written if act not in journal.WORDS and act != "email.purge" and not act.endswith(".id")
    } == set()


def test_names_in_the_archive_are_safe_and_unique(dossier, lead, monkeypatch):
    evil = "..\\con:*?<x>|.pdf"
    for attachment in loaded(dossier).attachments:
        attachment.document.name = evil
    document = Document(name=evil, media_type="application/pdf", size=len(files.PDF), sha256="a" * 64)
    db.session.add(document)
    db.session.flush()
    storage.save(document.id, io.BytesIO(files.PDF))
    db.session.add(Attachment(application_id=dossier.id, document_id=document.id))
    db.session.flush()

    names = [name for name in archive_of(dossier, lead).namelist() if name.startswith("pieces/")]

    assert len(set(names)) == 2
    assert all(re.fullmatch(r"pieces/0[12]-[^<>:\"|?*\\/]+\.pdf", name) for name in names)


@pytest.mark.parametrize(
    ("name", "safe"),
    [("a/b.pdf", "a_b.pdf"), ("nul\0.pdf", "nul_.pdf"), ("...", "piece"), ("é" * 300 + ".pdf", "é" * 96 + ".pdf")],
)
def test_safe_name(name, safe):
    assert content.safe_name(name) == safe


def test_infected_and_lost_files_are_left_out_and_said(dossier, lead):
    join_to = loaded(dossier)
    join_to.attachments[0].document.scan_state = ScanState.INFECTED
    db.session.flush()

    archive = archive_of(dossier, lead)

    assert "pieces/01-lettre.pdf" not in archive.namelist()
    assert "# pieces/01-lettre.pdf : non joint, infecté selon l’antivirus" in archive.read(content.MANIFEST).decode()


def test_while_the_team_rewrites_the_officer_takes_away_what_was_submitted(dossier, lead, officer):
    with unit_of_work():
        complements.request_changes(
            loaded(dossier), [Section.ATTACHMENTS], "Précisez.", clock.today() + dt.timedelta(days=9), actor=officer
        )
    join(dossier, lead, name="nouveau.pdf", content=files.pdf(b"null"))

    theirs, hers = archive_of(dossier, officer).namelist(), archive_of(dossier, lead).namelist()

    assert "pieces/02-nouveau.pdf" in hers
    assert "pieces/01-lettre.pdf" in theirs
    assert "pieces/02-nouveau.pdf" not in theirs


def test_asked_twice_is_one_request_and_asked_again_later_another(dossier, lead):
    first, second = ask(dossier, lead), ask(dossier, lead)
    assert first.id == second.id

    make_exports()

    assert ask(dossier, lead).id != first.id


def test_two_people_and_two_kinds_are_different_requests(dossier, lead, officer):
    asked = {ask(dossier, lead).id, ask(dossier, officer).id, ask(dossier, lead, ExportKind.PDF).id}

    assert len(asked) == 3


def test_a_request_of_somebody_who_may_not_read_any_more_fails(dossier, officer):
    export = ask(dossier, officer)
    db.session.execute(sa.text("DELETE FROM role_grant WHERE account_id = :id"), {"id": officer.id})

    make_exports()

    assert fresh(export).status is ExportStatus.FAILED


def test_a_file_that_cannot_be_made_is_tried_again_then_told(dossier, lead, at, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    export = ask(dossier, lead)
    monkeypatch.setattr(storage, "save", full)
    began = clock.now()
    states = []
    for attempt in range(services.MOST_ATTEMPTS):
        at(began + dt.timedelta(minutes=10 * attempt))
        make_exports()
        states.append(fresh(export).status)

    assert states == [ExportStatus.WAITING, ExportStatus.WAITING, ExportStatus.FAILED]


def test_a_worker_killed_at_work_leaves_a_request_that_the_next_one_takes(dossier, lead, at):
    export = ask(dossier, lead)
    with unit_of_work():
        services._take()
    make_exports()
    assert fresh(export).status is ExportStatus.WAITING

    at(clock.now() + services.LEASE)
    make_exports()

    assert fresh(export).status is ExportStatus.DONE


def test_a_request_expires_and_its_file_becomes_nobody_s(dossier, lead, at):
    export = ask(dossier, lead)
    make_exports()

    at(clock.now() + services.KEPT)
    with pytest.raises(NotFound):
        services.one_for(lead, loaded(dossier), export.id)
    with unit_of_work():
        assert services.purge() == 1

    assert db.session.scalar(sa.select(sa.func.count()).select_from(DossierExport)) == 0


def test_only_she_who_asked_finds_it(dossier, lead, officer):
    export = ask(dossier, lead)

    assert services.one_for(lead, loaded(dossier), export.id).id == export.id
    with pytest.raises(NotFound):
        services.one_for(officer, loaded(dossier), export.id)


@pytest.mark.parametrize(
    ("broken", "constraint"),
    [
        ({"status": ExportStatus.DONE}, "ck_dossier_export_document_iff_done"),
        ({"attempts": -1}, "ck_dossier_export_attempts_not_negative"),
        ({}, "uq_dossier_export_one_waiting"),
    ],
)
def test_a_request_refuses_what_cannot_be(dossier, lead, broken, constraint):
    ask(dossier, lead)
    columns = {"kind": ExportKind.ARCHIVE, "scope": "team:current", "expires_at": clock.now(), **broken}
    db.session.add(DossierExport(application_id=dossier.id, asked_by_id=lead.id, **columns))

    with pytest.raises(IntegrityError, match=constraint):
        db.session.flush()


def test_a_brand_new_draft_can_be_taken_away_too(lead):
    draft = make_application(lead=lead)

    assert draft.status is ApplicationStatus.DRAFT
    assert "non déposé" in text_of(made(draft, lead, ExportKind.PDF))


def test_two_clicks_at_once_are_one_request(own_app):
    app = own_app()
    with app.app_context():
        with unit_of_work():
            dossier = make_application(lead=make_account(Role.APPLICANT))
        dossier_id, lead_id = dossier.id, dossier.team[0].account_id

        def click():
            reader = accounts.active(lead_id)
            application = queries.one_for(reader, dossier_id)
            return lambda: services.ask(application, ExportKind.PDF, actor=reader).id

        first, second = together(app, click, click)

        assert first == second
