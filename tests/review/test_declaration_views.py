"""What a reviewer was asked, and her declaration, on screen."""

import datetime as dt
import re
import uuid

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications.models import ApplicationStatus, Recusal
from guichet.core import clock
from guichet.core.db import db
from guichet.review.models import AssignmentStatus
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call
from tests.factories.review import make_assignment
from tests.review.pages import fresh, move, page_of, text_of

S = AssignmentStatus
SECRET = "Un atelier, un guide, un tableau de suivi."  # the deliverables: content, not heading


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.REVIEWER])
def test_list_is_for_reviewers_only(client_for, role):
    assert client_for(make_account(role)).get("/evaluations").status_code == 403


def test_list_says_when_it_is_empty(client_for):
    assert "Aucun dossier à évaluer" in text_of(client_for(make_account(Role.REVIEWER)).get("/evaluations"))


def test_list_shows_what_she_was_asked_and_nothing_of_others(client_for):
    reviewer = make_account(Role.REVIEWER)
    make_assignment(make_application(status=ApplicationStatus.UNDER_REVIEW, title="Le mien"), reviewer)
    make_assignment(make_application(status=ApplicationStatus.UNDER_REVIEW, title="Celui d’une autre"))

    page = text_of(client_for(reviewer).get("/evaluations"))

    assert "Le mien" in page
    assert "Celui d’une autre" not in page
    assert "Déclaration attendue&nbsp;: 1" in page


@pytest.mark.parametrize("status", [S.CONFLICT, S.CANCELLED])
def test_list_hides_a_conflict_and_an_assignment_taken_back(client_for, status):
    assignment = make_assignment(status=status)

    page = text_of(client_for(assignment.reviewer).get("/evaluations"))

    assert "Prolonger la vie" not in page
    assert "Aucun dossier à évaluer" in page


def test_list_puts_the_late_ones_first_and_says_so(client_for):
    reviewer = make_account(Role.REVIEWER)
    call = make_call()
    for title, days in (("Plus tard.", 9), ("En retard.", -2), ("Bientôt.", 1)):
        make_assignment(
            make_application(call=call, status=ApplicationStatus.UNDER_REVIEW, title=title),
            reviewer,
            due_on=clock.today() + dt.timedelta(days=days),
        )

    page = text_of(client_for(reviewer).get("/evaluations"))

    assert page.index("En retard.") < page.index("Bientôt.") < page.index("Plus tard.")
    assert page.count(">En retard<") == 1


@pytest.mark.parametrize(
    ("zone", "moment", "late"),
    [
        ("Europe/Paris", "2026-12-31T22:59:00Z", False),
        ("Europe/Paris", "2026-12-31T23:00:00Z", True),
        ("America/Cayenne", "2027-01-01T02:59:00Z", False),
        ("America/Cayenne", "2027-01-01T03:00:00Z", True),
        ("Pacific/Noumea", "2026-12-31T13:00:00Z", True),
    ],
)
def test_a_last_day_counts_whole_where_the_call_is(client_for, session, at, zone, moment, late):
    reviewer = make_account(Role.REVIEWER)
    application = make_application(call=make_call(time_zone=zone), status=ApplicationStatus.UNDER_REVIEW)
    make_assignment(application, reviewer=reviewer, due_on=dt.date(2026, 12, 31))
    at(dt.datetime.fromisoformat(moment))

    page = client_for(reviewer).get("/evaluations").get_data(as_text=True)

    assert (">En retard<" in page) is late


def test_list_filters_by_state_call_and_words(client_for):
    reviewer, call = make_account(Role.REVIEWER), make_call()
    make_assignment(
        make_application(call=call, status=ApplicationStatus.UNDER_REVIEW, title="Réparer"), reviewer, S.COMPLETED
    )
    make_assignment(make_application(status=ApplicationStatus.UNDER_REVIEW, title="Donner"), reviewer)
    client = client_for(reviewer)

    for query, shown, hidden in (
        ({"etat": "completed"}, "Réparer", "Donner"),
        ({"appel": call.id}, "Réparer", "Donner"),
        ({"mots": "donn"}, "Donner", "Réparer"),
    ):
        page = text_of(client.get("/evaluations", query_string=query))
        assert f"{shown}</a>" in page
        assert f"{hidden}</a>" not in page
    assert "ne correspond à ces filtres" in text_of(client.get("/evaluations", query_string={"mots": "rien"}))


@pytest.mark.parametrize(
    "query", [{"etat": "conflict"}, {"appel": "x"}, {"appel": str(uuid.UUID(int=4))}, {"page": "0"}, {"mots": "\x00%"}]
)
def test_list_answers_whatever_the_address_says(client_for, query):
    assert client_for(make_account(Role.REVIEWER)).get("/evaluations", query_string=query).status_code == 200


def test_list_costs_few_statements_however_many_assignments(client_for, statements):
    reviewer, call = make_account(Role.REVIEWER), make_call()
    for _ in range(22):
        make_assignment(make_application(call=call, status=ApplicationStatus.UNDER_REVIEW), reviewer)
    client = client_for(reviewer)
    db.session.commit()
    db.session.expire_all()
    statements.clear()

    page = text_of(client.get("/evaluations"))

    assert page.count('<th scope="row">') == 20
    assert page.count(call.title) > 20
    assert len(statements) <= 5, "\n".join(statements)


# The declaration


def test_before_the_declaration_only_the_heading_is_shown(client_for):
    assignment = make_assignment()
    application = assignment.application
    heading = (application.title, application.organisation.name, application.call.title)
    content = (application.summary, application.problem, application.deliverables, application.carrier_name)

    page = text_of(client_for(assignment.reviewer).get(page_of(assignment)))

    assert [text for text in heading if text not in page] == []
    assert [text for text in content if text in page] == []


def test_without_conflict_the_dossier_opens(client_for):
    assignment = make_assignment()
    client = client_for(assignment.reviewer)

    answer = client.send(page_of(assignment), {"answer": "no_conflict"})

    assert answer.status_code == 303
    assert fresh(assignment).status is S.ACCEPTED
    assert SECRET in text_of(client.get(page_of(assignment)))


def test_a_conflict_hides_the_dossier_everywhere(client_for, owed):
    assignment = make_assignment()
    title, client = assignment.application.title, client_for(assignment.reviewer)

    answer = client.send(
        page_of(assignment), {"answer": "conflict", "reason": "J’y ai travaillé."}, follow_redirects=True
    )

    assert "n’est plus visible" in text_of(answer)
    assert title not in text_of(client.get("/evaluations"))
    assert "Aucun dossier à évaluer" in text_of(client.get("/evaluations"))
    for rest in ("", "/grille", "/deport", f"/pieces/{uuid.uuid4()}"):
        assert client.get(page_of(assignment, rest)).status_code == 404, rest
    assert db.session.scalars(sa.select(Recusal.reason)).all() == ["J’y ai travaillé."]
    assert owed() == [("ReviewDeclined", "notify")]


@pytest.mark.parametrize("status", [S.ASSIGNED, S.ACCEPTED, S.COMPLETED])
def test_a_recusal_written_elsewhere_hides_the_assignment_too(client_for, session, status):
    assignment = make_assignment(status=status)
    session.add(Recusal(application_id=assignment.application_id, account_id=assignment.reviewer_id, reason="Parenté"))
    client = client_for(assignment.reviewer)

    assert "Aucun dossier à évaluer" in text_of(client.get("/evaluations"))
    for rest in ("", "/grille", "/deport"):
        assert client.get(page_of(assignment, rest)).status_code == 404


def test_declining_needs_a_reason_and_keeps_the_answer(client_for):
    assignment = make_assignment()

    answer = client_for(assignment.reviewer).send(page_of(assignment), {"answer": "decline", "reason": "  "})

    assert answer.status_code == 422
    assert "Écrivez le motif" in text_of(answer)
    assert re.search(r'value="decline"\s+checked', text_of(answer))
    assert fresh(assignment).status is S.ASSIGNED


def test_declining_closes_the_dossier_to_her(client_for):
    assignment = make_assignment()
    client = client_for(assignment.reviewer)

    client.send(page_of(assignment), {"answer": "decline", "reason": "Trop de dossiers ce mois-ci."})

    assert fresh(assignment).status is S.DECLINED
    assert "Vous avez décliné" in text_of(client.get(page_of(assignment)))
    assert SECRET not in text_of(client.get(page_of(assignment)))
    assert client.get(page_of(assignment, "/grille")).status_code == 403


@pytest.mark.parametrize("answer", ["", "peut-etre", "ELIGIBLE"])
def test_declaration_refuses_another_answer(client_for, answer):
    assignment = make_assignment()

    refused = client_for(assignment.reviewer).send(page_of(assignment), {"answer": answer})

    assert refused.status_code == 422
    assert fresh(assignment).status is S.ASSIGNED


def test_declaration_refuses_a_reason_too_long_and_keeps_it(client_for):
    assignment = make_assignment()

    answer = client_for(assignment.reviewer).send(page_of(assignment), {"answer": "decline", "reason": "é" * 501})

    assert answer.status_code == 422
    assert "500 caractères au plus" in text_of(answer)
    assert "é" * 501 in text_of(answer)


def test_declaration_is_refused_once_the_review_is_closed(client_for, session):
    assignment = make_assignment()
    client = client_for(assignment.reviewer)
    token = client.csrf(page_of(assignment))
    move(assignment, ApplicationStatus.REVIEWED)

    answer = client.post(page_of(assignment), data={"csrf_token": token, "answer": "no_conflict"})

    assert answer.status_code == 422
    assert "L’évaluation n’est pas ouverte" in text_of(answer)


def test_an_expired_token_keeps_what_was_declared(client_for):
    assignment = make_assignment()

    answer = client_for(assignment.reviewer).post(
        page_of(assignment), data={"csrf_token": "perime", "answer": "decline", "reason": "Mon motif."}
    )

    assert answer.status_code == 422
    assert "ouverte trop longtemps" in text_of(answer)
    assert "Mon motif." in text_of(answer)
    assert fresh(assignment).status is S.ASSIGNED


def test_a_conflict_may_come_to_light_while_reading(client_for):
    assignment = make_assignment(status=S.ACCEPTED)
    client = client_for(assignment.reviewer)

    answer = client.send(page_of(assignment, "/deport"), {"answer": "conflict", "reason": "Je connais le porteur."})

    assert answer.status_code == 303
    assert fresh(assignment).status is S.CONFLICT
    assert client.get(page_of(assignment)).status_code == 404


def test_stepping_aside_is_over_once_the_opinion_is_given(client_for):
    assignment = make_assignment(status=S.COMPLETED)

    assert client_for(assignment.reviewer).get(page_of(assignment, "/deport")).status_code == 403


# Who may reach an evaluation


@pytest.mark.parametrize("rest", ["", "/grille", "/deport"])
@pytest.mark.parametrize("status", list(S))
def test_another_reviewer_never_reaches_it(client_for, rest, status):
    assignment = make_assignment(status=status)

    assert client_for(make_account(Role.REVIEWER)).get(page_of(assignment, rest)).status_code == 404


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.REVIEWER])
@pytest.mark.parametrize("rest", ["", "/grille", "/deport"])
def test_other_roles_never_reach_it(client_for, role, rest):
    client = client_for(make_account(role))

    assert client.get(page_of(make_assignment(status=S.ACCEPTED), rest)).status_code == 403


def test_grid_is_refused_before_the_declaration(client_for):
    assignment = make_assignment()

    answer = client_for(assignment.reviewer).get(page_of(assignment, "/grille"))

    assert answer.status_code == 403
    assert "Déclarez d’abord" in text_of(answer)


@pytest.mark.parametrize("rest", ["", "/grille", "/deport"])
def test_a_role_ended_on_the_call_closes_the_dossier(client_for, rest):
    reviewer = make_account(Role.REVIEWER, call_id=make_call().id)
    assignment = make_assignment(reviewer=reviewer, status=S.ACCEPTED)

    browser = client_for(reviewer)

    assert browser.get(page_of(assignment, rest)).status_code == 404
    assert "Aucun dossier à évaluer" in text_of(browser.get("/evaluations"))


def test_a_reviewer_who_joins_the_carrying_ministry_loses_its_dossier(client_for):
    application = make_application(status=ApplicationStatus.UNDER_REVIEW)
    reviewer = make_account(Role.REVIEWER, organisation=application.organisation)
    assignment = make_assignment(application, reviewer, S.ACCEPTED)

    assert client_for(reviewer).get(page_of(assignment)).status_code == 404
