import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from guichet.accounts.models import Role
from guichet.applications.models import ApplicationVersion, Attachment, ChangeRequest
from guichet.core import clock
from guichet.core.db import db
from guichet.documents import services as documents
from tests.factories.accounts import make_account
from tests.factories.submission import make_submitted


@pytest.fixture
def submitted(session):
    return make_submitted(make_account(Role.APPLICANT))


@pytest.mark.parametrize(
    ("broken", "constraint"),
    [
        ({"number": 1}, "uq_application_version_application_id"),
        ({"number": 0}, "ck_application_version_number_positive"),
        ({"sha256": "z" * 64}, "ck_application_version_sha256_is_hexadecimal"),
    ],
)
def test_version_refuses_what_cannot_be(submitted, broken, constraint):
    columns = {"number": 2, "sha256": "a" * 64, "content": {}, "submitted_at": clock.now(), **broken}
    author = submitted.team[0].account_id
    db.session.add(ApplicationVersion(application_id=submitted.id, submitted_by_id=author, **columns))

    with pytest.raises(IntegrityError, match=constraint):
        db.session.flush()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE application_version SET content = '{}'",
        "UPDATE application_version SET sha256 = repeat('a', 64)",
        "UPDATE application_version SET number = 5",
        "UPDATE application_version SET receipt_id = NULL",
        "DELETE FROM application_version",
    ],
)
def test_a_submitted_version_is_frozen_by_the_database_itself(submitted, change):
    with pytest.raises(DBAPIError, match="a submitted version is frozen"):
        db.session.execute(sa.text(change))


def test_the_receipt_of_a_version_is_set_once(submitted):
    for name in ("premier.pdf", "second.pdf"):
        documents.keep_made(b"%PDF-", name=name)
    setting = "UPDATE application_version SET receipt_id = (SELECT id FROM document WHERE name = :name)"
    db.session.execute(sa.text(setting), {"name": "premier.pdf"})

    with pytest.raises(DBAPIError, match="a submitted version is frozen"):
        db.session.execute(sa.text(setting), {"name": "second.pdf"})


def test_change_request_names_a_section_and_stays_alone_while_it_is_open(submitted):
    def asked(sections):
        return ChangeRequest(
            application_id=submitted.id,
            sections=sections,
            message="Précisez.",
            due_on=clock.today() + dt.timedelta(days=5),
            requested_by_id=submitted.team[0].account_id,
        )

    with pytest.raises(IntegrityError, match="ck_change_request_names_a_section"), db.session.begin_nested():
        db.session.add(asked([]))
    db.session.add(asked(["budget"]))
    db.session.flush()
    db.session.add(asked(["team"]))
    with pytest.raises(IntegrityError, match="uq_change_request_one_open"):
        db.session.flush()


def test_a_stored_file_is_attached_once(submitted):
    held = submitted.attachments[0]
    db.session.add(Attachment(application_id=submitted.id, document_id=held.document_id))

    with pytest.raises(IntegrityError, match="uq_attachment_document_id"):
        db.session.flush()


NOW = clock.now()


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"answered_at": NOW, "closed_at": NOW, "closure": "withdrawn"}, "ends_once"),
        ({"closed_at": NOW}, "closed_at_iff_closed"),
        ({"closure": "closed"}, "closed_at_iff_closed"),
        ({"closed_at": NOW, "closure": "cancelled"}, "cancellation_has_a_reason"),
        ({"closed_at": NOW, "closure": "lost"}, "requestclosure"),
        ({"extended_from": NOW.date()}, "extension_has_a_reason"),
        ({"extension_reason": "Motif"}, "extension_has_a_reason"),
        ({"extended_from": NOW.date() + dt.timedelta(days=9), "extension_reason": "Motif"}, "extended_to_a_later_day"),
        ({"asked_from": "lost"}, "asked_from"),
    ],
)
def test_change_request_refuses_what_cannot_be(submitted, columns, constraint):
    request = ChangeRequest(
        application_id=submitted.id,
        sections=["budget"],
        message="Précisez.",
        due_on=NOW.date() + dt.timedelta(days=5),
        requested_by_id=submitted.team[0].account_id,
    )
    db.session.add(request)
    db.session.flush()
    given = {
        name: sa.literal_column(f"'{value}'") if name in {"closure", "asked_from"} else value
        for name, value in columns.items()
    }

    with pytest.raises(IntegrityError, match=f"ck_change_request_{constraint}"):
        db.session.execute(sa.update(ChangeRequest).where(ChangeRequest.id == request.id).values(given))
