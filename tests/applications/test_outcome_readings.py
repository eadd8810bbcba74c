"""The dated proof that a decision was read, and the one reminder to those who did not say so."""

import datetime as dt
import threading

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from guichet.accounts import queries as accounts
from guichet.accounts.models import Account, Role
from guichet.applications import queries
from guichet.applications.models import ApplicationStatus, OutcomeReading, Recusal, TeamMember, TeamRole
from guichet.applications.services import readings
from guichet.audit.models import AuditEntry
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Forbidden, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.notifications.models import Email
from tests.factories.accounts import make_account
from tests.factories.applications import make_application

S = ApplicationStatus


@pytest.fixture
def lead(session):
    return make_account(Role.APPLICANT)


@pytest.fixture
def reader(lead):
    return make_account(Role.APPLICANT, organisation=lead.organisation)


@pytest.fixture
def rejected(lead, reader):
    dossier = make_application(
        lead=lead,
        status=S.REJECTED,
        outcome_reason="Hors du champ.",
        outcome_published_at=clock.now() - dt.timedelta(days=16),
    )
    dossier.team.append(TeamMember(account=reader, role=TeamRole.READER))
    db.session.flush()
    return dossier


def press(client, dossier):
    return client.send(f"/dossiers/{dossier.id}/decision-lue", form_at=f"/dossiers/{dossier.id}")


def dated(dossier):
    rows = sa.select(OutcomeReading.account_id).where(OutcomeReading.application_id == dossier.id)
    return list(db.session.scalars(rows))


def told_of(dossier):
    rows = sa.select(AuditEntry.action).where(AuditEntry.subject_id == dossier.id).order_by(AuditEntry.number)
    return [action for action in db.session.scalars(rows) if "outcome" in action]


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"at": dt.timedelta(days=-17)}, "ck_outcome_reading_read_once_published"),
        ({"twice": True}, "uq_outcome_reading_application_id_published_at"),
    ],
)
def test_the_database_refuses_what_cannot_be(rejected, lead, columns, constraint):
    common = {
        "application_id": rejected.id,
        "published_at": rejected.outcome_published_at,
        "account_id": lead.id,
        "created_at": clock.now() + columns.get("at", dt.timedelta(0)),
    }
    db.session.add_all(OutcomeReading(**common) for _ in range(1 + columns.get("twice", 0)))
    with pytest.raises(IntegrityError, match=constraint):
        db.session.flush()
    db.session.rollback()


def test_the_first_to_say_so_is_dated_and_opening_the_page_or_the_letter_is_not(client_for, rejected, lead, reader):
    browser, second = client_for(lead), client_for(reader)
    second.get(f"/dossiers/{rejected.id}")
    browser.get(f"/dossiers/{rejected.id}/lettre")
    assert dated(rejected) == []

    assert press(second, rejected).status_code == 303
    token = browser.csrf("/mon-compte")
    again = browser.post(f"/dossiers/{rejected.id}/decision-lue", data={"csrf_token": token})

    assert again.status_code == 303
    assert dated(rejected) == [reader.id]
    assert told_of(rejected) == ["application.acknowledge-outcome"]
    page = browser.get(f"/dossiers/{rejected.id}").get_data(as_text=True)
    assert "Décision lue le" in page
    assert "J’ai pris connaissance" not in page


def test_the_officer_reads_whether_it_was_read(client_for, rejected, lead):
    officer = client_for(make_account(Role.OFFICER))
    assert "pas encore indiqué avoir lu" in officer.get(f"/instruction/dossiers/{rejected.id}").get_data(as_text=True)
    press(client_for(lead), rejected)

    assert "Décision lue par l’équipe le" in officer.get(f"/instruction/dossiers/{rejected.id}").get_data(as_text=True)


def test_the_focal_point_may_say_so_for_her_ministry(client_for, rejected, lead):
    focal_point = make_account(Role.FOCAL_POINT, organisation=lead.organisation)

    assert press(client_for(focal_point), rejected).status_code == 303
    assert dated(rejected) == [focal_point.id]


def test_the_desk_finds_the_decisions_that_nobody_has_read(client_for, rejected, lead):
    officer = client_for(make_account(Role.OFFICER))
    link = f"/instruction/dossiers/{rejected.id}"
    assert link in officer.get("/instruction?nonlue=y").get_data(as_text=True)
    press(client_for(lead), rejected)

    assert link not in officer.get("/instruction?nonlue=y").get_data(as_text=True)
    assert link in officer.get("/instruction").get_data(as_text=True)


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.OFFICER, 403),
        (Role.AUDITOR, 403),
        (Role.ADMIN, 403),
        (Role.REVIEWER, 404),
        (Role.CHAIR, 404),
        (Role.APPLICANT, 404),
        (Role.FOCAL_POINT, 404),
    ],
)
def test_nobody_else_says_so(client_for, rejected, role, status):
    client = client_for(make_account(role))
    token = client.csrf("/mon-compte")

    answer = client.post(f"/dossiers/{rejected.id}/decision-lue", data={"csrf_token": token})

    assert answer.status_code == status
    assert dated(rejected) == []


def test_nothing_is_dated_before_the_publication(lead):
    dossier = make_application(lead=lead, status=S.UNDER_REVIEW)

    with pytest.raises(RuleBroken), unit_of_work():
        readings.acknowledge(queries.one_for(lead, dossier.id), actor=lead)


def test_who_left_the_team_while_she_waited_dates_nothing(rejected, reader):
    former = queries.one_for(reader, rejected.id)
    gone = sa.delete(TeamMember).where(TeamMember.account_id == reader.id)
    db.session.execute(gone, execution_options={"synchronize_session": False})

    with pytest.raises(Forbidden), unit_of_work():
        readings.acknowledge(former, actor=reader)


def test_a_new_decision_is_read_anew(rejected, lead):
    with unit_of_work():
        readings.acknowledge(queries.one_for(lead, rejected.id), actor=lead)
    rejected.outcome_published_at = clock.now()
    db.session.flush()

    assert readings.reading_of(rejected) is None


def test_the_team_is_reminded_once_after_two_weeks(rejected, lead, reader, run_outbox):
    conflicted = make_account(Role.APPLICANT, organisation=lead.organisation)
    rejected.team.append(TeamMember(account=conflicted, role=TeamRole.EDITOR))
    db.session.add(Recusal(application_id=rejected.id, account_id=conflicted.id, reason="Conjoint."))
    make_application(status=S.REJECTED, outcome_reason="Non.", outcome_published_at=clock.now() - dt.timedelta(days=14))
    db.session.flush()

    with unit_of_work():
        assert readings.remind() == 1
    with unit_of_work():
        assert readings.remind() == 0
    run_outbox()

    sent = db.session.scalars(sa.select(Email).where(Email.notice == "outcome_unread")).all()
    assert sorted(email.recipient_email for email in sent) == sorted([lead.email, reader.email])
    assert f"/dossiers/{rejected.id}" in sent[0].text_body


def test_no_reminder_leaves_for_who_said_so_meanwhile(rejected, lead, run_outbox):
    with unit_of_work():
        readings.remind()
        readings.acknowledge(queries.one_for(lead, rejected.id), actor=lead)
    run_outbox()

    assert db.session.scalars(sa.select(Email).where(Email.notice == "outcome_unread")).all() == []


def test_two_members_at_the_same_moment_are_one_reading(own_app, monkeypatch):
    monkeypatch.setattr("guichet.core.queue.nudger.put", lambda *_: None)
    app = own_app()
    with app.app_context():
        lead = make_account(Role.APPLICANT)
        others = [make_account(Role.APPLICANT, organisation=lead.organisation) for _ in range(3)]
        dossier = make_application(
            lead=lead, status=S.REJECTED, outcome_reason="Non.", outcome_published_at=clock.now() - dt.timedelta(days=1)
        )
        dossier.team += [TeamMember(account=one, role=TeamRole.EDITOR) for one in others]
        db.session.commit()
        dossier_id, people = dossier.id, [lead.id, *(one.id for one in others)]
        db.session.remove()
    start, said = threading.Barrier(len(people)), []

    def say(account_id):
        with app.app_context():
            actor = db.session.scalars(accounts.with_rights().where(Account.id == account_id)).unique().one()
            loaded = queries.one_for(actor, dossier_id)
            start.wait(timeout=20)
            with unit_of_work():
                said.append(readings.acknowledge(loaded, actor=actor).account_id)
            db.session.remove()

    threads = [threading.Thread(target=say, args=(one,)) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert (len(said), len(set(said))) == (len(people), 1)
    with app.app_context():
        assert len(db.session.scalars(sa.select(OutcomeReading)).all()) == 1
        db.session.remove()
