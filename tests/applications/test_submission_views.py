"""The pages on which a dossier is handed in, endorsed, completed, sent back and withdrawn."""

import datetime as dt
import re
import uuid

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications.models import (
    Application,
    ApplicationStatus,
    ApplicationVersion,
    Recusal,
    TeamMember,
    TeamRole,
)
from guichet.applications.services import submission
from guichet.core import clock
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from tests.applications.page_reader import read
from tests.applications.test_complements_services import ask
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call
from tests.factories.submission import loaded, make_submitted

S = ApplicationStatus
CERTIFIED = {"certified": "y"}


@pytest.fixture
def lead(session):
    return make_account(Role.APPLICANT)


@pytest.fixture
def focal_point(lead):
    return make_account(Role.FOCAL_POINT, organisation=lead.organisation)


@pytest.fixture
def officer(session):
    return make_account(Role.OFFICER)


@pytest.fixture
def draft(lead):
    return make_application(lead=lead, complete=True)


@pytest.fixture
def endorsed(lead):
    """A dossier that awaits its ministry's visa."""
    call = make_call(endorsement_required=True)
    return make_application(call=call, lead=lead, complete=True, status=S.AWAITING_ENDORSEMENT)


@pytest.fixture
def browser(client_for, lead):
    return client_for(lead)


def address(application, word):
    return f"/dossiers/{application.id}/{word}"


def send(client, url, typed):
    """Send the page's own form, as it was shown, with `typed` over it."""
    form = read(client.get(url)).fields
    form.fill(typed)
    return client.post(url, data=form)


def status_of(application):
    return db.session.scalars(sa.select(Application.status).where(Application.id == application.id)).one()


def words(answer):
    return re.sub(r"[\s\u00a0\u202f]+", " ", answer.get_data(as_text=True))


# Submitting


def test_submit_page_tells_what_is_handed_in_and_until_when(browser, draft):
    answer = browser.get(address(draft, "depot"))

    assert answer.status_code == 200
    page = words(answer)
    assert "60 000 €, soit 50 % de l’assiette" in page
    assert "(heure de Paris)" in page
    assert "J’atteste l’exactitude" in page
    assert "Déposer le dossier" in page


def test_submit_lands_on_the_dossier_with_its_number(browser, draft):
    answer = send(browser, address(draft, "depot"), CERTIFIED)

    assert (answer.status_code, answer.location) == (303, f"/dossiers/{draft.id}")
    assert status_of(draft) is S.SUBMITTED
    page = words(browser.get(answer.location))
    assert f"sous le numéro {loaded(draft).call.code}-0001" in page
    assert "Déposé" in page


def test_submit_refuses_without_the_certification_and_says_so_at_the_box(browser, draft):
    answer = send(browser, address(draft, "depot"), {})

    assert answer.status_code == 422
    page = words(answer)
    assert "Le dossier n’est pas déposé" in page
    assert 'href="#certified"' in page
    assert "Cochez cette case pour déposer." in page
    assert status_of(draft) is S.DRAFT


def test_submit_lists_what_is_missing_with_a_link_for_each_and_offers_no_button(browser, lead):
    draft = make_application(lead=lead, complete=True, summary="", budget_lines=[])

    answer = browser.get(address(draft, "depot"))

    page = words(answer)
    assert "Il reste 2 points à compléter" in page
    assert f'href="/dossiers/{draft.id}/rubriques/projet#summary"' in page
    assert f'href="/dossiers/{draft.id}/rubriques/budget#lines-0-label"' in page
    assert "Déposer le dossier" not in page


def test_submit_refuses_an_incomplete_dossier_even_when_the_form_is_forged(browser, draft):
    form = read(browser.get(address(draft, "depot"))).fields
    form.fill(CERTIFIED)
    db.session.execute(sa.text("UPDATE application SET summary = ''"))

    answer = browser.post(address(draft, "depot"), data=form)

    assert answer.status_code == 422
    assert "Le dossier est incomplet. Résumez le projet." in words(answer)
    assert status_of(draft) is S.DRAFT


def test_submit_refuses_after_the_closing_and_says_when_it_was(browser, draft, at):
    form = read(browser.get(address(draft, "depot"))).fields
    form.fill(CERTIFIED)
    at(loaded(draft).call.closes_at)

    answer = browser.post(address(draft, "depot"), data=form)

    assert answer.status_code == 422
    assert "L’appel est clos depuis le" in words(answer)
    assert status_of(draft) is S.DRAFT
    assert "L’appel à projets n’est pas ouvert" in words(browser.get(address(draft, "depot")))


def test_submit_refuses_what_a_colleague_changed_in_the_meantime(browser, draft):
    form = read(browser.get(address(draft, "depot"))).fields
    form.fill(CERTIFIED)
    db.session.execute(sa.text("UPDATE application SET version = version + 1"))

    answer = browser.post(address(draft, "depot"), data=form)

    assert answer.status_code == 422
    assert "modifié depuis l’ouverture de cette page" in words(answer)
    again = read(answer).fields
    again.fill(CERTIFIED)
    assert browser.post(address(draft, "depot"), data=again).status_code == 303


@pytest.mark.parametrize("forged", ["", "abc", "-1", "9" * 30, "²"])
def test_submit_refuses_a_forged_version(browser, draft, forged):
    answer = send(browser, address(draft, "depot"), {**CERTIFIED, "version": forged})

    assert answer.status_code == 422
    assert status_of(draft) is S.DRAFT


@pytest.mark.parametrize("method", ["get", "post"])
def test_submit_a_second_time_says_when_and_under_which_number_it_was(browser, draft, method):
    url = address(draft, "depot")
    form = read(browser.get(url)).fields
    form.fill(CERTIFIED)
    browser.post(url, data=form)
    browser.get(f"/dossiers/{draft.id}")

    answer = browser.post(url, data=form) if method == "post" else browser.get(url)

    assert answer.status_code == 303
    page = words(browser.get(answer.location))
    assert "Ce dossier est déjà déposé, le" in page
    assert f"sous le numéro {loaded(draft).call.code}-0001" in page
    assert db.session.scalar(sa.select(sa.func.count()).select_from(ApplicationVersion)) == 1


def test_submit_renews_an_expired_token_and_keeps_the_box_ticked(browser, draft):
    form = read(browser.get(address(draft, "depot"))).fields
    form.fill({**CERTIFIED, "csrf_token": "périmé"})

    answer = browser.post(address(draft, "depot"), data=form)

    assert answer.status_code == 422
    assert "restée ouverte trop longtemps" in words(answer)
    assert re.search(r"<input checked[^>]*certified|certified[^>]*checked", answer.get_data(as_text=True))


# Who may


STEPS = ("depot", "visa", "complements", "demande-de-visa", "retour-en-brouillon", "retrait")


@pytest.mark.parametrize("step", STEPS)
def test_each_step_is_unknown_to_another_ministry_and_to_who_stepped_aside(client_for, draft, lead, step):
    recused = make_account(Role.APPLICANT, organisation=lead.organisation)
    db.session.add(TeamMember(application_id=draft.id, account_id=recused.id, role=TeamRole.EDITOR))
    db.session.add(Recusal(application_id=draft.id, account_id=recused.id, reason="Proche du porteur."))
    strangers = [make_account(Role.APPLICANT, Role.FOCAL_POINT), make_account(Role.OFFICER), recused]

    for stranger in strangers:
        client = client_for(stranger)
        assert client.get(address(draft, step)).status_code == 404
        assert client.post(address(draft, step)).status_code == 404
    assert status_of(draft) is S.DRAFT


@pytest.mark.parametrize("step", STEPS)
def test_each_step_asks_to_sign_in(client_for, draft, step):
    assert client_for(None).get(address(draft, step)).status_code == 303


@pytest.mark.parametrize("step", STEPS)
def test_no_step_is_the_officer_s_or_the_auditor_s(client_for, lead, officer, step):
    submitted = make_submitted(lead)

    for reader in (officer, make_account(Role.AUDITOR)):
        assert client_for(reader).get(address(submitted, step)).status_code == 403


@pytest.mark.parametrize("step", ["depot", "complements", "retrait"])
def test_an_editor_who_is_not_the_lead_may_not_hand_in(client_for, draft, lead, step):
    editor = make_account(Role.APPLICANT, organisation=lead.organisation)
    db.session.add(TeamMember(application_id=draft.id, account_id=editor.id, role=TeamRole.EDITOR))

    assert client_for(editor).get(address(draft, step)).status_code == 403


@pytest.mark.parametrize("step", STEPS)
def test_each_step_answers_404_for_a_dossier_that_does_not_exist(browser, step):
    assert browser.get(f"/dossiers/{uuid.uuid4()}/{step}").status_code == 404


# Visa


def test_visa_is_asked_for_then_the_focal_point_hands_in(client_for, lead, focal_point):
    call = make_call(endorsement_required=True)
    draft = make_application(call=call, lead=lead, complete=True)

    answer = send(client_for(lead), address(draft, "demande-de-visa"), {})
    assert answer.status_code == 303
    assert status_of(draft) is S.AWAITING_ENDORSEMENT
    again = client_for(lead)
    answer = again.get(address(draft, "demande-de-visa"))
    assert "C’est déjà fait" in words(again.get(answer.location))

    client = client_for(focal_point)
    page = words(client.get(address(draft, "visa")))
    assert "Viser et déposer" in page
    assert address(draft, "retour-en-brouillon") in page
    answer = send(client, address(draft, "visa"), CERTIFIED)
    assert answer.status_code == 303
    assert status_of(draft) is S.SUBMITTED


def test_visa_leaves_a_comment_that_the_team_reads_in_the_history(client_for, lead, endorsed, focal_point):
    typed = {**CERTIFIED, "comment": "Beau projet : pensez au bilan."}
    assert send(client_for(focal_point), address(endorsed, "visa"), typed).status_code == 303

    assert "Beau projet : pensez au bilan." in words(client_for(lead).get(f"/dossiers/{endorsed.id}"))


def test_visa_refuses_a_comment_that_is_too_long_and_keeps_what_was_typed(client_for, endorsed, focal_point):
    answer = send(client_for(focal_point), address(endorsed, "visa"), {**CERTIFIED, "comment": "é" * 2001})

    assert answer.status_code == 422
    assert "é" * 2001 in answer.get_data(as_text=True)
    assert status_of(endorsed) is S.AWAITING_ENDORSEMENT


def test_visa_sent_twice_says_that_it_is_done(client_for, endorsed, focal_point):
    client = client_for(focal_point)
    form = read(client.get(address(endorsed, "visa"))).fields
    form.fill(CERTIFIED)
    client.post(address(endorsed, "visa"), data=form)

    answer = client.post(address(endorsed, "visa"), data=form)

    assert answer.status_code == 303
    assert "Ce dossier est déjà déposé, le" in words(client.get(answer.location))


def test_visa_is_not_the_team_s(browser, endorsed):
    assert browser.get(address(endorsed, "visa")).status_code == 403


def test_focal_point_sends_back_only_with_a_reason(client_for, endorsed, focal_point):
    client = client_for(focal_point)

    answer = send(client, address(endorsed, "retour-en-brouillon"), {"reason": "   "})
    assert answer.status_code == 422
    assert "Écrivez le motif" in words(answer)

    answer = send(client, address(endorsed, "retour-en-brouillon"), {"reason": "Budget à revoir."})
    assert answer.status_code == 303
    assert status_of(endorsed) is S.DRAFT
    answer = client.get(address(endorsed, "retour-en-brouillon"))
    assert "C’est déjà fait" in words(client.get(answer.location))


# Complements


def test_complements_page_recalls_what_is_asked_and_hands_in(client_for, lead, officer):
    submitted = make_submitted(lead)
    ask(submitted, officer, message="Précisez\nles livrables.")
    client = client_for(lead)

    page = words(client.get(address(submitted, "complements")))
    assert "Précisez les livrables." in page
    assert "avant la fin du" in page
    answer = send(client, address(submitted, "complements"), CERTIFIED)

    assert answer.status_code == 303
    assert status_of(submitted) is S.SUBMITTED
    answer = client.get(address(submitted, "complements"))
    assert "Les compléments sont déjà déposés, le" in words(client.get(answer.location))


def test_complements_that_come_late_are_taken_and_the_pages_say_so(client_for, lead, officer, at):
    submitted = make_submitted(lead)
    ask(submitted, officer)
    client = client_for(lead)
    at(clock.now() + dt.timedelta(days=12))

    told = words(client.get(address(submitted, "")[:-1]))
    assert "Vous pouvez encore répondre, tant que le service n’a pas classé le dossier" in told
    assert "délai dépassé de" in told
    answer = send(client, address(submitted, "complements"), CERTIFIED)

    assert answer.status_code == 303
    assert status_of(submitted) is S.SUBMITTED


# Withdrawal


def test_withdrawal_is_confirmed_on_a_page_with_a_reason(browser, lead):
    submitted = make_submitted(lead)
    url = address(submitted, "retrait")

    assert "Ce retrait est définitif" in words(browser.get(url))
    assert send(browser, url, {"reason": ""}).status_code == 422
    answer = send(browser, url, {"reason": "Projet abandonné."})

    assert answer.status_code == 303
    assert status_of(submitted) is S.WITHDRAWN
    answer = browser.get(url)
    assert "C’est déjà fait" in words(browser.get(answer.location))


def test_withdrawal_keeps_a_reason_that_is_too_long(browser, lead):
    submitted = make_submitted(lead)

    answer = send(browser, address(submitted, "retrait"), {"reason": "é" * 10_000})

    assert answer.status_code == 422
    assert "1000 caractères au plus" in words(answer)
    assert "é" * 10_000 in answer.get_data(as_text=True)


@pytest.mark.parametrize("status", [S.AWARDED, S.REJECTED, S.INELIGIBLE, S.CLOSED])
def test_withdrawal_is_not_possible_once_a_decision_is_told(browser, lead, status):
    decided = make_application(lead=lead, status=status)

    answer = browser.get(address(decided, "retrait"))

    assert answer.status_code == 303
    assert "Cette étape n’est pas possible" in words(browser.get(answer.location))


# Weight


def test_the_page_of_submission_costs_few_statements_whatever_the_dossier_holds(browser, draft, statements):
    statements.clear()
    browser.get(address(draft, "depot"))

    assert len(statements) <= 9


def test_submission_itself_costs_few_statements(lead, statements):
    draft = loaded(make_application(lead=lead, complete=True))
    statements.clear()

    with unit_of_work():
        submission.submit(draft, actor=lead)

    # Two of them read the form and the rounds again, under the lock of the call: both may have changed meanwhile.
    assert len(statements) <= 11
