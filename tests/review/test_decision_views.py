"""The pages where the chair decides and the secretariat publishes."""

import io
import uuid
from decimal import Decimal

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications.models import ApplicationStatus, Attachment, Recusal
from guichet.calls.models import EnvelopeMovement
from guichet.core.db import db
from guichet.documents import services as documents
from guichet.review.models import (
    Decision,
    DecisionStatus,
    Outcome,
    PublicationItem,
    PublicationRun,
    PublicationState,
    SessionStatus,
)
from guichet.review.queries.committee import READERS
from guichet.review.services import publication
from tests.factories.accounts import make_account
from tests.factories.calls import make_call
from tests.factories.committee import make_decision, make_reviewed, make_session

KNOWING = {Role.OFFICER, Role.COMMITTEE, Role.CHAIR, Role.AUDITOR}
FORM = 'name="outcome"'


@pytest.fixture
def call(session):
    return make_call(envelope=100_000)


@pytest.fixture
def dossier(call):
    return make_reviewed(call, mean=71, title="Réparer les portables", amount=60_000)


@pytest.fixture
def meeting(call, dossier):
    return make_session(call, dossier)


@pytest.fixture
def chair(session):
    return make_account(Role.CHAIR)


def sheet(meeting, dossier, path=""):
    return f"/seances/{meeting.id}/dossiers/{dossier.id}{path}"


def text_of(answer):
    return answer.get_data(as_text=True).replace("\u202f", " ").replace("\u00a0", " ")


def decisions():
    return list(db.session.scalars(sa.select(Decision).order_by(Decision.prepared_at)))


def ledger_total(call):
    return db.session.scalar(sa.select(sa.func.sum(EnvelopeMovement.amount)).filter_by(call_id=call.id))


@pytest.mark.parametrize("role", Role)
def test_sheet_is_read_by_the_committee_and_holds_a_form_for_the_chair_alone(client_for, meeting, dossier, role):
    client = client_for(make_account(role))
    for path in ("", "/contenu"):
        assert client.get(sheet(meeting, dossier, path)).status_code == (200 if role in READERS else 403)
    # Who pays reads the dossier and its decision, not the opinions.
    reads_opinions = role in READERS and role is not Role.FINANCE
    assert client.get(sheet(meeting, dossier, "/avis")).status_code == (200 if reads_opinions else 403)
    assert (FORM in text_of(client.get(sheet(meeting, dossier)))) == (role is Role.CHAIR)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.CHAIR}))
def test_sheet_lets_nobody_else_decide(client_for, chair, meeting, dossier, role):
    token = client_for(chair).csrf(sheet(meeting, dossier))
    data = {"csrf_token": token, "outcome": "awarded", "amount": "10"}
    answer = client_for(make_account(role)).post(sheet(meeting, dossier), data=data)

    assert answer.status_code == 403
    assert decisions() == []


def test_sheet_shows_the_opinions_and_their_justifications(client_for, meeting, dossier):
    client = client_for(make_account(Role.COMMITTEE))
    shown = text_of(client.get(sheet(meeting, dossier)))
    for words in ("Prolonger de deux ans", "71 (1 avis)", "Favorable", "3/4 · 3/4", "Projet solide."):
        assert words in shown
    reasons = text_of(client.get(sheet(meeting, dossier, "/avis")))
    for words in ("Impacts évités", "3 sur 4", "Bien étayé."):
        assert words in reasons


def test_sheet_gives_the_whole_dossier_and_its_files(client_for, meeting, dossier):
    attachment = make_attachment(dossier, "Devis de l’atelier.txt", b"Devis")
    elsewhere = make_attachment(make_reviewed(make_call()), "Secret.txt", b"Secret")
    client = client_for(make_account(Role.COMMITTEE))
    shown = text_of(client.get(sheet(meeting, dossier, "/contenu")))
    for words in ("Le parc est renouvelé tous les quatre ans.", "Outillage et pièces", "Devis de l’atelier.txt"):
        assert words in shown

    file = client.get(sheet(meeting, dossier, f"/pieces/{attachment.id}"))
    assert file.get_data() == b"Devis"
    file.close()
    assert client.get(sheet(meeting, dossier, f"/pieces/{elsewhere.id}")).status_code == 404
    assert client.get(sheet(meeting, dossier, f"/pieces/{uuid.uuid4()}")).status_code == 404
    assert client_for(make_account(Role.APPLICANT)).get(sheet(meeting, dossier, "/contenu")).status_code == 403


def make_attachment(dossier, name, content):
    document = documents.store(io.BytesIO(content), name=name, actor=make_account(Role.APPLICANT))
    attachment = Attachment(application_id=dossier.id, document_id=document.id)
    db.session.add(attachment)
    db.session.flush()
    return attachment


def test_sheet_names_who_is_recused(client_for, meeting, dossier):
    member = make_account(Role.COMMITTEE, full_name="Claude Déport")
    db.session.add(Recusal(application_id=dossier.id, account_id=member.id, reason="Conjoint."))
    shown = text_of(client_for(make_account(Role.COMMITTEE)).get(sheet(meeting, dossier)))

    assert "Se sont déportés de ce dossier : Claude Déport." in shown


@pytest.mark.parametrize("amount", ["50 000,50", "50000.50", " 50\u202f000,50 € "])
def test_decide_takes_amounts_as_they_are_written(client_for, call, chair, meeting, dossier, amount):
    data = {"outcome": "awarded", "amount": amount, "conditions": "Publier le code source."}
    answer = client_for(chair).send(sheet(meeting, dossier), data)

    assert (answer.status_code, answer.location) == (303, f"/seances/{meeting.id}")
    (decision,) = decisions()
    assert (decision.outcome, decision.amount, decision.prepared_by_id) == (
        Outcome.AWARDED,
        Decimal("50000.50"),
        chair.id,
    )
    assert call.envelope_left == Decimal("49999.50") == ledger_total(call)


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("", "Indiquez le montant accordé."),
        ("0", "Le montant accordé doit être supérieur à zéro."),
        ("0,001", "Le montant accordé doit être supérieur à zéro."),
        ("-5", "Écrivez un nombre d’au moins 0."),
        ("60 000,01", "ne peut pas dépasser le montant demandé, 60 000 €."),
        ("1" * 400, "Écrivez un nombre"),
        ("99999999999999", "Écrivez un nombre"),
        ("NaN", "Écrivez un nombre"),
        ("Infinity", "Écrivez un nombre"),
        ("1e400", "Écrivez un nombre"),
        ("beaucoup", "Écrivez un nombre"),
    ],
)
def test_decide_refuses_an_amount_and_keeps_what_was_typed(client_for, call, chair, meeting, dossier, amount, words):
    data = {"outcome": "awarded", "amount": amount, "reason": "Beau projet <script>."}
    answer = client_for(chair).send(sheet(meeting, dossier), data)

    assert answer.status_code == 422
    assert words in text_of(answer)
    assert 'id="amount-erreur"' in text_of(answer)
    assert "Beau projet &lt;script&gt;." in text_of(answer)
    assert decisions() == []
    assert call.envelope_left == Decimal(100_000)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Ce champ est obligatoire."),
        ({"outcome": "perhaps"}, "Choisissez une valeur de la liste."),
        ({"outcome": "rejected"}, "Écrivez le motif"),
        ({"outcome": "rejected", "reason": " \u200b\u00a0"}, "Écrivez le motif"),
        ({"outcome": "rejected", "reason": "x" * 10_000}, "5000 caractères au plus."),
        ({"outcome": "rejected", "reason": "Non.", "amount": "10"}, "Un montant n’accompagne qu’un dossier retenu"),
        ({"outcome": "awarded", "amount": "10", "seen": str(uuid.uuid4())}, ""),
    ],
)
def test_decide_refuses_what_is_not_a_decision(client_for, chair, meeting, dossier, data, words):
    answer = client_for(chair).send(sheet(meeting, dossier), data)

    if words:
        assert answer.status_code == 422
        assert words in text_of(answer)
        assert decisions() == []
    else:
        # Nothing was prepared: there is nothing to overwrite, whatever the page pretends to have seen.
        assert answer.status_code == 303


def test_decide_refuses_more_than_the_envelope_and_says_what_is_left(client_for, call, chair, meeting, dossier):
    make_decision(make_reviewed(call), make_session(call), amount=70_000)
    answer = client_for(chair).send(sheet(meeting, dossier), {"outcome": "awarded", "amount": "30 000,01"})

    assert answer.status_code == 422
    assert "Il reste 30 000 € dans l’enveloppe de l’appel." in text_of(answer)


def test_decide_refuses_a_forged_session_of_another_call(client_for, chair, dossier, meeting):
    other_call = make_call()
    other = make_session(other_call, make_reviewed(other_call))
    client = client_for(chair)
    token = client.csrf(sheet(meeting, dossier))
    data = {"csrf_token": token, "outcome": "awarded", "amount": "10"}
    assert client.post(sheet(other, dossier), data=data).status_code == 404

    # A chair of the other call alone does not even see the session.
    outsider = client_for(make_account(Role.CHAIR, call_id=other_call.id))
    assert outsider.post(sheet(meeting, dossier), data=data).status_code == 404
    assert decisions() == []


def test_decide_refuses_a_closed_session(client_for, call, chair, dossier, meeting):
    client = client_for(chair)
    token = client.csrf(sheet(meeting, dossier))
    meeting.status, meeting.closed_at = SessionStatus.HELD, meeting.held_at
    answer = client.post(sheet(meeting, dossier), data={"csrf_token": token, "outcome": "awarded", "amount": "10"})

    assert answer.status_code == 422
    assert "La séance est close" in text_of(answer)
    assert FORM not in text_of(client.get(sheet(meeting, dossier)))


def test_decide_shows_the_decision_that_came_between(client_for, chair, meeting, dossier):
    client = client_for(chair)
    token = client.csrf(sheet(meeting, dossier))
    theirs = make_decision(dossier, meeting, amount=41_000)
    data = {"csrf_token": token, "outcome": "rejected", "reason": "Le mien.", "seen": ""}
    answer = client.post(sheet(meeting, dossier), data=data)

    assert answer.status_code == 422
    for words in ("Une autre décision vient d’être préparée", "41 000 €", "Le mien."):
        assert words in text_of(answer)
    assert theirs.status is DecisionStatus.PREPARED
    assert client.send(sheet(meeting, dossier), {**data, "seen": str(theirs.id)}).status_code == 303
    assert [one.status for one in decisions()] == [DecisionStatus.CANCELLED, DecisionStatus.PREPARED]


def test_decide_keeps_what_was_typed_when_the_page_is_too_old(client_for, chair, meeting, dossier):
    data = {"csrf_token": "old", "outcome": "rejected", "reason": "Un long motif."}
    answer = client_for(chair).post(sheet(meeting, dossier), data=data)

    assert answer.status_code == 422
    assert "Un long motif." in text_of(answer)
    assert decisions() == []


def test_cancel_returns_the_money(client_for, call, chair, meeting, dossier):
    decision = make_decision(dossier, meeting, amount=50_000)
    client = client_for(chair)
    answer = client.send(sheet(meeting, dossier, "/annulation"), form_at=sheet(meeting, dossier))

    assert answer.status_code == 303
    assert decision.status is DecisionStatus.CANCELLED
    assert call.envelope_left == Decimal(100_000) == ledger_total(call)
    again = client.send(sheet(meeting, dossier, "/annulation"), form_at=sheet(meeting, dossier))
    assert again.status_code == 409


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.CHAIR}))
def test_cancel_is_the_chairs(client_for, chair, meeting, dossier, role):
    decision = make_decision(dossier, meeting)
    token = client_for(chair).csrf(sheet(meeting, dossier))
    data = {"csrf_token": token}

    assert client_for(make_account(role)).post(sheet(meeting, dossier, "/annulation"), data=data).status_code == 403
    assert client_for(chair).get(sheet(meeting, dossier, "/annulation")).status_code in {404, 405}
    assert decision.status is DecisionStatus.PREPARED


def test_reopen_takes_a_reason(client_for, call, chair):
    rejected = make_reviewed(call, status=ApplicationStatus.REJECTED)
    meeting = make_session(call, rejected)
    client = client_for(chair)
    page = sheet(meeting, rejected, "/recours")
    assert client.send(page, {"reason": ""}).status_code == 422
    assert client.send(page, {"reason": "Recours gracieux accueilli."}).status_code == 303

    assert rejected.status is ApplicationStatus.REVIEWED
    assert client.get(page).status_code == 409
    assert client_for(make_account(Role.COMMITTEE)).get(page).status_code == 403


@pytest.mark.parametrize("role", Role)
def test_prepared_decisions_are_listed_for_those_who_may_know(client_for, meeting, dossier, role):
    make_decision(dossier, meeting)
    answer = client_for(make_account(role)).get(f"/seances/{meeting.id}/decisions")

    assert answer.status_code == (200 if role in KNOWING else 403)
    assert ("Réparer les portables" in text_of(answer)) == (role in KNOWING)
    assert ("Publier toutes les décisions (1)" in text_of(answer)) == (role in {Role.CHAIR, Role.OFFICER})


@pytest.mark.parametrize("role", Role)
def test_publish_page_is_for_the_chair_and_the_secretariat(client_for, meeting, dossier, role):
    make_decision(dossier, meeting)
    answer = client_for(make_account(role)).get(f"/seances/{meeting.id}/publication?tout=1")

    assert answer.status_code == (200 if role in {Role.CHAIR, Role.OFFICER} else 403)


def publish_url(meeting, *chosen):
    return f"/seances/{meeting.id}/publication?" + ("&".join(f"decision={one.id}" for one in chosen) or "tout=1")


def confirm(client, url):
    """Read the page of confirmation and send it as it is."""
    shown = text_of(client.get(url))
    confirmed = shown.split('name="confirmed"', 1)[1].split('value="', 1)[1].split('"', 1)[0]
    return client.send(url, {"confirmed": confirmed})


def test_publish_counts_then_leaves_it_to_the_worker(client_for, call, chair, meeting, dossier, owed):
    other = make_reviewed(call, title="Autre projet")
    make_decision(dossier, meeting, amount=50_000)
    refusal = make_decision(other, meeting, Outcome.REJECTED)
    client = client_for(chair)
    shown = text_of(client.get(publish_url(meeting)))
    for words in ("Décisions à publier", "50 000 €", "Courriels qui partiront", "Publier 2 décisions"):
        assert words in shown
    answer = confirm(client, publish_url(meeting))

    run = db.session.scalars(sa.select(PublicationRun)).one()
    assert (answer.status_code, answer.location) == (303, f"/seances/{meeting.id}/publications/{run.id}")
    waiting = text_of(client.get(answer.location))
    assert "La publication est en cours" in waiting
    assert "Actualiser" in waiting
    assert dossier.status is ApplicationStatus.REVIEWED

    assert publication.carry_out() == 2
    db.session.expire_all()
    assert "Tout est publié" in text_of(client.get(answer.location))
    assert (dossier.status, refusal.status) == (ApplicationStatus.AWARDED, DecisionStatus.PUBLISHED)
    assert len(owed()) == 6
    # Found again from the session and from the list.
    for path in ("", "/decisions"):
        assert str(run.id) in text_of(client.get(f"/seances/{meeting.id}{path}"))


def test_publish_takes_only_what_is_ticked(client_for, call, chair, meeting, dossier):
    ticked, left = make_decision(dossier, meeting), make_decision(make_reviewed(call), meeting, amount=10_000)
    assert confirm(client_for(chair), publish_url(meeting, ticked)).status_code == 303
    publication.carry_out()
    db.session.expire_all()

    assert (ticked.status, left.status) == (DecisionStatus.PUBLISHED, DecisionStatus.PREPARED)


def test_publish_shows_again_a_list_that_changed(client_for, call, chair, meeting, dossier):
    make_decision(dossier, meeting)
    late = make_reviewed(call, title="Arrivé entre-temps")
    client = client_for(chair)
    shown = text_of(client.get(publish_url(meeting)))
    confirmed = shown.split('name="confirmed"', 1)[1].split('value="', 1)[1].split('"', 1)[0]
    make_decision(late, meeting, amount=10_000)
    answer = client.send(publish_url(meeting), {"confirmed": confirmed})

    assert answer.status_code == 422
    for words in ("La liste des décisions a changé", "Arrivé entre-temps", "Publier 2 décisions"):
        assert words in text_of(answer)
    assert db.session.scalars(sa.select(PublicationRun)).all() == []
    assert confirm(client, publish_url(meeting)).status_code == 303


def test_publish_says_when_there_is_nothing(client_for, chair, meeting):
    client = client_for(chair)
    for url in (publish_url(meeting), f"/seances/{meeting.id}/publication?decision=x&decision={uuid.uuid4()}"):
        assert "Aucune décision à publier" in text_of(client.get(url))


def test_publication_tells_the_failures_dossier_by_dossier(client_for, call, chair, meeting, dossier):
    decision = make_decision(dossier, meeting)
    client = client_for(chair)
    page = confirm(client, publish_url(meeting)).location
    client.send(sheet(meeting, dossier, "/annulation"), form_at=sheet(meeting, dossier))
    publication.carry_out()
    db.session.expire_all()

    shown = text_of(client.get(page))
    assert "1 décision en échec" in shown
    assert "l’état est « Annulée »" in shown
    assert decision.application_id == dossier.id
    item = db.session.scalars(sa.select(PublicationItem)).one()
    assert item.state is PublicationState.FAILED


def test_publication_of_another_session_does_not_exist(client_for, call, chair, meeting, dossier):
    make_decision(dossier, meeting)
    client = client_for(chair)
    page = confirm(client, publish_url(meeting)).location
    other = make_session(call)

    assert client.get(page.replace(str(meeting.id), str(other.id))).status_code == 404
    assert client.get(f"/seances/{meeting.id}/publications/{uuid.uuid4()}").status_code == 404
