"""Replacing a file: the former is kept, listed for those who may, and stays in the versions that hold it."""

import datetime as dt
import io
import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from guichet.accounts import queries as accounts
from guichet.accounts.models import Role
from guichet.applications import policies
from guichet.applications.models import ApplicationStatus, Attachment, Section
from guichet.applications.services import attachments, complements
from guichet.audit.models import AuditEntry
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Forbidden, NotFound, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.documents.models import Document
from tests.applications.page_reader import read
from tests.factories import files
from tests.factories.accounts import make_account, make_ministry
from tests.factories.applications import make_application
from tests.factories.submission import join, loaded, make_submitted

OTHER = files.pdf(b"null")


@pytest.fixture
def lead(session):
    return make_account(Role.APPLICANT, full_name="Lise Porteuse")


@pytest.fixture
def draft(lead):
    return make_application(lead=lead)


def replace(application, attachment, actor, content=OTHER, name="v2.pdf"):
    with unit_of_work():
        return attachments.replace(loaded(application), attachment.id, io.BytesIO(content), name=name, actor=actor)


def kept(application):
    return [piece.document.name for piece in loaded(application).attachments if piece.removed_at is None]


def reopen(application, officer):
    with unit_of_work():
        complements.request_changes(
            loaded(application), [Section.ATTACHMENTS], "Précisez.", clock.today() + dt.timedelta(days=9), actor=officer
        )


def test_a_file_takes_the_place_of_another_of_the_same_kind(draft, lead):
    former = join(draft, lead)

    successor = replace(draft, former, lead)

    assert kept(draft) == ["v2.pdf"]
    assert (successor.replaces_id, successor.kind_id) == (former.id, former.kind_id)
    entry = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.number.desc())).first()
    assert (entry.action, entry.facts["name"], entry.facts["replaced"]) == (
        "application.replace-attachment",
        "v2.pdf",
        "lettre.pdf",
    )


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (files.PDF, "v2.pdf", "identique"),
        (files.EXE, "v2.pdf", "n’est pas celui d’un fichier PDF"),
        (b"", "v2.pdf", "vide"),
    ],
)
def test_a_refused_file_leaves_the_former_in_its_place(draft, lead, content, name, reason):
    former = join(draft, lead)

    with pytest.raises(RuleBroken, match=reason) as refusal:
        replace(draft, former, lead, content, name)

    assert refusal.value.field == "file"
    assert kept(draft) == ["lettre.pdf"]


def test_the_second_of_two_replacements_of_one_file_is_refused(draft, lead):
    former = join(draft, lead)
    replace(draft, former, lead)

    with pytest.raises(RuleBroken, match="entre-temps"):
        replace(draft, former, lead, files.pdf(b"[]"))

    assert kept(draft) == ["v2.pdf"]


def test_another_dossier_s_file_is_not_found_and_a_closed_section_is_closed(draft, lead):
    elsewhere = join(make_application(lead=lead), lead)
    with pytest.raises(NotFound):
        replace(draft, elsewhere, lead)

    submitted = make_submitted(lead)
    with pytest.raises(Forbidden):
        replace(submitted, submitted.attachments[0], lead)


def test_the_files_of_a_dossier_have_a_total(draft, lead, monkeypatch):
    first = join(draft, lead)
    monkeypatch.setattr(attachments, "MOST_SIZE", len(files.PDF) + 100)

    with pytest.raises(RuleBroken, match="dépasserait le total permis"):
        join(draft, lead, content=OTHER)
    # What it replaces makes room for it.
    assert replace(draft, first, lead).document.size == len(OTHER)
    monkeypatch.setattr(attachments, "MOST_SIZE_EVER", len(files.PDF) + len(OTHER))
    with pytest.raises(RuleBroken, match="dépasserait le total permis"):
        join(draft, lead, name="x.txt", content=b"x")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Document)) == 2


def test_the_submitted_version_keeps_the_very_file_and_the_service_reads_only_that_one(lead, client_for):
    officer = make_account(Role.OFFICER)
    dossier = make_submitted(lead)
    former = dossier.attachments[0]
    reopen(dossier, officer)
    successor = replace(dossier, former, lead)
    client = client_for(officer)

    for way in (f"/dossiers/{dossier.id}/pieces", f"/instruction/dossiers/{dossier.id}/pieces"):
        assert client.get(f"{way}/{former.id}").data == files.PDF
        assert client.get(f"{way}/{successor.id}").status_code == 404
    assert "lettre.pdf" in client.get(f"/instruction/dossiers/{dossier.id}/contenu").text
    assert "v2.pdf" not in client.get(f"/instruction/dossiers/{dossier.id}/contenu").text
    assert client_for(lead).get(f"/dossiers/{dossier.id}/pieces/{former.id}").data == files.PDF


def test_a_file_is_replaced_on_a_page_that_keeps_the_person_there_when_it_is_refused(draft, lead, client_for):
    former = join(draft, lead)
    client = client_for(lead)
    url = f"/dossiers/{draft.id}/pieces/{former.id}/remplacement"

    assert "lettre.pdf" in client.get(url).text
    refused = client.send(url, {"file": (io.BytesIO(files.EXE), "v2.pdf")})
    assert refused.status_code == 422
    assert "n’est pas celui d’un fichier PDF" in refused.text
    assert client.send(url, {}).status_code == 422
    answer = client.send(url, {"file": (io.BytesIO(OTHER), "v2.pdf")})

    assert (answer.status_code, answer.location) == (303, f"/dossiers/{draft.id}/rubriques/pieces")
    page = client.get(answer.location).text
    assert "La pièce est remplacée." in page
    assert "Fichiers retirés ou remplacés" in page


def test_a_file_replaced_by_somebody_else_meanwhile_is_told(draft, lead, client_for):
    former = join(draft, lead)
    client = client_for(lead)
    url = f"/dossiers/{draft.id}/pieces/{former.id}/remplacement"
    client.get(url)
    replace(draft, former, accounts.active(lead.id))

    answer = client.send(url, {"file": (io.BytesIO(files.pdf(b"[]")), "v3.pdf")})

    assert answer.status_code == 422
    assert "entre-temps" in answer.text


def test_the_page_of_former_files_tells_when_and_by_whom(draft, lead, client_for):
    former, taken = join(draft, lead), join(draft, lead, name="note.txt", content=b"x")
    replace(draft, former, lead)
    with unit_of_work():
        attachments.remove(loaded(draft), taken.id, actor=lead)
    client = client_for(lead)

    page = read(client.get(f"/dossiers/{draft.id}/pieces/anciennes"))

    assert "remplacé par « v2.pdf »" in page.text
    assert "retiré" in page.text
    assert "par Lise Porteuse" in page.text
    assert client.get(f"/dossiers/{draft.id}/pieces/{former.id}").data == files.PDF


def test_the_page_of_former_files_says_when_there_is_none(draft, lead, client_for):
    assert "Aucun ancien fichier" in client_for(lead).get(f"/dossiers/{draft.id}/pieces/anciennes").text


def test_former_files_are_the_writers_and_the_auditors(lead, client_for):
    dossier = make_submitted(lead)
    officer = make_account(Role.OFFICER)
    focal = make_account(Role.FOCAL_POINT, organisation=lead.organisation)
    allowed = {
        lead: True,
        focal: True,
        make_account(Role.AUDITOR): True,
        officer: False,
        make_account(Role.ADMIN): False,
        make_account(Role.APPLICANT, organisation=lead.organisation): False,
        make_account(Role.APPLICANT, organisation=make_ministry()): False,
    }

    found = {who.full_name: policies.can_read_former_files(who, loaded(dossier)) for who in allowed}

    assert found == {who.full_name: may for who, may in allowed.items()}
    assert client_for(officer).get(f"/dossiers/{dossier.id}/pieces/anciennes").status_code == 403
    assert client_for(make_account(Role.APPLICANT)).get(f"/dossiers/{dossier.id}/pieces/anciennes").status_code == 404


def test_who_may_not_write_does_not_reach_the_replacement(lead, client_for):
    dossier = make_submitted(lead)
    url = f"/dossiers/{dossier.id}/pieces/{dossier.attachments[0].id}/remplacement"

    assert client_for(lead).get(url).status_code == 403
    assert client_for(make_account(Role.OFFICER)).get(url).status_code == 403
    assert client_for(make_account(Role.APPLICANT)).get(url).status_code == 404
    assert dossier.status is ApplicationStatus.SUBMITTED


@pytest.mark.parametrize("constraint", ["uq_attachment_replaces_id", "ck_attachment_replaces_another"])
def test_an_attachment_refuses_what_cannot_be(draft, lead, constraint):
    former = join(draft, lead)
    identifier = uuid.uuid4()
    replaced = former.id if constraint.startswith("uq") else identifier
    if constraint.startswith("uq"):
        replace(draft, former, lead)
    document = Document(name="x.pdf", media_type="application/pdf", size=1, sha256="a" * 64)
    db.session.add(document)
    db.session.flush()
    db.session.add(Attachment(id=identifier, application_id=draft.id, document_id=document.id, replaces_id=replaced))

    with pytest.raises(IntegrityError, match=constraint):
        db.session.flush()
