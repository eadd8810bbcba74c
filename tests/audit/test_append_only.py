"""The database itself refuses any change of the journal."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, IntegrityError

from guichet.audit import services
from guichet.audit.models import AuditEntry
from tests.factories.accounts import make_ministry

CHANGES = [
    "UPDATE audit_entry SET action = 'x.z'",
    "UPDATE audit_entry SET facts = '{}' WHERE false",
    "DELETE FROM audit_entry",
    "DELETE FROM audit_entry WHERE false",
    "TRUNCATE audit_entry CASCADE",
]


@pytest.fixture
def entry(session):
    services.record(None, "x.y", make_ministry())
    session.flush()
    return session.scalars(sa.select(AuditEntry)).one()


@pytest.mark.parametrize("change", CHANGES)
def test_no_statement_changes_the_journal(session, entry, change):
    with pytest.raises(DatabaseError, match="append-only"), session.begin_nested():
        session.execute(sa.text(change))

    assert session.scalar(sa.text("SELECT action FROM audit_entry")) == "x.y"


def test_an_object_changed_by_mistake_is_not_written(session, entry):
    entry.action = "x.z"

    with pytest.raises(DatabaseError, match="append-only"):
        session.flush()
    session.rollback()


def test_an_object_deleted_by_mistake_stays(session, entry):
    session.delete(entry)

    with pytest.raises(DatabaseError, match="append-only"):
        session.flush()
    session.rollback()


def test_nobody_chooses_an_entry_s_number(session, entry):
    chosen = AuditEntry(
        number=7, actor_name="Z", action="x.y", subject_type="x", subject_id=entry.id, audience="team", facts={}
    )
    session.add(chosen)

    with pytest.raises(DatabaseError, match="non-DEFAULT value"):
        session.flush()
    session.rollback()


def test_an_unknown_audience_is_refused(session):
    with pytest.raises(IntegrityError, match="ck_audit_entry_audience"), session.begin_nested():
        session.execute(
            sa.text(
                "INSERT INTO audit_entry (id, created_at, actor_name, action, subject_type, subject_id, audience, facts)"
                " VALUES (gen_random_uuid(), now(), 'Z', 'x.y', 'x', gen_random_uuid(), 'everybody', '{}')"
            )
        )
