"""The officer's desk on screen."""

import cProfile
import datetime as dt
import uuid

import pytest

from guichet.accounts.models import Role
from guichet.applications.models import ApplicationStatus, Recusal
from guichet.core import clock
from guichet.core.db import db
from guichet.review.models import AssignmentStatus
from tests.factories.accounts import make_account, make_ministry
from tests.factories.applications import make_application
from tests.factories.calls import make_call
from tests.factories.review import make_assignment

S = ApplicationStatus


def text_of(answer) -> str:
    return answer.get_data(as_text=True)


def board(client_for, account, **query) -> str:
    answer = client_for(account).get("/instruction", query_string=query)
    assert answer.status_code == 200
    return text_of(answer)


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.OFFICER, 200),
        (Role.ADMIN, 200),
        (Role.AUDITOR, 200),
        (Role.APPLICANT, 403),
        (Role.FOCAL_POINT, 403),
        (Role.REVIEWER, 403),
        (Role.COMMITTEE, 403),
        (Role.CHAIR, 403),
        (Role.FINANCE, 403),
    ],
)
def test_board_is_for_staff_only(client_for, role, status):
    assert client_for(make_account(role)).get("/instruction").status_code == status


def test_board_asks_to_sign_in(client_for):
    assert client_for(None).get("/instruction").status_code == 303


def test_board_says_when_it_is_empty(client_for):
    assert "Aucun dossier déposé" in board(client_for, make_account(Role.OFFICER))


def test_board_says_when_filters_leave_nothing(client_for):
    make_application(status=S.SUBMITTED)

    assert "ne correspond à ces filtres" in board(client_for, make_account(Role.OFFICER), mots="introuvable")


@pytest.mark.parametrize("status", [S.DRAFT, S.AWAITING_ENDORSEMENT])
@pytest.mark.parametrize("role", [Role.OFFICER, Role.ADMIN, Role.AUDITOR])
def test_board_never_shows_a_draft(client_for, role, status):
    make_application(status=status, title="Jamais déposé")

    assert "Jamais déposé" not in board(client_for, make_account(role))


def test_board_hides_the_dossiers_of_the_officers_own_ministry(client_for):
    ministry = make_ministry()
    make_application(status=S.SUBMITTED, title="De mon ministère", lead=make_account(organisation=ministry))

    page = board(client_for, make_account(Role.OFFICER, organisation=ministry))

    assert "De mon ministère" not in page
    assert "Déposé&nbsp;: 1" not in page


def test_board_hides_a_dossier_from_the_recused_person_and_from_her_counts(client_for, session):
    officer = make_account(Role.OFFICER)
    application = make_application(status=S.SUBMITTED, title="Avec un conflit")
    session.add(Recusal(application_id=application.id, account_id=officer.id, reason="Parenté"))

    page = board(client_for, officer)

    assert "Avec un conflit" not in page
    assert "Aucun dossier déposé" in page
    assert "Aucun dossier n’attend" in page


def test_board_of_an_officer_of_one_call_shows_that_call_only(client_for):
    mine, other = make_call(title="Appel du printemps"), make_call(title="Appel de l’automne")
    make_application(call=mine, status=S.SUBMITTED, title="Le mien")
    make_application(call=other, status=S.SUBMITTED, title="Celui d’un autre")

    page = board(client_for, make_account(Role.OFFICER, call_id=mine.id))

    assert "Le mien" in page
    assert "Celui d’un autre" not in page
    assert "Appel de l’automne" not in page


def test_board_filters_by_call_status_ministry_and_words(client_for):
    officer, ministry, call = make_account(Role.OFFICER), make_ministry("Ministère de la Mer"), make_call()
    make_application(call=call, status=S.SUBMITTED, title="Réparer les postes")
    make_application(
        status=S.ELIGIBLE, title="Reconditionner 100 % des écrans", lead=make_account(organisation=ministry)
    )

    assert "Réparer" in board(client_for, officer, appel=call.id)
    assert "Reconditionner" not in board(client_for, officer, appel=call.id)
    assert "Reconditionner" in board(client_for, officer, ministere=ministry.id)
    assert "Réparer" not in board(client_for, officer, ministere=ministry.id)
    assert "Reconditionner" in board(client_for, officer, etat="eligible")
    assert "Réparer" not in board(client_for, officer, etat="eligible")
    assert "Reconditionner" in board(client_for, officer, mots="100 % des")
    assert "Réparer" not in board(client_for, officer, mots="100 % des")


@pytest.mark.parametrize(
    "query",
    [
        {"appel": "pas-un-identifiant"},
        {"appel": str(uuid.UUID(int=4))},
        {"ministere": "' OR 1=1"},
        {"etat": "draft"},
        {"etat": "inconnu"},
        {"tri": "password_hash"},
        {"page": "-3"},
        {"page": "99999999999999999999"},
        {"page": "deux"},
        {"mots": "\x00é" + "x" * 5000},
        {"mots": "%_\\"},
        {"attente": "n"},
        {"_scheme": "javascript", "_external": "1", "endpoint": "x"},
    ],
)
def test_board_answers_whatever_the_address_says(client_for, query):
    make_application(status=S.SUBMITTED)

    assert client_for(make_account(Role.OFFICER)).get("/instruction", query_string=query).status_code == 200


def test_board_counts_lead_to_the_dossiers_of_a_status_and_keep_the_filters(client_for):
    make_application(status=S.SUBMITTED, title="Un projet")

    page = board(client_for, make_account(Role.OFFICER), mots="projet", page=1)

    assert 'href="?mots=projet&amp;etat=submitted"' in page


def test_board_keeps_to_twenty_rows_a_page(client_for):
    call = make_call()
    for number in range(23):
        make_application(call=call, status=S.SUBMITTED, title=f"Projet {number:02}.")
    officer = make_account(Role.OFFICER)

    first, second = board(client_for, officer), board(client_for, officer, page=2)

    assert first.count('<th scope="row">') == 20
    assert second.count('<th scope="row">') == 3
    assert "23 dossiers" in first


def test_board_begins_with_the_longest_waiting(client_for, at):
    at(clock.now())
    for days in (3, 40, 1):
        make_application(
            status=S.SUBMITTED, title=f"Depuis {days}.", submitted_at=clock.now() - dt.timedelta(days=days, hours=1)
        )
    officer = make_account(Role.OFFICER)

    oldest_first, newest_first = board(client_for, officer), board(client_for, officer, tri="-depot")

    assert oldest_first.index("Depuis 40.") < oldest_first.index("Depuis 3.") < oldest_first.index("Depuis 1.")
    assert newest_first.index("Depuis 1.") < newest_first.index("Depuis 3.") < newest_first.index("Depuis 40.")
    assert "il y a 40&nbsp;jours" in oldest_first
    assert "il y a 1&nbsp;jour<" in oldest_first


AWAITED = {
    S.SUBMITTED: True,
    S.CHANGES_REQUESTED: False,
    S.ELIGIBLE: True,
    S.INELIGIBLE: False,
    S.REVIEWED: False,
    S.DEFERRED: True,
    S.WAITLISTED: False,
    S.AWARDED: False,
    S.REJECTED: False,
    S.WITHDRAWN: False,
    S.CLOSED: False,
}


@pytest.mark.parametrize(("status", "awaited"), AWAITED.items())
def test_board_says_what_awaits_the_officer(client_for, status, awaited):
    make_application(status=status, title="Le dossier")

    page = board(client_for, make_account(Role.OFFICER), attente="y")

    assert ("Le dossier</a>" in page) is awaited
    assert ("1 dossier</strong> attend" in page) is awaited


@pytest.mark.parametrize(
    ("statuses", "awaited"),
    [
        ((), True),
        ((AssignmentStatus.ASSIGNED,), True),
        ((AssignmentStatus.ASSIGNED, AssignmentStatus.ACCEPTED), False),
        ((AssignmentStatus.COMPLETED, AssignmentStatus.ACCEPTED), False),
        ((AssignmentStatus.COMPLETED, AssignmentStatus.DECLINED), True),
        ((AssignmentStatus.COMPLETED, AssignmentStatus.CONFLICT, AssignmentStatus.CANCELLED), True),
        ((AssignmentStatus.COMPLETED, AssignmentStatus.COMPLETED), True),
    ],
)
def test_board_awaits_the_officer_when_reviewers_lack_or_have_finished(client_for, statuses, awaited):
    application = make_application(status=S.UNDER_REVIEW, title="Le dossier")
    for status in statuses:
        make_assignment(application, status=status)

    page = board(client_for, make_account(Role.OFFICER), attente="y")

    assert ("Le dossier</a>" in page) is awaited


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AUDITOR])
def test_board_awaits_nothing_from_those_who_only_read(client_for, role):
    make_application(status=S.SUBMITTED)

    page = board(client_for, make_account(role))

    assert "Aucun dossier n’attend" in page
    assert "Déposé&nbsp;: 1" in page


@pytest.fixture
def full_board(client_for):
    """An officer's browser, with more than a page of dossiers under review."""
    call, officer = make_call(), make_account(Role.OFFICER)
    for _ in range(25):
        application = make_application(call=call, status=S.UNDER_REVIEW)
        make_assignment(application, status=AssignmentStatus.COMPLETED)
    client = client_for(officer)
    db.session.commit()
    db.session.expire_all()
    return client


@pytest.mark.parametrize("query", ["", "?mots=projet", "?attente=y", "?tri=-montant"])
def test_board_costs_few_statements_however_many_dossiers(full_board, statements, query):
    statements.clear()

    assert full_board.get(f"/instruction{query}").status_code == 200

    assert len(statements) <= 6, "\n".join(statements)


def test_board_loads_no_whole_dossier(full_board, statements):
    statements.clear()

    full_board.get("/instruction")

    long_texts = {"application.problem", "call.description"}
    assert [statement for statement in statements if any(text in statement for text in long_texts)] == []


def test_board_of_twenty_lines_takes_few_calls_of_python(full_board):
    """Times drift with the machine, calls do not: some 40,000 when this was written, a tenth more is too many."""
    for _ in range(2):
        full_board.get("/instruction")
    with cProfile.Profile() as profile:
        page = text_of(full_board.get("/instruction"))

    assert page.count('<th scope="row">') == 20
    assert sum(function.callcount for function in profile.getstats()) <= 44_000
