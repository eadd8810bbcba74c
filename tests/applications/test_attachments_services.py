import io
import uuid

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications.models import ApplicationStatus, Attachment
from guichet.applications.services import attachments
from guichet.audit.models import AuditEntry
from guichet.calls.models import AttachmentKind
from guichet.core.db import db
from guichet.core.errors import Forbidden, NotFound, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.documents.models import Document
from tests.factories import files
from tests.factories.accounts import make_account
from tests.factories.applications import hand_in, make_application
from tests.factories.calls import make_call
from tests.factories.submission import join, loaded


@pytest.fixture
def lead(session):
    return make_account(Role.APPLICANT)


@pytest.fixture
def call(session):
    return make_call(attachment_kinds=[AttachmentKind(position=1, label="Lettre d’engagement", required=True)])


@pytest.fixture
def draft(lead, call):
    return make_application(lead=lead, call=call)


def test_attach_adds_the_file_traces_it_and_moves_the_version(draft, lead, call):
    before = draft.version

    attachment = join(draft, lead, kind=call.attachment_kinds[0])

    application = loaded(draft)
    assert [kept.document.name for kept in application.attachments] == ["lettre.pdf"]
    assert application.attachments[0].kind.label == "Lettre d’engagement"
    assert application.version == before + 1
    entry = db.session.scalars(sa.select(AuditEntry)).one()
    assert entry.action == "application.attach"
    assert entry.facts["sha256"] == attachment.document.sha256


def test_attach_refuses_a_hostile_file_and_leaves_no_row(draft, lead):
    with pytest.raises(RuleBroken, match="n’est pas celui d’un fichier PDF"):
        join(draft, lead, content=files.EXE)

    assert db.session.scalar(sa.select(sa.func.count()).select_from(Document)) == 0


def test_attach_refuses_a_kind_of_another_call(draft, lead):
    other = make_call(attachment_kinds=[AttachmentKind(position=1, label="Autre")])

    with pytest.raises(RuleBroken) as refusal:
        join(draft, lead, kind=other.attachment_kinds[0])

    assert refusal.value.field == "kind_id"


def test_attach_refuses_the_same_file_of_the_same_kind_twice(draft, lead, call):
    join(draft, lead)
    join(draft, lead, kind=call.attachment_kinds[0])

    with pytest.raises(RuleBroken, match="déjà joint"):
        join(draft, lead, name="autre-nom.pdf")


def test_attach_refuses_the_twenty_first_file(draft, lead):
    for number in range(attachments.MOST_KEPT):
        join(draft, lead, name="note.txt", content=f"Note {number}".encode())

    with pytest.raises(RuleBroken, match="20 pièces au plus"):
        join(draft, lead, name="note.txt", content=b"Une de trop")


def test_attach_refuses_a_stranger_and_a_submitted_dossier(draft, lead):
    with pytest.raises(Forbidden):
        join(draft, make_account(Role.APPLICANT))
    submitted = make_application(lead=lead, status=ApplicationStatus.SUBMITTED)
    with pytest.raises(Forbidden):
        join(submitted, lead)


def test_remove_keeps_the_file_out_of_the_list_and_twice_is_once(draft, lead):
    attachment = join(draft, lead)

    for _ in range(2):
        with unit_of_work():
            attachments.remove(loaded(draft), attachment.id, actor=lead)

    assert db.session.scalars(sa.select(Attachment.removed_at)).one() is not None
    actions = db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.number)).all()
    assert actions == ["application.attach", "application.remove-attachment"]


def test_remove_refuses_what_is_not_of_this_dossier(draft, lead):
    elsewhere = join(make_application(lead=lead), lead)

    for identifier in (elsewhere.id, uuid.uuid4()):
        with pytest.raises(NotFound), unit_of_work():
            attachments.remove(loaded(draft), identifier, actor=lead)


def test_remove_refuses_once_submitted(lead):
    draft = make_application(lead=lead, complete=True)
    attachment = join(draft, lead)
    draft = loaded(draft)
    hand_in(draft)
    db.session.flush()

    with pytest.raises(Forbidden), unit_of_work():
        attachments.remove(draft, attachment.id, actor=lead)


def test_attach_reads_the_upload_from_its_beginning(draft, lead):
    upload = io.BytesIO(files.PDF)
    upload.read()

    with unit_of_work():
        attachment = attachments.attach(loaded(draft), upload, name="lettre.pdf", kind_id=None, actor=lead)

    assert attachment.document.size == len(files.PDF)
