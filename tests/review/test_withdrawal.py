"""A dossier that its team withdraws leaves reviewers, agendas and the envelope; everybody concerned is told; twice is once."""

import threading

import pytest
import sqlalchemy as sa

from guichet.accounts import queries as accounts
from guichet.accounts.models import Role
from guichet.applications import queries as applications
from guichet.applications.models import ApplicationStatus, Recusal
from guichet.applications.policies import WITHDRAWABLE
from guichet.applications.services import submission
from guichet.audit.models import AuditEntry
from guichet.calls.models import Call, EnvelopeMovement, MovementKind
from guichet.core.db import db
from guichet.core.errors import InvalidTransition, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.notifications.models import Email
from guichet.review.models import AssignmentStatus, Decision, DecisionStatus, Outcome, SessionItem
from guichet.review.queries import committee
from guichet.review.services import decision as decisions
from guichet.review.services import withdrawal
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call
from tests.factories.committee import make_decision, make_session
from tests.factories.review import make_assignment
from tests.factories.submission import loaded
from tests.review.pages import fresh, page_of, status_of, text_of

S = ApplicationStatus
A = AssignmentStatus


@pytest.fixture
def lead(session):
    return make_account(Role.APPLICANT, full_name="Lou Porteuse")


def withdraw(application, reason="Projet abandonné."):
    dossier = loaded(application)
    lead = accounts.by_email(dossier.team[0].account.email)
    with unit_of_work():
        submission.withdraw(dossier, reason, actor=lead)


@pytest.mark.parametrize("status", sorted(WITHDRAWABLE))
def test_a_dossier_is_withdrawn_from_each_status_before_its_decision(lead, run_outbox, status):
    application = make_application(lead=lead, status=status)
    withdraw(application)
    run_outbox()

    assert status_of(application) is S.WITHDRAWN


@pytest.mark.parametrize("status", sorted(set(S) - WITHDRAWABLE - {S.DRAFT, S.AWAITING_ENDORSEMENT}))
def test_a_dossier_that_is_decided_is_not(lead, status):
    application = make_application(lead=lead, status=status)
    with pytest.raises(InvalidTransition):
        withdraw(application)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1001])
def test_a_withdrawal_says_why_in_a_thousand_characters(lead, reason):
    application = make_application(lead=lead, status=S.SUBMITTED)
    with pytest.raises(RuleBroken) as refusal:
        withdraw(application, reason)

    assert refusal.value.field == "reason"
    assert status_of(application) is S.SUBMITTED


def test_officers_reviewers_focal_point_and_team_are_told_each_once(lead, run_outbox):
    make_account(Role.FOCAL_POINT, organisation=lead.organisation, full_name="Réf Érent")
    make_account(Role.OFFICER, full_name="Oscar Instruction")
    recused = make_account(Role.REVIEWER, full_name="Rita Récusée")
    application = make_application(lead=lead, status=S.UNDER_REVIEW)
    for name, status in (("Ada Attendue", A.ASSIGNED), ("Cléo Acceptée", A.ACCEPTED), ("Dan Remis", A.COMPLETED)):
        make_assignment(application, make_account(Role.REVIEWER, full_name=name), status)
    make_assignment(application, make_account(Role.REVIEWER, full_name="Yan Décliné"), A.DECLINED)
    make_assignment(application, recused, A.CONFLICT)
    db.session.add(Recusal(application_id=application.id, account_id=recused.id, reason="Parenté."))
    withdraw(application)
    run_outbox()

    emails = db.session.scalars(sa.select(Email)).all()
    # The factory has its own officers.
    told = [(one.notice, one.recipient_name) for one in emails if not one.recipient_name.startswith("Camille Agent")]

    assert sorted(told) == [
        ("application_withdrawn", "Lou Porteuse"),
        ("application_withdrawn", "Réf Érent"),
        ("application_withdrawn_staff", "Oscar Instruction"),
        ("review_stopped", "Ada Attendue"),
        ("review_stopped", "Cléo Acceptée"),
    ]


def test_pending_evaluations_are_stopped_and_leave_the_lists(lead, client_for, run_outbox):
    application = make_application(lead=lead, status=S.UNDER_REVIEW, title="Dossier à retirer")
    reviewers = {status: make_account(Role.REVIEWER) for status in (A.ASSIGNED, A.ACCEPTED, A.COMPLETED)}
    given = {status: make_assignment(application, one, status) for status, one in reviewers.items()}
    withdraw(application)
    run_outbox()

    assert {status: fresh(one).status for status, one in given.items()} == {
        A.ASSIGNED: A.STOPPED,
        A.ACCEPTED: A.STOPPED,
        A.COMPLETED: A.COMPLETED,
    }
    for reviewer in reviewers.values():
        client = client_for(reviewer)
        assert "Dossier à retirer" not in text_of(client.get("/evaluations"))
        assert "Dossier à retirer" not in text_of(client.get("/tableau-de-bord"))
    page = text_of(client_for(reviewers[A.ACCEPTED]).get(page_of(given[A.ACCEPTED])))
    assert "Le porteur a retiré ce dossier." in page


def test_what_a_reviewer_was_typing_comes_back_to_her(lead, client_for, run_outbox):
    application = make_application(lead=lead, status=S.UNDER_REVIEW)
    assignment = make_assignment(application, status=A.ACCEPTED)
    client = client_for(assignment.reviewer)
    url = page_of(assignment, "/grille")
    token = client.csrf(url)
    withdraw(application)
    run_outbox()

    typed = {"csrf_token": token, "version": "1", "comment_to_committee": "Un long avis.", "save": "1"}
    answer = client.post(url, data=typed)

    assert answer.status_code == 422
    assert "Un long avis." in text_of(answer)
    assert "L’évaluation n’est pas ouverte" in text_of(answer)


def test_the_prepared_decision_is_dropped_and_its_money_returns(lead, run_outbox):
    call = make_call(envelope=100_000)
    application = make_application(call=call, lead=lead, status=S.REVIEWED)
    make_decision(application, make_session(call, application), amount=50_000)
    withdraw(application)
    run_outbox()

    assert db.session.scalar(sa.select(Decision.status)) is DecisionStatus.CANCELLED
    assert db.session.scalar(sa.select(Call.envelope_left)) == 100_000
    returned = sa.select(EnvelopeMovement.amount).where(EnvelopeMovement.kind == MovementKind.RETURN)
    assert db.session.scalars(returned).all() == [50_000]


@pytest.mark.parametrize("handled", [False, True])
def test_it_leaves_the_agenda_the_ranking_and_the_lists_to_place(lead, client_for, run_outbox, handled):
    call = make_call()
    stays = make_application(call=call, status=S.REVIEWED, title="Dossier qui reste")
    goes = make_application(call=call, lead=lead, status=S.REVIEWED, title="Dossier à retirer")
    meeting, other = make_session(call, goes, stays), make_session(call)
    make_assignment(goes, status=A.COMPLETED)
    withdraw(goes)
    if handled:
        run_outbox()
        assert db.session.scalars(sa.select(SessionItem.application_id)).all() == [stays.id]
    officer = client_for(make_account(Role.OFFICER))

    for url in (f"/seances/{meeting.id}", f"/seances/{meeting.id}/classement", f"/seances/{meeting.id}/ordre-du-jour"):
        page = text_of(officer.get(url))
        assert "Dossier qui reste" in page
        assert "Dossier à retirer" not in page
    assert "Dossier à retirer" not in text_of(officer.get(f"/seances/{other.id}/ajout"))


def test_a_session_that_told_its_decision_keeps_its_line(lead, run_outbox):
    call = make_call()
    application = make_application(call=call, lead=lead, status=S.WAITLISTED)
    meeting = make_session(call, application)
    make_decision(application, meeting, Outcome.WAITLISTED, DecisionStatus.PUBLISHED)
    withdraw(application)
    run_outbox()

    assert [line.status for line in committee.lines(meeting, make_account(Role.CHAIR))] == [S.WITHDRAWN]
    assert db.session.scalar(sa.select(Decision.status)) is DecisionStatus.PUBLISHED


def test_clearing_twice_is_once(lead, run_outbox):
    call = make_call(envelope=100_000)
    application = make_application(call=call, lead=lead, status=S.REVIEWED)
    make_decision(application, make_session(call, application), amount=50_000)
    withdraw(application)
    run_outbox()
    with unit_of_work():
        withdrawal.clear(application.id, by=lead)

    assert db.session.scalar(sa.select(Call.envelope_left)) == 100_000


def test_what_is_withdrawn_is_neither_decided_nor_published(lead, run_outbox):
    call, chair = make_call(), make_account(Role.CHAIR)
    application = make_application(call=call, lead=lead, status=S.REVIEWED)
    meeting = make_session(call, application)
    prepared = make_decision(application, meeting, amount=50_000, chair=chair)
    withdraw(application)

    # Before the worker has cleared it.
    with pytest.raises(InvalidTransition), unit_of_work():
        decisions.publish(prepared, actor=chair)
    with pytest.raises(RuleBroken), unit_of_work():
        decisions.prepare(loaded(application), meeting, Outcome.REJECTED, None, "Non.", "", actor=chair)


def test_the_team_reads_nothing_of_what_was_prepared(lead, client_for, run_outbox):
    call = make_call()
    application = make_application(call=call, lead=lead, status=S.REVIEWED)
    make_decision(application, make_session(call, application), amount=43_210)
    client = client_for(lead)
    before = text_of(client.get(f"/dossiers/{application.id}/retrait"))
    withdraw(application)
    run_outbox()

    for page in (before, text_of(client.get(f"/dossiers/{application.id}")), _journal(application)):
        assert "43\u202f210" not in page
        assert "43210" not in page


def _journal(application):
    team = sa.select(AuditEntry.facts).where(AuditEntry.subject_id == application.id, AuditEntry.audience == "team")
    return str(db.session.scalars(team).all())


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (S.WAITLISTED, "Il quitte la liste complémentaire"),
        (S.UNDER_REVIEW, "Il quitte les évaluations en cours"),
        (S.DEFERRED, "ne pourra pas être déposé de nouveau"),
    ],
)
def test_the_page_says_what_follows(lead, client_for, status, told):
    application = make_application(lead=lead, status=status)

    page = text_of(client_for(lead).get(f"/dossiers/{application.id}/retrait"))

    assert told in page
    assert "le référent de votre ministère" in page


def test_the_second_of_two_tabs_reads_the_first_result(lead, client_for):
    application = make_application(lead=lead, status=S.REVIEWED)
    url = f"/dossiers/{application.id}/retrait"
    client = client_for(lead)
    form = {"csrf_token": client.csrf(url), "reason": "Projet abandonné."}

    answers = [client.post(url, data=form) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert "C’est déjà fait" in text_of(client.get(answers[1].location))
    written = sa.select(sa.func.count()).where(AuditEntry.action == "application.withdraw")
    assert db.session.scalar(written) == 1


def test_a_double_click_withdraws_once(own_app):
    app = own_app()
    with app.app_context(), unit_of_work():
        application_id = make_application(status=S.REVIEWED).id
    gate, outcomes = threading.Barrier(2), []

    def click():
        with app.app_context():
            dossier = applications.loaded(application_id)
            lead = accounts.by_email(dossier.team[0].account.email)
            gate.wait()
            try:
                with unit_of_work():
                    submission.withdraw(dossier, "Projet abandonné.", actor=lead)
                outcomes.append("done")
            except InvalidTransition:
                outcomes.append("already")

    threads = [threading.Thread(target=click) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["already", "done"]


def test_a_recused_reviewer_is_not_told(lead, run_outbox):
    assignment = make_assignment(make_application(lead=lead, status=S.UNDER_REVIEW), status=A.ASSIGNED)
    db.session.add(
        Recusal(application_id=assignment.application_id, account_id=assignment.reviewer_id, reason="Parenté.")
    )
    withdraw(assignment.application)
    run_outbox()

    assert db.session.scalar(sa.select(sa.func.count()).where(Email.notice == "review_stopped")) == 0
