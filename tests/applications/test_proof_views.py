"""What proves a submission, on the web: versions, receipts, letters, and their public verification."""

import uuid

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications.models import Application, ApplicationStatus, ApplicationVersion, Section
from guichet.applications.services import submission
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from guichet.documents import services as documents
from guichet.outbox.models import MessageStatus, OutboxMessage
from tests.applications.page_reader import read
from tests.applications.test_complements_services import ask
from tests.factories import files
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.submission import join, loaded, make_submitted

S = ApplicationStatus


@pytest.fixture
def lead(session):
    return make_account(Role.APPLICANT)


@pytest.fixture
def submitted(lead):
    return make_submitted(lead)


@pytest.fixture
def browser(client_for, lead):
    return client_for(lead)


@pytest.fixture
def resubmitted(submitted, lead):
    """A dossier whose second version changes one text and adds a file."""
    ask(submitted, make_account(Role.OFFICER), sections=[Section.SOLUTION, Section.ATTACHMENTS])
    loaded(submitted).deliverables = "Un atelier\net trois guides."
    join(submitted, lead, name="annexe.txt", content=b"Annexe")
    with unit_of_work():
        submission.resubmit(loaded(submitted), actor=lead)
    return submitted


def fingerprint(number=1):
    return db.session.scalars(sa.select(ApplicationVersion.sha256).where(ApplicationVersion.number == number)).one()


# Versions


def test_a_version_shows_what_was_submitted_whatever_the_dossier_became(browser, submitted):
    db.session.execute(sa.text("UPDATE application SET status = 'changes_requested', title = 'Réécrit depuis'"))

    page = read(browser.get(f"/dossiers/{submitted.id}/versions/1"))

    assert "Prolonger la vie des ordinateurs" in page.text
    assert "120 000 €" in page.text
    assert "lettre.pdf" in page.text
    assert fingerprint() in page.text
    assert "altérée" not in page.text
    assert page.elements <= 380


def test_a_second_version_tells_field_by_field_what_changed(browser, resubmitted):
    page = read(browser.get(f"/dossiers/{resubmitted.id}/versions/2"))

    assert "Ce qui a changé depuis la version 1" in page.text
    before, after = "Un atelier, un guide, un tableau de suivi.", "Un atelier et trois guides."
    assert f"Besoin et solution, Livrables Avant : {before} Après : {after}" in page.text
    assert "Pièces jointes, Fichiers [ajouté : Autre pièce : annexe.txt (6 octets, empreinte" in page.text
    assert "Ce qui a changé" not in read(browser.get(f"/dossiers/{resubmitted.id}/versions/1")).text


def test_a_version_that_was_altered_says_so(browser, submitted):
    db.session.execute(sa.text("ALTER TABLE application_version DISABLE TRIGGER USER"))
    db.session.execute(sa.text("UPDATE application_version SET content = jsonb_set(content, '{title}', '\"Autre\"')"))

    assert (
        "Cette version a été altérée après son dépôt." in read(browser.get(f"/dossiers/{submitted.id}/versions/1")).text
    )


@pytest.mark.parametrize("word", ["versions/2", "versions/0", "versions/99999999999999999999", "accuse/2", "lettre"])
def test_what_does_not_exist_is_not_found(browser, submitted, word):
    assert browser.get(f"/dossiers/{submitted.id}/{word}").status_code == 404


@pytest.mark.parametrize("word", ["versions/1", "accuse/1", "lettre"])
def test_proofs_are_unknown_to_another_ministry_and_to_visitors(client_for, submitted, word):
    url = f"/dossiers/{submitted.id}/{word}"

    assert client_for(make_account(Role.APPLICANT, Role.FOCAL_POINT)).get(url).status_code == 404
    assert client_for(None).get(url).status_code == 303


@pytest.mark.parametrize("role", [Role.OFFICER, Role.AUDITOR, Role.ADMIN])
def test_versions_are_read_by_the_service(client_for, submitted, role):
    assert client_for(make_account(role)).get(f"/dossiers/{submitted.id}/versions/1").status_code == 200


# Receipts and letters


def test_the_receipt_is_said_to_be_in_preparation_then_handed_out(browser, submitted, run_outbox):
    url = f"/dossiers/{submitted.id}/accuse/1"

    page = read(browser.get(url))
    assert "L’accusé est en préparation" in page.text
    assert fingerprint() in page.text
    run_outbox()
    answer = browser.get(url)

    assert answer.data.startswith(b"%PDF-1.7")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert f"accuse-de-reception-{loaded(submitted).reference}-v1.pdf" in answer.headers["Content-Disposition"]


def test_the_letter_is_handed_out_once_it_is_made(browser, lead):
    awarded = make_application(lead=lead, status=S.AWARDED)
    assert browser.get(f"/dossiers/{awarded.id}/lettre").status_code == 404
    letter = documents.keep_made(b"%PDF-1.7 lettre", name="decision-X.pdf")
    db.session.execute(sa.update(Application).values(outcome_letter_id=letter.id))

    answer = browser.get(f"/dossiers/{awarded.id}/lettre")

    assert (answer.status_code, answer.data) == (200, b"%PDF-1.7 lettre")


# Public verification


@pytest.fixture
def visitor(client_for, counters):
    yield client_for(None)
    counters.flushdb()


def check(client, reference, sha256):
    return client.send("/verification", {"reference": reference, "sha256": sha256})


def test_anybody_verifies_a_receipt_and_learns_its_date_only(visitor, submitted):
    reference, title = submitted.reference, submitted.title

    answer = check(visitor, f"  {reference.lower()} ", fingerprint().upper()[:32] + " " + fingerprint()[32:])

    page = read(answer)
    assert "Cet accusé est authentique" in page.text
    assert f"Le dossier {reference}, version 1, a été déposé le" in page.text
    assert "(heure de Paris)" in page.text
    assert title not in page.text
    assert "Camille" not in page.text


def test_each_version_verifies_by_its_own_fingerprint(visitor, resubmitted):
    assert "version 2, a été déposé" in read(check(visitor, loaded(resubmitted).reference, fingerprint(2))).text


@pytest.mark.parametrize("typed", ["a" * 64, "x", "' OR 1=1 --", "é" * 64, "\x00"])
def test_a_wrong_fingerprint_says_that_nothing_matches(visitor, submitted, typed):
    answer = check(visitor, submitted.reference, typed)

    assert answer.status_code in {200, 422}
    assert "authentique" not in read(answer).text


def test_a_number_alone_tells_nothing_not_even_that_it_exists(visitor, submitted):
    existing = read(check(visitor, submitted.reference, "a" * 64)).text
    unknown = read(check(visitor, "NER-1999-0001", "a" * 64)).text

    told = "Aucun dépôt ne correspond"
    assert told in existing
    assert existing.replace(submitted.reference, "") == unknown.replace("NER-1999-0001", "")


def test_verification_wants_both_and_keeps_what_was_typed(visitor):
    answer = check(visitor, "NER-2026-0001", "")

    assert answer.status_code == 422
    assert read(answer).fields["reference"] == "NER-2026-0001"


def test_verification_is_not_a_machine_to_guess_with(visitor):
    token = visitor.csrf("/verification")
    data = {"csrf_token": token, "reference": "NER-2026-0001", "sha256": uuid.uuid4().hex}

    statuses = [visitor.post("/verification", data=data).status_code for _ in range(21)]

    assert statuses[:20] == [200] * 20
    assert statuses[20] == 429


# The file itself


def send_file(client, content, name="accuse.pdf"):
    token = client.csrf("/verification")
    # Written by hand: the test client would keep a large body in a file that it forgets to close.
    head = 'Content-Disposition: form-data; name="{}"{}\r\n\r\n'
    body = b"--limit\r\n" + head.format("csrf_token", "").encode() + token.encode() + b"\r\n--limit\r\n"
    body += head.format("file", f'; filename="{name}"').encode() + content + b"\r\n--limit--\r\n"
    return client.post("/verification/fichier", data=body, content_type="multipart/form-data; boundary=limit")


@pytest.fixture
def receipt(client_for, lead, submitted, run_outbox):
    run_outbox()
    return client_for(lead).get(f"/dossiers/{submitted.id}/accuse/1").data


def test_anybody_verifies_the_file_of_a_receipt_and_learns_its_number_and_date_only(visitor, submitted, receipt):
    reference, title = submitted.reference, submitted.title
    kept = db.session.scalar(sa.text("SELECT count(*) FROM document"))

    answer = send_file(visitor, receipt)

    page = read(answer)
    assert "Ce fichier est authentique" in page.text
    assert f"l’accusé de réception du dossier {reference}, version 1, déposé le" in page.text
    assert title not in page.text
    assert db.session.scalar(sa.text("SELECT count(*) FROM document")) == kept


@pytest.mark.parametrize(
    "alter", [lambda pdf: pdf + b"\n", lambda pdf: pdf[:-1], lambda pdf: pdf.replace(b"D:", b"d:", 1)]
)
def test_a_file_changed_by_one_byte_is_not_the_one_delivered(visitor, receipt, alter):
    page = read(send_file(visitor, alter(receipt))).text

    assert "Ce fichier n’est pas celui que le guichet a délivré" in page
    assert "authentique" not in page


def test_a_file_of_a_dossier_is_no_proof(visitor, submitted):
    assert "n’est pas celui que le guichet a délivré" in read(send_file(visitor, files.PDF)).text


HOSTILE = {
    "empty": (b"", "Ce fichier est vide."),
    "not a PDF": (files.EXE, "Ce fichier n’est pas un PDF"),
    "almost a PDF": (b"\n%PDF-1.7", "Ce fichier n’est pas un PDF"),
    "too large": (b"%PDF-" + b"0" * 1_000_000, "la limite est"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_at_its_field(visitor, kind):
    content, words = HOSTILE[kind]

    answer = send_file(visitor, content)

    assert answer.status_code == 422
    assert words in read(answer).text


def test_no_file_is_asked_for_and_a_refresh_leads_back(visitor):
    assert "Choisissez un fichier." in read(visitor.send("/verification/fichier", form_at="/verification")).text
    assert visitor.get("/verification/fichier").location == "/verification"


def test_files_are_not_tried_without_end(visitor):
    statuses = [send_file(visitor, files.PDF).status_code for _ in range(21)]

    assert statuses[-2:] == [200, 429]


def test_a_receipt_that_could_not_be_made_says_so_and_is_asked_again(browser, submitted, run_outbox):
    url = f"/dossiers/{submitted.id}/accuse/1"
    db.session.execute(
        sa.update(OutboxMessage)
        .where(OutboxMessage.handler == "make_receipt")
        .values(status=MessageStatus.DEAD, attempts=8)
    )

    assert "L’accusé n’a pas pu être préparé" in browser.get(url).text
    assert browser.send(url).status_code == 303
    assert "L’accusé est en préparation" in browser.get(url).text
    run_outbox()

    assert browser.get(url).mimetype == "application/pdf"
