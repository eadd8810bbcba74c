"""The decisions rendered on a dossier stay readable with their letters, when another replaces them or the dossier is reopened."""

import io

import pytest
import sqlalchemy as sa

from guichet.accounts import queries as accounts
from guichet.accounts.models import Role
from guichet.applications.models import Application, ApplicationStatus, Recusal
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.review.models import Decision, DecisionStatus, Outcome
from guichet.review.queries.decisions import publishable
from guichet.review.services import decision as services
from guichet.review.services import eligibility
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call
from tests.factories.committee import make_decision, make_session
from tests.factories.submission import loaded
from tests.review.pages import status_of, text_of

S = ApplicationStatus


@pytest.fixture
def chair(session):
    return make_account(Role.CHAIR)


@pytest.fixture
def rejected(chair, run_outbox):
    """Rejected by a published decision, whose letter is made."""
    application = make_application(call=make_call(), status=S.REVIEWED)
    decide(application, Outcome.REJECTED, chair)
    run_outbox()
    return loaded(application)


def decide(application, outcome, chair, **columns):
    dossier = loaded(application)
    prepared = make_decision(dossier, make_session(dossier.call, dossier), outcome, chair=chair, **columns)
    rows = sa.select(Decision).where(Decision.id == prepared.id).options(publishable())
    with unit_of_work():
        actor = accounts.by_email(chair.email)
        services.publish(db.session.scalars(rows.execution_options(populate_existing=True)).unique().one(), actor=actor)


def reopen(application, chair, reason="Le recours est fondé."):
    with unit_of_work():
        services.reopen(loaded(application), reason, actor=accounts.by_email(chair.email))


def lead_of(application):
    return loaded(application).team[0].account


def rendered(client_for, application, reader):
    return client_for(reader).get(f"/dossiers/{application.id}/decisions")


def test_a_decision_in_force_is_shown_with_its_letter(client_for, rejected):
    page = text_of(rendered(client_for, rejected, lead_of(rejected)))

    assert "En vigueur" in page
    assert "Impact insuffisant." in page
    letter = page.split("/lettre", 1)[0].rsplit('"', 1)[1] + "/lettre"
    answer = client_for(lead_of(rejected)).get(letter)
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")


def test_reopening_keeps_the_letter_readable_and_says_that_it_is_examined_anew(client_for, rejected, chair):
    reopen(rejected, chair)

    lead = lead_of(rejected)
    page = text_of(client_for(lead).get(f"/dossiers/{rejected.id}"))
    assert f"/dossiers/{rejected.id}/decisions" in page
    assert "Lettre de décision (PDF)" not in page
    page = text_of(rendered(client_for, rejected, lead))
    assert "Réexaminée" in page
    assert "/lettre" in page


def test_the_new_decision_replaces_the_old_one_whose_letter_stays(client_for, rejected, chair, run_outbox):
    first = db.session.scalar(sa.select(Decision.letter_id))
    reopen(rejected, chair)
    decide(rejected, Outcome.AWARDED, chair)

    # Until its own letter is made, the dossier shows no other.
    assert db.session.scalar(sa.select(Application.outcome_letter_id)) is None
    run_outbox()
    page = text_of(rendered(client_for, rejected, lead_of(rejected)))
    assert "Remplacée" in page
    assert "En vigueur" in page
    letters = db.session.scalars(sa.select(Decision.letter_id).order_by(Decision.published_at)).all()
    assert letters[0] == first
    assert db.session.scalar(sa.select(Application.outcome_letter_id)) == letters[1] != first
    assert page.count("/lettre") == 2


def test_reopening_starts_the_count_anew_and_needs_a_reason(rejected, chair):
    with pytest.raises(RuleBroken):
        reopen(rejected, chair, " ")
    reopen(rejected, chair)

    dossier = loaded(rejected)
    assert dossier.reopened_at > dossier.submitted_at


def test_an_ineligible_dossier_reopened_keeps_its_first_decision(client_for, run_outbox):
    officer = make_account(Role.OFFICER)
    application = make_application(status=S.SUBMITTED)
    with unit_of_work():
        eligibility.declare_ineligible(loaded(application), "Hors des familles.", actor=officer)
        eligibility.reopen(loaded(application), "Une pièce a été retrouvée.", actor=officer)
    run_outbox()

    assert status_of(application) is S.SUBMITTED
    assert loaded(application).reopened_at is not None
    page = text_of(rendered(client_for, application, lead_of(application)))
    assert "Irrecevable" in page
    assert "Remplacée" in page
    assert "Hors des familles." in page


def test_what_is_prepared_or_cancelled_is_not_rendered(client_for, rejected, chair):
    reopen(rejected, chair)
    dossier = loaded(rejected)
    meeting = make_session(dossier.call, dossier)
    secret = make_decision(dossier, meeting, amount=43_210, chair=chair)
    make_decision(dossier, meeting, Outcome.DEFERRED, DecisionStatus.CANCELLED, chair=chair, reason="Points à lever.")

    page = text_of(rendered(client_for, rejected, lead_of(rejected)))

    assert "43\u202f210" not in page
    assert "Points à lever." not in page
    url = f"/dossiers/{rejected.id}/decisions/{secret.id}/lettre"
    assert client_for(lead_of(rejected)).get(url).status_code == 404


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.OFFICER, 200),
        (Role.ADMIN, 200),
        (Role.FINANCE, 200),
        (Role.AUDITOR, 200),
        (Role.REVIEWER, 404),
        (Role.COMMITTEE, 404),
        (Role.APPLICANT, 404),
        (Role.FOCAL_POINT, 404),
    ],
)
def test_decisions_are_read_by_who_sees_the_dossier(client_for, rejected, role, status):
    letter = db.session.scalar(sa.select(Decision.id))
    client = client_for(make_account(role))

    assert client.get(f"/dossiers/{rejected.id}/decisions").status_code == status
    assert client.get(f"/dossiers/{rejected.id}/decisions/{letter}/lettre").status_code == status


def test_a_recused_officer_reads_none(client_for, rejected):
    recused = make_account(Role.OFFICER)
    db.session.add(Recusal(application_id=rejected.id, account_id=recused.id, reason="Parenté."))

    assert rendered(client_for, rejected, recused).status_code == 404


def test_a_dossier_without_decision_says_so(client_for):
    application = make_application(status=S.SUBMITTED)

    assert "Aucune décision" in text_of(rendered(client_for, application, lead_of(application)))


def test_the_desk_leads_to_the_letter_of_a_decision_being_examined_anew(client_for, rejected, chair):
    reopen(rejected, chair)

    page = text_of(client_for(make_account(Role.OFFICER)).get(f"/instruction/dossiers/{rejected.id}"))

    assert "réexaminée : une nouvelle décision la remplacera" in page


def told_of_file(client_for, content):
    file = {"file": (io.BytesIO(content), "lettre.pdf")}
    answer = client_for(None).send("/verification/fichier", file, form_at="/verification")
    return text_of(answer)


def test_the_file_of_a_letter_is_verified_and_said_to_be_replaced_once_it_is(client_for, rejected, chair, run_outbox):
    letter = client_for(lead_of(rejected)).get(f"/dossiers/{rejected.id}/lettre").data
    first = told_of_file(client_for, letter)
    assert "Ce fichier est authentique" in first
    assert "remplacé" not in first
    assert rejected.title not in first
    assert "Ce fichier n’est pas celui" in told_of_file(client_for, letter + b"\n")

    reopen(rejected, chair)
    decide(rejected, Outcome.AWARDED, chair, amount=30_000)
    run_outbox()

    assert "Ce fichier est authentique, mais remplacé" in told_of_file(client_for, letter)
