"""What the database refuses of rehearsals."""

import pytest
from sqlalchemy.exc import IntegrityError

from guichet.accounts.models import Role
from guichet.core import clock
from guichet.core.db import db
from guichet.documents import services as documents
from guichet.rehearsal.models import RehearsalFile, RehearsalStatus
from tests.factories.accounts import make_account
from tests.factories.rehearsals import make_coming_call, make_rehearsal

S = RehearsalStatus


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"status": S.WAITING, "started_at": clock.now()}, "ck_rehearsal_started_unless_waiting"),
        ({"status": S.RUNNING, "started_at": None}, "ck_rehearsal_started_unless_waiting"),
        ({"status": S.FAILED, "finished_at": None}, "ck_rehearsal_finished_at_iff_over"),
        ({"status": S.RUNNING, "finished_at": clock.now()}, "ck_rehearsal_finished_at_iff_over"),
        ({"status": S.DONE, "report": None}, "ck_rehearsal_report_iff_done"),
        ({"status": S.FAILED, "report": {}}, "ck_rehearsal_report_iff_done"),
        ({"status": S.FAILED, "obstacle": "Aucun critère."}, "ck_rehearsal_obstacle_only_when_done"),
        ({"attempts": -1}, "ck_rehearsal_attempts_not_negative"),
    ],
)
def test_a_rehearsal_refuses_what_cannot_be(session, columns, constraint):
    with pytest.raises(IntegrityError, match=constraint):
        make_rehearsal(make_coming_call(), make_account(Role.OFFICER), **columns)


def test_a_call_is_rehearsed_once_at_a_time(session):
    call, officer = make_coming_call(), make_account(Role.OFFICER)
    make_rehearsal(call, officer, status=S.RUNNING)

    with pytest.raises(IntegrityError, match="uq_rehearsal_one_at_a_time"):
        make_rehearsal(call, officer, status=S.WAITING)


def test_a_document_is_held_once_at_its_place(session):
    rehearsal = make_rehearsal(make_coming_call(), make_account(Role.OFFICER))
    first, second = (documents.keep_made(b"%PDF-", name=f"{word}.pdf") for word in ("un", "deux"))

    def file(document, position):
        return RehearsalFile(rehearsal_id=rehearsal.id, document_id=document.id, position=position, label="Lettre")

    db.session.add(file(first, 1))
    db.session.flush()
    for other, constraint in (
        (file(second, 1), "uq_rehearsal_file_rehearsal_id_position"),
        (file(first, 2), "uq_rehearsal_file_document_id"),
    ):
        savepoint = db.session.begin_nested()
        db.session.add(other)
        with pytest.raises(IntegrityError, match=constraint):
            db.session.flush()
        savepoint.rollback()
