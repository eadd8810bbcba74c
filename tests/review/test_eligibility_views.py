"""Eligibility, closing and complements on screen."""

import datetime as dt

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications.models import Application, ApplicationStatus, ChangeRequest
from guichet.core import clock
from guichet.core.db import db
from guichet.review.models import EligibilityDecision
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.review.pages import address, status_of, text_of

S = ApplicationStatus


def test_declaring_eligible_on_screen(client_for, owed):
    application = make_application(status=S.SUBMITTED)
    client = client_for(make_account(Role.OFFICER))

    answer = client.send(address(application, "/recevabilite"), {"answer": "eligible"}, follow_redirects=True)

    assert "Décision enregistrée" in text_of(answer)
    assert status_of(application) is S.ELIGIBLE
    assert owed() == [("EligibilityDecided", "notify")]


def test_declaring_ineligible_takes_a_usual_reason_and_words_of_ones_own(client_for):
    application = make_application(status=S.SUBMITTED)

    client_for(make_account(Role.OFFICER)).send(
        address(application, "/recevabilite"),
        {"answer": "ineligible", "usual": "rate", "reason": "62 % demandés."},
    )

    assert status_of(application) is S.INELIGIBLE
    reason = db.session.scalar(sa.select(EligibilityDecision.reason))
    assert reason == "Le montant demandé dépasse le taux maximal prévu par l’appel.\n62 % demandés."


@pytest.mark.parametrize("rest", ["/recevabilite", "/classement"])
def test_a_refusal_without_reason_is_refused(client_for, rest):
    application = make_application(status=S.SUBMITTED)

    answer = client_for(make_account(Role.OFFICER)).send(address(application, rest), {"answer": "ineligible"})

    assert answer.status_code == 422
    assert "Choisissez un motif habituel ou écrivez le vôtre." in text_of(answer)
    assert status_of(application) is S.SUBMITTED


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "Ce champ est obligatoire."),
        ({"answer": "peut-être"}, "Choisissez une valeur de la liste."),
        ({"answer": "ineligible", "usual": "duplicate", "reason": "x"}, "Choisissez une valeur de la liste."),
        ({"answer": "ineligible", "usual": "' OR 1=1", "reason": "x"}, "Choisissez une valeur de la liste."),
        ({"answer": "ineligible", "reason": "x" * 4001}, "4000 caractères au plus."),
    ],
)
def test_eligibility_refuses_what_it_does_not_offer(client_for, data, message):
    application = make_application(status=S.SUBMITTED)

    answer = client_for(make_account(Role.OFFICER)).send(address(application, "/recevabilite"), data)

    assert answer.status_code == 422
    assert message in text_of(answer)
    assert status_of(application) is S.SUBMITTED


def test_a_reason_in_any_script_is_kept_without_its_control_characters(client_for):
    application = make_application(status=S.SUBMITTED)

    client_for(make_account(Role.OFFICER)).send(
        address(application, "/classement"), {"reason": "مشروع 🦉 <b>\x00\x07fin</b>"}
    )

    assert db.session.scalar(sa.select(Application.outcome_reason)) == "مشروع 🦉 <b>fin</b>"
    page = text_of(client_for(make_account(Role.OFFICER)).get(address(application, "/historique")))
    assert "&lt;b&gt;fin&lt;/b&gt;" in page


def test_a_decision_taken_meanwhile_by_a_colleague_keeps_what_was_typed(client_for):
    application = make_application(status=S.SUBMITTED)
    client = client_for(make_account(Role.OFFICER))
    token = client.csrf(address(application, "/recevabilite"))
    client_for(make_account(Role.OFFICER)).send(address(application, "/recevabilite"), {"answer": "eligible"})

    answer = client.post(
        address(application, "/recevabilite"),
        data={"csrf_token": token, "answer": "ineligible", "reason": "Longue motivation."},
    )

    assert answer.status_code == 422
    assert "Action impossible : l’état est « Recevable »." in text_of(answer)
    assert "Longue motivation." in text_of(answer)
    assert status_of(application) is S.ELIGIBLE


@pytest.mark.parametrize(
    ("rest", "right"),
    [
        ("/recevabilite", S.SUBMITTED),
        ("/reouverture", S.INELIGIBLE),
        ("/classement", S.SUBMITTED),
        ("/complements", S.SUBMITTED),
        ("/evaluateurs", S.ELIGIBLE),
        ("/cloture-evaluation", S.UNDER_REVIEW),
    ],
)
def test_a_step_out_of_time_says_so(client_for, rest, right):
    client = client_for(make_account(Role.OFFICER))
    ready, late = make_application(status=right), make_application(status=S.AWARDED)

    assert client.get(address(ready, rest)).status_code == 200
    answer = client.get(address(late, rest))
    assert answer.status_code == 409
    assert "le dossier est à l’état « Retenu »" in text_of(answer)


def test_reopening_and_closing_on_screen(client_for):
    application = make_application(status=S.INELIGIBLE)
    client = client_for(make_account(Role.OFFICER))

    assert client.send(address(application, "/reouverture"), {"usual": "appeal"}).status_code == 303
    assert status_of(application) is S.SUBMITTED
    assert client.send(address(application, "/classement"), {"usual": "abandoned"}).status_code == 303
    assert status_of(application) is S.CLOSED
    history = text_of(client.get(address(application, "/historique")))
    assert "Recevabilité rouverte" in history
    assert "Le recours du porteur est fondé." in history


def test_asking_for_complements_on_screen(client_for, owed):
    application = make_application(status=S.SUBMITTED)
    due_on = clock.today() + dt.timedelta(days=10)

    answer = client_for(make_account(Role.OFFICER)).send(
        address(application, "/complements"),
        {"sections": ["budget", "impact"], "message": "Détaillez l’outillage.", "due_on": due_on.isoformat()},
    )

    assert answer.status_code == 303
    assert status_of(application) is S.CHANGES_REQUESTED
    request = db.session.scalars(sa.select(ChangeRequest)).one()
    assert (request.sections, request.message, request.due_on) == (
        ["budget", "impact"],
        "Détaillez l’outillage.",
        due_on,
    )
    assert owed() == [("ChangesRequested", "notify")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sections": []}, "Ce champ est obligatoire."),
        ({"sections": ["secret"]}, "Choisissez parmi les valeurs de la liste."),
        ({"message": "  "}, "Ce champ est obligatoire."),
        ({"message": "x" * 4001}, "4000 caractères au plus."),
        ({"due_on": "demain"}, "Écrivez une date"),
        ({"due_on": "2020-01-01"}, "Choisissez une date entre demain et le"),
        ({"due_on": "2099-01-01"}, "Choisissez une date entre demain et le"),
    ],
)
def test_complements_refuse_at_the_field_and_keep_what_was_typed(client_for, change, message):
    application = make_application(status=S.SUBMITTED)
    due_on = (clock.today() + dt.timedelta(days=10)).isoformat()
    data = {"sections": ["budget"], "message": "Détaillez l’outillage.", "due_on": due_on, **change}

    answer = client_for(make_account(Role.OFFICER)).send(address(application, "/complements"), data)

    assert answer.status_code == 422
    assert message in text_of(answer)
    assert data["message"].strip() in text_of(answer)
    assert status_of(application) is S.SUBMITTED


@pytest.mark.parametrize("rest", ["/recevabilite", "/classement", "/complements"])
def test_an_expired_token_keeps_what_was_typed(client_for, rest):
    application = make_application(status=S.SUBMITTED)

    answer = client_for(make_account(Role.OFFICER)).post(
        address(application, rest), data={"csrf_token": "perime", "reason": "Mon texte.", "message": "Mon texte."}
    )

    assert answer.status_code == 422
    assert "ouverte trop longtemps" in text_of(answer)
    assert "Mon texte." in text_of(answer)
    assert status_of(application) is S.SUBMITTED
