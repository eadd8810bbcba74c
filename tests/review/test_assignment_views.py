"""Choosing reviewers, opening and closing the review, on screen."""

import datetime as dt
import re
import uuid

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Account, Role
from guichet.applications.models import Application, ApplicationStatus
from guichet.core import clock
from guichet.core.db import db
from guichet.review.models import Assignment, AssignmentStatus
from tests.factories.accounts import make_account, make_ministry
from tests.factories.applications import make_application
from tests.factories.review import make_assignment
from tests.review.pages import address, page_of, status_of, text_of

S = ApplicationStatus
A = AssignmentStatus


def assign(client, application: Application, *reviewers: Account, due_on: str = ""):
    due_on = due_on or (clock.today() + dt.timedelta(days=10)).isoformat()
    identifiers = [str(reviewer.id) for reviewer in reviewers]
    return client.send(address(application, "/evaluateurs"), {"reviewer": identifiers, "due_on": due_on})


def test_two_reviewers_are_assigned_at_once(client_for, owed):
    application = make_application(status=S.ELIGIBLE)
    reviewers = [make_account(Role.REVIEWER), make_account(Role.REVIEWER)]

    answer = assign(client_for(make_account(Role.OFFICER)), application, *reviewers)

    assert answer.status_code == 303
    assert status_of(application) is S.UNDER_REVIEW
    assert db.session.scalar(sa.select(sa.func.count(Assignment.id))) == 2
    assert owed() == [("ReviewAssigned", "notify")] * 2


def test_the_history_names_who_was_assigned_and_what_she_answered(client_for):
    application = make_application(status=S.ELIGIBLE)
    reviewer = make_account(Role.REVIEWER, full_name="Alix Évalue")
    client = client_for(make_account(Role.OFFICER))
    assign(client, application, reviewer)
    assignment = db.session.scalars(sa.select(Assignment)).one()
    client_for(reviewer).send(page_of(assignment), {"answer": "decline", "reason": "Trop de dossiers."})

    for rest in ("", "/historique"):
        page = text_of(client.get(address(application, rest)))
        for words in ("Évaluateur désigné", "Alix Évalue", "Évaluation déclinée", "Trop de dossiers."):
            assert words in page, (rest, words)


def test_candidates_come_least_loaded_first_and_the_others_with_the_reason(client_for):
    application = make_application(status=S.ELIGIBLE)
    busy = make_account(Role.REVIEWER, full_name="Bao Chargé")
    make_assignment(reviewer=busy)
    make_account(Role.REVIEWER, full_name="Zoé Libre")
    make_account(Role.REVIEWER, full_name="Amel Maison", organisation=application.organisation)

    page = text_of(client_for(make_account(Role.OFFICER)).get(address(application, "/evaluateurs")))

    assert page.index("Zoé Libre") < page.index("Bao Chargé") < page.index("Amel Maison")
    assert "1 évaluation à rendre" in page
    assert "appartient au ministère qui porte le dossier." in page
    assert page.count('type="checkbox"') == 2


def test_a_reviewer_of_the_same_ministry_is_refused_even_when_forged(client_for):
    application = make_application(status=S.ELIGIBLE)
    reviewer = make_account(Role.REVIEWER, full_name="Amel Maison", organisation=application.organisation)

    answer = assign(client_for(make_account(Role.OFFICER)), application, reviewer)

    assert answer.status_code == 422
    assert "Amel Maison ne peut pas être désigné : appartient au ministère" in text_of(answer)
    assert status_of(application) is S.ELIGIBLE
    assert db.session.scalar(sa.select(sa.func.count(Assignment.id))) == 0


@pytest.mark.parametrize("identifier", ["pas-un-identifiant", str(uuid.UUID(int=4)), "\x00", "x" * 3000])
def test_a_stranger_is_not_a_candidate(client_for, identifier):
    application = make_application(status=S.ELIGIBLE)
    make_account(Role.REVIEWER)

    answer = client_for(make_account(Role.OFFICER)).send(
        address(application, "/evaluateurs"), {"reviewer": [identifier], "due_on": "2099-01-01"}
    )

    assert answer.status_code == 422
    assert "Choisissez parmi les personnes de la liste." in text_of(answer)


@pytest.mark.parametrize("due_on", ["", "hier", "2001-01-01"])
def test_assignment_refuses_a_wrong_day_and_keeps_the_choice(client_for, due_on):
    application, reviewer = make_application(status=S.ELIGIBLE), make_account(Role.REVIEWER)

    answer = client_for(make_account(Role.OFFICER)).send(
        address(application, "/evaluateurs"), {"reviewer": [str(reviewer.id)], "due_on": due_on}
    )

    assert answer.status_code == 422
    assert re.search(r"\schecked", text_of(answer))
    assert status_of(application) is S.ELIGIBLE


def test_assignment_says_when_the_call_has_no_reviewer(client_for):
    application = make_application(status=S.ELIGIBLE)

    page = text_of(client_for(make_account(Role.OFFICER)).get(address(application, "/evaluateurs")))

    assert "Personne n’est évaluateur de cet appel" in page


def test_many_candidates_are_found_by_name(client_for):
    application = make_application(status=S.ELIGIBLE)
    ministry = make_ministry("Ministère de la Mer")
    for number in range(45):
        make_account(Role.REVIEWER, full_name=f"Personne {number:02}", organisation=ministry)
    client = client_for(make_account(Role.OFFICER))

    page = text_of(client.get(address(application, "/evaluateurs")))
    assert page.count('type="checkbox"') == 40
    assert "Et 5 autres personnes" in page

    found = text_of(client.get(address(application, "/evaluateurs"), query_string={"mots": "personne 44"}))
    assert found.count('type="checkbox"') == 1
    empty = text_of(client.get(address(application, "/evaluateurs"), query_string={"mots": "\x00introuvable"}))
    assert "Aucun évaluateur de l’appel ne porte ce nom" in empty


def test_an_assignment_is_taken_back_on_screen(client_for):
    application = make_application(status=S.UNDER_REVIEW)
    assignment = make_assignment(application)
    client = client_for(make_account(Role.OFFICER))

    answer = client.send(address(application, f"/evaluateurs/{assignment.id}/retrait"), form_at=address(application))

    assert answer.status_code == 303
    assert db.session.scalar(sa.select(Assignment.status)) is A.CANCELLED


def test_an_answered_assignment_is_not_taken_back(client_for):
    application = make_application(status=S.UNDER_REVIEW)
    assignment = make_assignment(application, status=A.ACCEPTED)
    client = client_for(make_account(Role.OFFICER))

    answer = client.send(address(application, f"/evaluateurs/{assignment.id}/retrait"), form_at="/mon-compte")

    assert answer.status_code == 422
    assert "Action impossible : l’état est « À évaluer »." in text_of(answer)


def test_an_assignment_is_taken_back_through_its_own_dossier(client_for):
    application, assignment = make_application(status=S.UNDER_REVIEW), make_assignment()
    client = client_for(make_account(Role.OFFICER))

    answer = client.send(address(application, f"/evaluateurs/{assignment.id}/retrait"), form_at="/mon-compte")

    assert answer.status_code == 404


def test_the_review_goes_on_after_complements(client_for):
    application = make_application(status=S.ELIGIBLE)
    make_assignment(application, status=A.ACCEPTED)
    client = client_for(make_account(Role.OFFICER))

    answer = client.send(address(application, "/reprise-evaluation"), form_at=address(application))

    assert answer.status_code == 303
    assert status_of(application) is S.UNDER_REVIEW


def test_closing_the_review_too_early_says_how_many_opinions_are_missing(client_for):
    application = make_application(status=S.UNDER_REVIEW)
    make_assignment(application, status=A.COMPLETED)

    answer = client_for(make_account(Role.OFFICER)).send(address(application, "/cloture-evaluation"))

    assert answer.status_code == 422
    assert "Il manque une évaluation" in text_of(answer)
    assert status_of(application) is S.UNDER_REVIEW


def test_closing_the_review_on_screen(client_for):
    application = make_application(status=S.UNDER_REVIEW)
    for _ in range(2):
        make_assignment(application, status=A.COMPLETED)

    answer = client_for(make_account(Role.OFFICER)).send(address(application, "/cloture-evaluation"))

    assert answer.status_code == 303
    assert status_of(application) is S.REVIEWED
