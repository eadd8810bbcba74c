import io

import pikepdf
import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications.models import Application, ApplicationStatus
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from guichet.documents import storage
from guichet.documents.models import Document
from guichet.outbox import services as outbox
from guichet.outbox.models import MessageStatus, OutboxMessage
from guichet.review.events import DecisionPublished
from guichet.review.handlers import make_letter
from guichet.review.models import Decision, DecisionStatus, Outcome
from tests.factories.accounts import make_account
from tests.factories.calls import make_call
from tests.factories.committee import make_decision, make_reviewed, make_session
from tests.factories.pdf import text_of

PUBLISHED = DecisionStatus.PUBLISHED


@pytest.fixture
def chair(session):
    return make_account(Role.CHAIR, full_name="Inès Présidente", job_title="Présidente du comité")


def published(chair, outcome, status=PUBLISHED, **columns):
    call = make_call(contact_email="guichet@exemple.example")
    application = make_reviewed(call, status=ApplicationStatus.REVIEWED, amount=60_000)
    decision = make_decision(application, make_session(call, application), outcome, status, chair=chair, **columns)
    return decision, told(decision)


def told(decision):
    application = decision.application
    return DecisionPublished(
        application_id=application.id,
        decision_id=decision.id,
        outcome=decision.outcome,
        ministry_id=application.ministry_id,
        reference=application.reference,
        title=application.title,
        amount=decision.amount,
        published_at=decision.published_at,
        plan_effects=(),
    )


def letter_of(event):
    with unit_of_work():
        make_letter(event)
    document = db.session.scalars(
        sa.select(Document).join(Decision, Decision.letter_id == Document.id).where(Decision.id == event.decision_id)
    ).one()
    return document, b"".join(storage.read(document.id))


def test_the_letter_of_an_award_tells_the_amount_the_conditions_the_next_steps_and_its_author(chair):
    decision, event = published(chair, Outcome.AWARDED, conditions="Publier le guide.\n\nRendre compte\nchaque année.")

    document, content = letter_of(event)

    assert document.name == f"decision-{event.reference}.pdf"
    text = text_of(content)
    for words in (
        "Votre projet est retenu",
        decision.application.ministry.name,
        "guichet@exemple.example",
        f"Dossier : {event.reference}, « {event.title} »",
        "Montant demandé : 60 000 €",
        "Montant accordé : 50 000 €",
        "Conditions Publier le guide. Rendre compte chaque année.",
        "Suite de la procédure La convention",
        "Inès Présidente Présidente du comité",
    ):
        assert words in text
    assert "Voies de recours" not in text


def test_the_letter_of_a_refusal_tells_why_and_how_to_appeal(chair):
    _, event = published(chair, Outcome.REJECTED, reason="L’impact n’est pas #démontré.")

    text = text_of(letter_of(event)[1])

    assert "Votre projet n’est pas retenu" in text
    assert "Motifs de la décision L’impact n’est pas #démontré." in text
    assert "recours gracieux" in text
    assert "recours hiérarchique" in text
    assert "dans les deux mois" in text
    assert "Montant accordé" not in text


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome.WAITLISTED, "inscrit sur la liste complémentaire"),
        (Outcome.DEFERRED, "Points à lever Chiffrer le gain."),
    ],
)
def test_the_letters_of_other_outcomes_say_what_comes_next(chair, outcome, words):
    _, event = published(chair, outcome, reason="Chiffrer le gain.")

    text = text_of(letter_of(event)[1])

    assert words in text
    assert "Voies de recours" not in text


def test_the_letter_is_a_tagged_archivable_french_document(chair):
    _, event = published(chair, Outcome.AWARDED)

    with pikepdf.open(io.BytesIO(letter_of(event)[1])) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "fr-FR"
        metadata = pdf.open_metadata()
        assert (metadata["pdfuaid:part"], metadata["pdfaid:part"]) == ("1", "2")


def test_the_letter_is_made_once_and_becomes_the_dossier_s(chair):
    decision, event = published(chair, Outcome.AWARDED)
    first, _ = letter_of(event)

    second, _ = letter_of(event)

    assert first.id == second.id
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Document)) == 1
    kept = sa.select(Application.outcome_letter_id).where(Application.id == decision.application_id)
    assert db.session.scalar(kept) == first.id


def test_a_decision_replaced_before_its_letter_was_made_keeps_its_own_letter(chair):
    decision, event = published(chair, Outcome.REJECTED, DecisionStatus.REPLACED)

    letter_of(event)

    kept = sa.select(Application.outcome_letter_id).where(Application.id == decision.application_id)
    assert db.session.scalar(kept) is None


def test_a_letter_that_could_not_be_made_says_so_and_is_asked_again(client_for, chair, run_outbox):
    decision, event = published(chair, Outcome.REJECTED, reason="Impact insuffisant.")
    application = decision.application
    application.outcome_published_at = event.published_at
    lead, dossier = application.team[0].account, f"/dossiers/{application.id}"
    with unit_of_work():
        outbox.publish(event)
    failed = sa.update(OutboxMessage).where(OutboxMessage.handler == "make_letter")
    db.session.execute(failed.values(status=MessageStatus.DEAD, attempts=8))
    client = client_for(lead)

    assert "La lettre de décision n’a pas pu être préparée." in client.get(dossier).text
    assert client_for(make_account(Role.APPLICANT)).post(f"{dossier}/lettre").status_code == 404
    for _ in range(2):
        token = client.csrf(dossier)
        assert client.post(f"{dossier}/lettre", data={"csrf_token": token}).status_code == 303
    assert "La lettre de décision est en préparation." in client.get(dossier).text
    run_outbox()

    assert client.get(f"{dossier}/lettre").mimetype == "application/pdf"
