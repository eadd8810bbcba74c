"""Who reads marks and opinions: those who decide or audit, never who pays nor who administers."""

from decimal import Decimal

import pytest

from guichet.accounts.models import Role
from guichet.applications.models import ApplicationStatus
from guichet.core.db import db
from guichet.review import policies
from guichet.review.models import AssignmentStatus, Recommendation
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call
from tests.factories.committee import make_session
from tests.factories.review import make_assignment

READERS = {Role.OFFICER, Role.COMMITTEE, Role.CHAIR, Role.AUDITOR}
KEPT_FROM = [Role.FINANCE, Role.ADMIN]
COMMENT = "Projet solide mais isolé."
JUSTIFICATION = "Devis à l’appui, page deux."
SECRETS = ("71,43", Recommendation.RESERVED.label, COMMENT, JUSTIFICATION)


@pytest.fixture
def assignment(session):
    application = make_application(call=make_call(envelope=100_000), status=ApplicationStatus.REVIEWED)
    given = make_assignment(application, status=AssignmentStatus.COMPLETED)
    opinion = given.evaluation
    opinion.mean, opinion.recommendation, opinion.comment_to_committee = (
        Decimal("71.43"),
        Recommendation.RESERVED,
        COMMENT,
    )
    for score in opinion.scores:
        score.justification = JUSTIFICATION
    db.session.flush()
    return given


@pytest.fixture
def meeting(assignment):
    return make_session(assignment.application.call, assignment.application)


@pytest.fixture
def addresses(app, assignment, meeting):
    """Every page of the application whose address these objects fill."""
    application = assignment.application
    known = {
        "application_id": application.id,
        "assignment_id": assignment.id,
        "session_id": meeting.id,
        "slug": application.call.slug,
    }
    adapter = app.url_map.bind("localhost")
    return [
        adapter.build(rule.endpoint, {name: known[name] for name in rule.arguments})
        for rule in app.url_map.iter_rules()
        if "GET" in rule.methods and rule.endpoint != "static" and rule.arguments <= known.keys()
    ]


def told_to(client, addresses):
    """The secrets that the pages open to `client` tell her, and how many pages opened."""
    opened, told = 0, set()
    for address in addresses:
        answer = client.get(address)
        text = answer.get_data(as_text=True)
        answer.close()
        assert answer.status_code != 500, address
        opened += answer.status_code == 200
        told |= {(secret, address) for secret in SECRETS if secret in text}
    # Otherwise the test would say nothing.
    assert opened > 5
    return told


@pytest.mark.parametrize("role", KEPT_FROM)
def test_no_page_tells_marks_or_opinions_to_who_pays_or_administers(client_for, addresses, role):
    assert told_to(client_for(make_account(role)), addresses) == set()


@pytest.mark.parametrize("role", sorted(READERS))
def test_those_who_decide_or_audit_read_all_of_it(client_for, addresses, role):
    told = told_to(client_for(make_account(role)), addresses)

    assert {secret for secret, _ in told} == set(SECRETS)


@pytest.mark.parametrize("path", ["/classement", "/dossiers/{dossier}/avis"])
def test_who_pays_opens_neither_ranking_nor_justifications(client_for, assignment, meeting, path):
    url = f"/seances/{meeting.id}{path.format(dossier=assignment.application_id)}"

    assert client_for(make_account(Role.FINANCE)).get(url).status_code == 403
    assert client_for(make_account(Role.AUDITOR)).get(url).status_code == 200


def test_who_administers_opens_the_dossier_not_its_evaluations(client_for, assignment):
    client = client_for(make_account(Role.ADMIN))
    desk, opinion = f"/instruction/dossiers/{assignment.application_id}", f"/evaluations/{assignment.id}"
    reviewer = assignment.reviewer.full_name

    shown = client.get(desk).get_data(as_text=True)
    assert reviewer in shown
    assert "Note sur 100" not in shown
    assert client.get(desk + opinion).status_code == 403


def test_who_pays_still_reads_the_agenda(client_for, assignment, meeting):
    client = client_for(make_account(Role.FINANCE))
    agenda, title = f"/seances/{meeting.id}", assignment.application.title
    sheet = f"{agenda}/dossiers/{assignment.application_id}"

    shown = client.get(agenda).get_data(as_text=True)
    assert title in shown
    assert "Moyenne" not in shown
    assert "Voir le classement" not in shown
    told = client.get(sheet).get_data(as_text=True)
    assert "Montant demandé" in told
    assert "Les avis" not in told


@pytest.mark.parametrize("role", Role)
def test_can_read_opinions(assignment, meeting, role):
    application = assignment.application
    elsewhere = make_account(role, call_id=make_call().id) if role is not Role.ADMIN else make_account(role)

    for subject in (application, meeting):
        assert policies.can_read_opinions(make_account(role), subject) is (role in READERS)
        assert not policies.can_read_opinions(elsewhere, subject)
