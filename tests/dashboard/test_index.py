"""What awaits each person, first; and nothing of what she may not see."""

import datetime as dt
import re
import uuid

import pytest
from sqlalchemy import select

from guichet.accounts.models import Role, RoleGrant
from guichet.applications.models import ApplicationStatus, ChangeRequest, Recusal, TeamMember, TeamRole
from guichet.core import clock
from guichet.core.db import db
from guichet.dashboard.queries import awaiting
from guichet.notifications.models import Email, EmailStatus
from guichet.outbox.models import MessageStatus, OutboxMessage
from guichet.review.models import AssignmentStatus
from tests.factories.accounts import make_account, make_ministry
from tests.factories.applications import make_application
from tests.factories.calls import make_call
from tests.factories.committee import make_session
from tests.factories.review import make_assignment

S = ApplicationStatus
DAY = dt.timedelta(days=1)


def titles(client):
    """What the page lists, pile by pile."""
    page = client.get("/tableau-de-bord").get_data(as_text=True)
    return {
        re.sub(r"\s+", " ", pile): re.findall(r'<a href="[^"]*">([^<]*)</a>', tasks)
        for pile, tasks in re.findall(r'<h2 id="pile-\d+">([^<]*)</h2>\s*<ul>(.*?)</ul>', page, re.DOTALL)
    }


def ask_for_changes(application, officer, due_on):
    request = ChangeRequest(
        application_id=application.id,
        sections=["budget"],
        message="Précisez.",
        due_on=due_on,
        requested_by_id=officer.id,
    )
    db.session.add(request)
    db.session.flush()
    return request


def recuse(session, application, account):
    session.add(Recusal(application_id=application.id, account_id=account.id, reason="Amitié"))
    session.flush()


@pytest.mark.parametrize("role", Role)
def test_the_page_says_when_nothing_awaits(client_for, session, role):
    page = client_for(make_account(role)).get("/tableau-de-bord").get_data(as_text=True)

    assert "Rien ne vous attend pour l’instant" in page
    assert "<section" not in page


def test_a_visitor_is_asked_to_sign_in(client_for):
    assert client_for(None).get("/tableau-de-bord").location == "/connexion?suite=/tableau-de-bord"


def test_an_applicant_resumes_her_drafts_the_first_to_close_first(client_for, session):
    lead = make_account(Role.APPLICANT)
    late, soon = make_call(closes_at=clock.now() + 20 * DAY), make_call(closes_at=clock.now() + 2 * DAY)
    make_application(lead=lead, call=late, title="Plus tard")
    make_application(lead=lead, call=soon, title="Bientôt")
    make_application(title="D’un autre ministère")
    make_application(lead=lead, status=S.SUBMITTED, title="Déjà déposé")
    client = client_for(lead)

    assert titles(client) == {"Brouillons à reprendre (2)": ["Bientôt", "Plus tard"]}
    page = client.get("/tableau-de-bord").get_data(as_text=True)
    assert "dans 2 jours" in page
    assert "heure de Paris" in page


def test_a_draft_of_a_closed_call_awaits_nobody(client_for, session):
    lead = make_account(Role.APPLICANT)
    call = make_call(closes_at=clock.now() - dt.timedelta(seconds=1))
    make_application(lead=lead, call=call)
    make_application(lead=lead, call=call, status=S.AWAITING_ENDORSEMENT)

    assert titles(client_for(lead)) == {}


def test_complements_come_first_with_their_own_date(client_for, session):
    lead = make_account(Role.APPLICANT)
    closed = make_call(closes_at=clock.now() - 5 * DAY)
    asked = make_application(lead=lead, call=closed, status=S.CHANGES_REQUESTED, title="À compléter")
    request = ask_for_changes(asked, make_account(Role.OFFICER), clock.today() - DAY)
    make_application(lead=lead, title="Brouillon")
    client = client_for(lead)

    assert list(titles(client)) == ["Compléments à apporter (1)", "Brouillons à reprendre (1)"]
    assert "En retard de" in client.get("/tableau-de-bord").get_data(as_text=True)
    asked = session.get(ChangeRequest, request.id)
    asked.answered_at = clock.now()


def test_a_member_of_the_team_sees_the_draft_and_a_colleague_does_not(client_for, session):
    ministry = make_ministry()
    lead = make_account(Role.APPLICANT, organisation=ministry)
    editor = make_account(Role.APPLICANT, organisation=ministry)
    colleague = make_account(Role.APPLICANT, organisation=ministry)
    application = make_application(lead=lead, title="À plusieurs")
    session.add(TeamMember(application_id=application.id, account_id=editor.id, role=TeamRole.EDITOR))
    session.flush()

    assert titles(client_for(editor)) == {"Brouillons à reprendre (1)": ["À plusieurs"]}
    assert titles(client_for(colleague)) == {}


def test_a_focal_point_endorses_for_her_ministry_only(client_for, session):
    ministry = make_ministry()
    lead = make_account(Role.APPLICANT, organisation=ministry)
    focal = make_account(Role.FOCAL_POINT, organisation=ministry)
    make_application(lead=lead, status=S.AWAITING_ENDORSEMENT, title="À viser")
    make_application(status=S.AWAITING_ENDORSEMENT, title="D’ailleurs")
    make_application(lead=lead, title="Brouillon d’une autre")

    assert titles(client_for(focal)) == {"Dossiers à viser (1)": ["À viser"]}
    assert titles(client_for(lead)) == {"Brouillons à reprendre (1)": ["Brouillon d’une autre"]}


def test_an_officer_processes_what_is_submitted_on_her_calls(client_for, session):
    call, other = make_call(), make_call()
    officer = make_account(Role.OFFICER, call_id=call.id)
    make_application(call=call, status=S.SUBMITTED, title="À instruire")
    make_application(call=call, status=S.REVIEWED, title="Chez le comité")
    make_application(call=other, status=S.SUBMITTED, title="D’un autre appel")
    colleague = make_account(
        Role.APPLICANT, organisation=session.get_one(type(officer.organisation), officer.organisation_id)
    )
    make_application(call=call, lead=colleague, status=S.SUBMITTED, title="De son ministère")

    assert titles(client_for(officer)) == {"Dossiers à instruire (1)": ["À instruire"]}


def test_a_reviewer_owes_her_opinions_the_first_due_first(client_for, session):
    reviewer = make_account(Role.REVIEWER)
    for title, status, days in (
        ("Plus tard", AssignmentStatus.ACCEPTED, 9),
        ("Bientôt", AssignmentStatus.ASSIGNED, 1),
        ("Rendue", AssignmentStatus.COMPLETED, 1),
        ("Conflit", AssignmentStatus.CONFLICT, 1),
    ):
        application = make_application(status=S.UNDER_REVIEW, title=title)
        make_assignment(application, reviewer, status, due_on=clock.today() + days * DAY)
    make_assignment(make_application(status=S.UNDER_REVIEW, title="D’une autre"))

    assert titles(client_for(reviewer)) == {"Évaluations à rendre (2)": ["Bientôt", "Plus tard"]}


@pytest.mark.parametrize("role", [Role.COMMITTEE, Role.CHAIR, Role.OFFICER])
def test_the_committee_prepares_its_sessions(client_for, session, role):
    call, other = make_call(), make_call()
    member = make_account(role, call_id=call.id)
    placed = make_application(call=call, status=S.REVIEWED)
    make_session(call, placed, title="Deuxième séance", held_at=clock.now() + 9 * DAY)
    make_session(call, title="Première séance", held_at=clock.now() - DAY)
    make_session(other, title="D’un autre appel", held_at=clock.now() + DAY)
    client = client_for(member)

    assert titles(client) == {"Séances du comité (2)": ["Première séance", "Deuxième séance"]}
    page = " ".join(client.get("/tableau-de-bord").get_data(as_text=True).split())
    assert "1 dossier –" in page
    assert "0 dossier –" in page


def test_an_administrator_repairs_what_failed(client_for, session):
    session.add(
        OutboxMessage(event_id=uuid.uuid4(), kind="X", handler="y", payload={}, status=MessageStatus.DEAD, attempts=8)
    )
    for number in (1, 2):
        session.add(
            Email(
                key=str(number),
                notice="n",
                recipient_name="Z",
                recipient_email="z@y.example",
                subject="s",
                text_body="t",
                html_body="h",
                status=EmailStatus.FAILED,
            )
        )
    session.flush()

    assert titles(client_for(make_account(Role.ADMIN))) == {
        "Incidents à traiter (2)": ["1 message en échec", "2 courriels en échec"]
    }
    assert titles(client_for(make_account(Role.OFFICER))) == {}


def test_a_recusal_hides_the_dossier_from_every_pile(session):
    ministry = make_ministry()
    call = make_call()
    everybody = make_account(*set(Role) - {Role.FOCAL_POINT})
    everybody.grants.append(RoleGrant(role=Role.FOCAL_POINT, organisation_id=ministry.id))
    lead = make_account(Role.APPLICANT, organisation=ministry)
    # Nobody processes or reviews the dossiers of the ministry that she endorses for.
    elsewhere = make_account(Role.APPLICANT)
    to_endorse = make_application(call=call, lead=lead, status=S.AWAITING_ENDORSEMENT)
    to_process = make_application(call=call, lead=elsewhere, status=S.SUBMITTED)
    to_review = make_application(call=call, lead=elsewhere, status=S.UNDER_REVIEW)
    on_team = make_application(call=call, lead=everybody)
    placed = make_application(call=call, lead=elsewhere, status=S.REVIEWED)
    make_assignment(to_review, everybody)
    make_session(call, placed, title="Séance", held_at=clock.now() + DAY)
    before = {pile.title: pile for pile in awaiting(everybody, at=clock.now())}
    assert len(before) == 5
    assert before["Séances du comité"].tasks[0].detail.endswith("1 dossier")

    for application in (to_endorse, to_process, to_review, on_team, placed):
        recuse(session, application, everybody)

    after = awaiting(everybody, at=clock.now())
    assert [(pile.title, pile.tasks[0].detail.rpartition(", ")[2]) for pile in after] == [
        ("Séances du comité", "0 dossier")
    ]


def test_a_long_pile_shows_its_beginning_and_its_count(client_for, session):
    lead = make_account(Role.APPLICANT)
    for number in range(8):
        make_application(lead=lead, title=f"Projet {number}")

    page = client_for(lead).get("/tableau-de-bord").get_data(as_text=True)

    assert "Brouillons à reprendre (8)" in page
    assert "Voir les 8" in page
    assert len(re.findall(r">Projet \d<", page)) == 5


def test_the_page_is_light_and_cheap_for_who_does_everything(client_for, session, statements):
    ministry = make_ministry()
    everybody = make_account(*Role, organisation=ministry)
    officer = make_account(Role.OFFICER)
    for number in range(7):
        call = make_call(closes_at=clock.now() + (3 + number) * DAY)
        make_application(lead=everybody, call=call)
        asked = make_application(lead=everybody, call=call, status=S.CHANGES_REQUESTED)
        ask_for_changes(asked, officer, clock.today() + number * DAY)
        make_application(
            lead=make_account(Role.APPLICANT, organisation=ministry), call=call, status=S.AWAITING_ENDORSEMENT
        )
        make_application(call=call, status=S.SUBMITTED)
        make_assignment(make_application(call=call, status=S.UNDER_REVIEW), everybody)
        make_session(call, title=f"Séance {number}", held_at=clock.now() + DAY)
    client = client_for(everybody)
    session.flush()
    statements.clear()

    page = client.get("/tableau-de-bord").get_data(as_text=True)

    assert len(statements) <= 8
    assert page.count("<section") == 6
    assert len(re.findall(r"<[a-z]", page)) <= 380


def test_every_task_leads_to_a_page_that_opens(client_for, session):
    ministry = make_ministry()
    everybody = make_account(*Role, organisation=ministry)
    call = make_call(endorsement_required=True)
    make_application(lead=everybody, call=call)
    asked = make_application(lead=everybody, call=call, status=S.CHANGES_REQUESTED)
    ask_for_changes(asked, make_account(Role.OFFICER), clock.today() + DAY)
    make_application(lead=make_account(Role.APPLICANT, organisation=ministry), call=call, status=S.AWAITING_ENDORSEMENT)
    make_application(call=call, status=S.SUBMITTED)
    make_assignment(make_application(call=call, status=S.UNDER_REVIEW), everybody)
    make_session(call, title="Séance", held_at=clock.now() + DAY)
    client = client_for(everybody)

    page = client.get("/tableau-de-bord").get_data(as_text=True)

    links = re.findall(r'<a href="([^"]*)">', page.split("<main", 1)[1].split("</main", 1)[0])
    assert len(links) >= 6
    for link in links:
        assert client.get(link).status_code == 200, link
    assert session.scalars(select(Recusal)).all() == []
