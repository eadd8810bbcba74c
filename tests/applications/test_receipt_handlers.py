import io
import uuid

import pikepdf
import pytest
import sqlalchemy as sa
from flask import current_app

from guichet.accounts.models import Role
from guichet.applications.events import ApplicationSubmitted
from guichet.applications.handlers import make_receipt
from guichet.applications.models import ApplicationVersion
from guichet.applications.receipts import VERIFICATION
from guichet.audit.models import AuditEntry
from guichet.core import clock
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from guichet.documents import storage
from guichet.documents.letterhead import letterhead
from guichet.documents.models import Document
from guichet.web.filters import moment
from tests.factories.accounts import make_account, make_direction, make_ministry
from tests.factories.pdf import text_of
from tests.factories.submission import make_submitted


@pytest.fixture
def lead(session):
    ministry = make_ministry("Ministère des Essais")
    return make_account(
        Role.APPLICANT, organisation=make_direction(ministry, "Direction du numérique"), full_name="Zoé L’Hôte"
    )


def receipts():
    return db.session.scalars(sa.select(Document).where(Document.name.startswith("accuse-"))).all()


def content_of(document):
    return b"".join(storage.read(document.id))


def plain(text):
    return " ".join(text.split())


def test_the_receipt_says_what_was_received_when_from_whom_and_what_comes_next(lead, run_outbox):
    submitted = make_submitted(lead, title="Réemploi & « réparation » : #let x = 1 *2*")

    run_outbox()

    (document,) = receipts()
    assert document.name == f"accuse-de-reception-{submitted.reference}-v1.pdf"
    text = text_of(content_of(document))
    version = db.session.scalars(sa.select(ApplicationVersion)).one()
    for told in (
        "Accusé de réception",
        "Ministère des Essais Direction du numérique À l’attention de Zoé L’Hôte",
        f"Numéro : {submitted.reference}",
        "Dossier : Réemploi & « réparation » : #let x = 1 *2*",
        f"Reçu le : {plain(moment(version.submitted_at))}",
        "(heure de Paris)",
        "Déposé par : Zoé L’Hôte",
        "Service instructeur : Guichet, contact@localhost",
        version.sha256,
        "lettre.pdf (Autre pièce",
        version.content["attachments"][0]["sha256"],
        "un refus est motivé",
        "http://localhost/verification",
    ):
        assert told in text


def test_the_receipt_prints_the_address_of_the_page_that_verifies_it(app):
    assert current_app.url_map.bind("localhost").build("applications.verify") == VERIFICATION


def test_the_receipt_is_a_tagged_archivable_french_document(lead, run_outbox):
    make_submitted(lead)
    run_outbox()

    with pikepdf.open(io.BytesIO(content_of(receipts()[0]))) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "fr-FR"
        metadata = pdf.open_metadata()
        assert (metadata["pdfuaid:part"], metadata["pdfaid:part"]) == ("1", "2")
        assert metadata["dc:title"] == "Accusé de réception"


def test_the_receipt_is_made_once_however_often_the_event_is_told(lead, run_outbox):
    submitted = make_submitted(lead)
    run_outbox()
    (first,) = receipts()

    with unit_of_work():
        make_receipt(ApplicationSubmitted(application_id=submitted.id, version_number=1))

    assert [document.id for document in receipts()] == [first.id]
    assert db.session.scalars(sa.select(ApplicationVersion.receipt_id)).one() == first.id
    made = sa.select(sa.func.count()).select_from(AuditEntry).where(AuditEntry.action == "application.make-receipt")
    assert db.session.scalar(made) == 1


def test_the_receipt_has_the_same_bytes_when_it_is_made_again_after_a_failure(lead, run_outbox):
    submitted = make_submitted(lead)
    made = []

    def attempt():
        with unit_of_work():
            make_receipt(ApplicationSubmitted(application_id=submitted.id, version_number=1))
            made.append(receipts()[0].sha256)
            raise RuntimeError("the worker dies here")

    for _ in range(2):
        with pytest.raises(RuntimeError, match="dies here"):
            attempt()

    assert receipts() == []
    assert made[0] == made[1]


def test_an_event_of_an_unknown_version_fails_and_is_not_lost(session):
    with pytest.raises(sa.exc.NoResultFound), unit_of_work():
        make_receipt(ApplicationSubmitted(application_id=uuid.uuid4(), version_number=1))


@pytest.mark.parametrize(("state", "told"), [("1", True), ("", False)])
def test_the_settings_head_the_documents(own_app, state, told):
    app = own_app(LETTERHEAD="Ministère des Essais | Direction du numérique", STATE_BRAND=state)
    with app.app_context():
        head = letterhead(title="T", description="D", reference="R", addressee=[], at=clock.now(), zone="Europe/Paris")

    assert head["block"] == {"lines": ["Ministère des Essais", "Direction du numérique"], "state": told}
