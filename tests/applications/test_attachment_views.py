"""The files of a dossier on the web: what is told before, taken, refused, handed out, and to whom."""

import io
import uuid

import pytest
import sqlalchemy as sa
from werkzeug.http import parse_options_header

from guichet.accounts import queries as accounts
from guichet.accounts.models import Role
from guichet.applications.models import Application, ApplicationStatus, Attachment, Section
from guichet.applications.services import attachments
from guichet.calls.models import AttachmentKind
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from guichet.documents import storage
from guichet.documents.accepted import LARGEST
from guichet.documents.models import Document
from tests.applications.page_reader import read
from tests.applications.test_complements_services import ask
from tests.factories import files
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call
from tests.factories.submission import join, loaded, make_submitted

S = ApplicationStatus


@pytest.fixture
def lead(session):
    return make_account(Role.APPLICANT)


@pytest.fixture
def kind(session):
    return AttachmentKind(position=1, label="Lettre d’engagement", required=True)


@pytest.fixture
def draft(lead, kind):
    return make_application(lead=lead, complete=True, call=make_call(attachment_kinds=[kind]))


@pytest.fixture
def browser(client_for, lead):
    return client_for(lead)


def page_of(application):
    return f"/dossiers/{application.id}/rubriques/pieces"


def upload(client, application, content, name, kind_id=""):
    url = page_of(application)
    file = (io.BytesIO(content), name)
    answer = client.send(url, {"kind_id": kind_id, "file": file}, content_type="multipart/form-data")
    # The test client leaves the body of a long request open.
    answer.request.environ["wsgi.input"].close()
    return answer


def held():
    return db.session.scalar(sa.select(sa.func.count()).select_from(Document))


def test_the_page_tells_sizes_kinds_and_what_is_missing_before_a_file_is_chosen(browser, draft):
    page = read(browser.get(page_of(draft)))

    assert "Taille maximale : 15 Mo." in page.text
    assert "Formats acceptés : PDF, PNG, JPEG, ODT, ODS, DOCX, XLSX, CSV, TXT." in page.text
    assert "Joignez la pièce « Lettre d’engagement »." in page.text
    assert "Aucune pièce n’est jointe." in page.text


def test_a_file_is_added_listed_and_handed_out_as_an_attachment(browser, draft, kind):
    answer = upload(browser, draft, files.PDF, "Lettre signée n° 1.pdf", str(kind.id))

    assert (answer.status_code, answer.location) == (303, page_of(draft))
    page = read(browser.get(page_of(draft)))
    assert "La pièce est jointe au dossier." in page.text
    assert f"Lettre signée n° 1.pdf (Lettre d’engagement, {len(files.PDF)} octets, jointe le" in page.text
    assert "il manque à cette rubrique" not in page.text
    identifier = db.session.scalars(sa.select(Attachment.id)).one()
    answer = browser.get(f"/dossiers/{draft.id}/pieces/{identifier}")
    assert (answer.status_code, answer.data) == (200, files.PDF)
    disposition, options = parse_options_header(answer.headers["Content-Disposition"])
    assert (disposition, options["filename"]) == ("attachment", "Lettre signée n° 1.pdf")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (files.EXE, "facture.pdf", "Le contenu de « facture.pdf » n’est pas celui d’un fichier PDF."),
        (files.EXE, "programme.exe", "Ce format n’est pas accepté."),
        (b"", "vide.pdf", "Le fichier « vide.pdf » est vide."),
        (files.bomb(), "note.docx", "une place démesurée"),
        (files.PDF + b" " * LARGEST, "plan.pdf", "la limite est 15 Mo"),
        (files.PDF, "../../../etc/passwd", "Ce format n’est pas accepté."),
        (b"<script>alert(1)</script>", "page.html", "Ce format n’est pas accepté."),
    ],
)
def test_a_file_that_we_do_not_take_is_refused_at_its_field(browser, draft, kind, content, name, told):
    answer = upload(browser, draft, content, name, str(kind.id))

    assert answer.status_code == 422
    page = read(answer)
    assert told in page.text
    assert "file-erreur" in page.identifiers
    # The kind that was chosen stays chosen.
    assert page.fields["kind_id"] == str(kind.id)
    assert held() == 0


def test_a_form_without_a_file_is_refused_at_its_field(browser, draft):
    answer = browser.send(page_of(draft), {"kind_id": ""}, content_type="multipart/form-data")

    assert answer.status_code == 422
    assert "Choisissez un fichier." in read(answer).text


@pytest.mark.parametrize("forged", ["abc", "00000000-0000-0000-0000-000000000000", "é" * 500])
def test_a_forged_kind_is_refused_at_its_field(browser, draft, forged):
    answer = upload(browser, draft, files.PDF, "lettre.pdf", forged)

    assert answer.status_code == 422
    assert "Choisissez une valeur de la liste." in read(answer).text
    assert held() == 0


def test_an_upload_beyond_what_the_server_reads_gives_a_french_page(browser, draft):
    answer = upload(browser, draft, b"x" * 60_000_000, "plan.pdf")

    assert answer.status_code == 413
    assert "Envoi trop volumineux" in read(answer).text
    assert held() == 0


def test_a_hostile_name_reaches_neither_the_disk_nor_the_header(browser, draft):
    upload(browser, draft, files.PDF, "..\\..\\a\u202efdp; é=b.pdf")

    identifier = db.session.scalars(sa.select(Attachment.id)).one()
    answer = browser.get(f"/dossiers/{draft.id}/pieces/{identifier}")
    name = parse_options_header(answer.headers["Content-Disposition"])[1]["filename"]
    assert name.endswith(".pdf")
    assert not set("\\/\u202e") & set(name)


def test_removal_takes_the_file_out_of_the_list_and_keeps_it_for_the_team(browser, draft, lead):
    attachment = join(draft, lead)
    url = f"/dossiers/{draft.id}/pieces/{attachment.id}"

    answer = browser.send(f"{url}/retrait", form_at=page_of(draft))

    assert (answer.status_code, answer.location) == (303, page_of(draft))
    assert "Aucune pièce n’est jointe." in read(browser.get(page_of(draft))).text
    assert browser.get(url).status_code == 200


def test_removal_without_its_token_says_so_and_removes_nothing(browser, draft, lead):
    attachment = join(draft, lead)

    answer = browser.post(f"/dossiers/{draft.id}/pieces/{attachment.id}/retrait")

    assert answer.status_code == 422
    assert "restée ouverte trop longtemps" in read(answer).text
    assert db.session.scalars(sa.select(Attachment.removed_at)).one() is None


def test_removal_is_never_done_by_following_a_link(browser, draft, lead):
    attachment = join(draft, lead)

    assert browser.get(f"/dossiers/{draft.id}/pieces/{attachment.id}/retrait").status_code == 405


def test_files_are_unknown_to_another_ministry(client_for, draft, lead):
    attachment = join(draft, lead)
    stranger = client_for(make_account(Role.APPLICANT, Role.FOCAL_POINT))
    url = f"/dossiers/{draft.id}/pieces/{attachment.id}"

    assert stranger.get(page_of(draft)).status_code == 404
    assert stranger.get(url).status_code == 404
    assert stranger.post(f"{url}/retrait").status_code == 404
    assert client_for(None).get(url).status_code == 303


def test_a_file_of_one_dossier_is_not_found_through_another(browser, draft, lead):
    attachment = join(draft, lead)
    other = make_application(lead=lead)

    assert browser.get(f"/dossiers/{other.id}/pieces/{attachment.id}").status_code == 404
    assert browser.get(f"/dossiers/{draft.id}/pieces/{uuid.uuid4()}").status_code == 404


def test_the_ministry_s_focal_point_reads_but_does_not_change(client_for, draft, lead):
    attachment = join(draft, lead)
    client = client_for(make_account(Role.FOCAL_POINT, organisation=lead.organisation))

    assert "ne peuvent pas être modifiées" in read(client.get(page_of(draft))).text
    assert client.get(f"/dossiers/{draft.id}/pieces/{attachment.id}").status_code == 200
    token = {"csrf_token": client.csrf("/dossiers")}
    assert client.post(f"/dossiers/{draft.id}/pieces/{attachment.id}/retrait", data=token).status_code == 403


def test_a_submitted_dossier_takes_and_loses_no_file(browser, lead):
    submitted = make_submitted(lead)
    piece = submitted.attachments[0].id
    page = read(browser.get(page_of(submitted)))
    assert "ne peuvent pas être modifiées" in page.text
    token = browser.csrf(page_of(submitted))

    data = {"csrf_token": token, "kind_id": "", "file": (io.BytesIO(b"Note"), "note.txt")}
    answer = browser.post(page_of(submitted), data=data, content_type="multipart/form-data")

    assert answer.status_code == 403
    assert "ne peuvent plus être modifiées" in read(answer).text
    answer = browser.post(f"/dossiers/{submitted.id}/pieces/{piece}/retrait", data={"csrf_token": token})
    assert answer.status_code == 403
    assert held() == 1


def test_the_officer_reads_what_was_submitted_even_removed_since_but_not_what_never_was(client_for, lead):
    submitted = make_submitted(lead)
    first = submitted.attachments[0].id
    officer = make_account(Role.OFFICER)
    ask(submitted, officer, sections=[Section.ATTACHMENTS])
    second = join(submitted, lead, name="note.txt", content=b"Repentir").id
    for removed in (first, second):
        with unit_of_work():
            attachments.remove(loaded(submitted), removed, actor=lead)
    client = client_for(officer)

    assert client.get(f"/dossiers/{submitted.id}/pieces/{first}").status_code == 200
    assert client.get(f"/dossiers/{submitted.id}/pieces/{second}").status_code == 404


def test_a_file_lost_by_the_storage_gives_a_page_not_an_accident(browser, draft, lead):
    attachment = join(draft, lead)
    storage.delete(attachment.document_id)

    answer = browser.get(f"/dossiers/{draft.id}/pieces/{attachment.id}")

    assert answer.status_code == 503
    assert "momentanément indisponible" in read(answer).text


def test_the_page_stays_light_and_asks_as_many_statements_for_twenty_files_as_for_none(
    browser, draft, lead, statements
):
    url = page_of(draft)
    browser.get(url)
    statements.clear()
    browser.get(url)
    empty = len(statements)
    # The page forgot what the test had loaded of her.
    accounts.for_session(lead.get_id())
    for number in range(attachments.MOST_KEPT):
        join(draft, lead, name="note.txt", content=f"Note {number}".encode())

    statements.clear()
    page = read(browser.get(url))

    assert len(statements) == empty
    assert page.elements <= 380
    assert "le maximum" in page.text


def test_the_content_of_the_dossier_links_to_its_files(browser, draft, lead):
    attachment = join(draft, lead)

    content = browser.get(f"/dossiers/{draft.id}/contenu").get_data(as_text=True)

    assert f"/dossiers/{draft.id}/pieces/{attachment.id}" in content
    assert db.session.scalars(sa.select(Application.status)).one() is S.DRAFT
