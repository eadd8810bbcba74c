"""Preparing and cancelling a decision: who may, what is refused, what the envelope keeps."""

from decimal import Decimal

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications.models import ApplicationStatus, Recusal
from guichet.audit import queries as audit
from guichet.calls.models import EnvelopeMovement, MovementKind
from guichet.core.db import db
from guichet.core.errors import Forbidden, InvalidTransition, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.review.models import Decision, DecisionStatus, Outcome, SessionStatus
from guichet.review.services import decision as services
from tests.factories.accounts import make_account
from tests.factories.calls import make_call
from tests.factories.committee import make_decision, make_reviewed, make_session

AWARD, REJECT, WAITLIST, DEFER = Outcome.AWARDED, Outcome.REJECTED, Outcome.WAITLISTED, Outcome.DEFERRED


@pytest.fixture
def call(session):
    return make_call(envelope=100_000)


@pytest.fixture
def chair(session):
    return make_account(Role.CHAIR)


@pytest.fixture
def dossier(call):
    return make_reviewed(call, amount=60_000)


@pytest.fixture
def meeting(call, dossier):
    return make_session(call, dossier)


def prepare(dossier, meeting, actor, outcome=AWARD, amount=None, reason="", conditions="", **others):
    amount = None if amount is None else Decimal(amount)
    with unit_of_work():
        return services.prepare(dossier, meeting, outcome, amount, reason, conditions, actor=actor, **others)


def ledger(call):
    rows = sa.select(EnvelopeMovement).filter_by(call_id=call.id).order_by(EnvelopeMovement.created_at)
    return [(movement.kind, movement.amount) for movement in db.session.scalars(rows)][1:]


def test_prepare_reserves_an_award_at_once(call, dossier, meeting, chair):
    decision = prepare(dossier, meeting, chair, amount=50_000, conditions="Publier le code.")

    assert (decision.status, decision.amount, decision.conditions) == (
        DecisionStatus.PREPARED,
        Decimal(50_000),
        "Publier le code.",
    )
    assert call.envelope_left == Decimal(50_000)
    assert ledger(call) == [(MovementKind.AWARD, Decimal(-50_000))]
    assert db.session.scalar(sa.select(EnvelopeMovement.decision_id).filter_by(kind="award")) == decision.id
    assert dossier.status is ApplicationStatus.REVIEWED
    assert [entry.action for entry in audit.history_of(decision)] == ["decision.prepare"]
    # The journal of the call would tell of it to those who may not know yet.
    assert audit.history_of(call) == []
    # The history of the dossier, which the team may read, knows nothing of it.
    assert audit.history_of(dossier) == []


@pytest.mark.parametrize("outcome", [REJECT, WAITLIST, DEFER])
def test_prepare_keeps_the_reason_of_other_outcomes_and_takes_nothing(call, dossier, meeting, chair, outcome):
    decision = prepare(dossier, meeting, chair, outcome, reason="Impact à préciser.")

    assert (decision.outcome, decision.reason, decision.amount) == (outcome, "Impact à préciser.", None)
    assert call.envelope_left == Decimal(100_000)


@pytest.mark.parametrize(
    ("outcome", "amount", "reason", "conditions", "field", "words"),
    [
        (AWARD, None, "", "", "amount", "Indiquez le montant accordé."),
        (AWARD, 0, "", "", "amount", "Le montant accordé doit être supérieur à zéro."),
        (AWARD, -5, "", "", "amount", "Le montant accordé doit être supérieur à zéro."),
        (AWARD, "60000.01", "", "", "amount", "ne peut pas dépasser le montant demandé, 60\u202f000\u00a0€."),
        (REJECT, None, "", "", "reason", "Écrivez le motif"),
        (WAITLIST, None, "", "", "reason", "Écrivez le motif de l’inscription"),
        (DEFER, None, "", "", "reason", "Écrivez les points à lever"),
        (REJECT, 10, "Trop cher.", "", "amount", "Un montant n’accompagne qu’un dossier retenu"),
        (REJECT, None, "Trop cher.", "Publier.", "conditions", "Des conditions n’accompagnent qu’un dossier retenu"),
    ],
)
def test_prepare_refuses_what_is_not_a_decision(
    call, dossier, meeting, chair, outcome, amount, reason, conditions, field, words
):
    with pytest.raises(RuleBroken) as refusal:
        prepare(dossier, meeting, chair, outcome, amount, reason, conditions)

    assert refusal.value.field == field
    assert words in refusal.value.message
    assert db.session.scalars(sa.select(Decision)).all() == []
    assert ledger(call) == []


def test_prepare_refuses_more_than_the_envelope_has_left(call, dossier, meeting, chair):
    other = make_reviewed(call, amount=60_000)
    make_decision(other, meeting, amount=55_000)

    with pytest.raises(RuleBroken) as refusal:
        prepare(dossier, meeting, chair, amount="45000.01")

    assert (refusal.value.field, refusal.value.message) == (
        "amount",
        "Il reste 45\u202f000\u00a0€ dans l’enveloppe de l’appel.",
    )
    assert prepare(dossier, meeting, chair, amount=45_000).amount == Decimal(45_000)
    assert call.envelope_left == Decimal(0)


def test_prepare_refuses_a_dossier_of_no_agenda_or_of_another_sessions(call, meeting, chair):
    stranger = make_reviewed(call)
    make_session(call, stranger)

    with pytest.raises(RuleBroken, match="n’est pas à l’ordre du jour"):
        prepare(stranger, meeting, chair, amount=10)


def test_prepare_refuses_once_the_session_is_closed(call, dossier, chair):
    held = make_session(call, dossier, status=SessionStatus.HELD)

    with pytest.raises(RuleBroken, match="La séance est close"):
        prepare(dossier, held, chair, amount=10)


@pytest.mark.parametrize("status", sorted(set(ApplicationStatus) - services.AWAITING))
def test_prepare_refuses_a_dossier_that_awaits_no_decision(call, chair, status):
    dossier = make_reviewed(call, status=status)
    meeting = make_session(call, dossier)

    with pytest.raises(RuleBroken, match=f"« {status.label} » : il n’attend pas de décision"):
        prepare(dossier, meeting, chair, amount=10)


@pytest.mark.parametrize("outcome", [WAITLIST, DEFER])
def test_prepare_lets_the_waiting_list_only_award_or_reject(call, chair, outcome):
    dossier = make_reviewed(call, status=ApplicationStatus.WAITLISTED)
    meeting = make_session(call, dossier)

    with pytest.raises(RuleBroken) as refusal:
        prepare(dossier, meeting, chair, outcome, reason="Rien.")

    assert refusal.value.field == "outcome"
    assert prepare(dossier, meeting, chair, amount=10).outcome is AWARD


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.CHAIR}))
def test_prepare_and_cancel_are_the_chairs_alone(call, dossier, meeting, role):
    decision = make_decision(dossier, meeting)
    actor = make_account(role)

    with pytest.raises(Forbidden):
        prepare(dossier, meeting, actor, amount=10)
    with pytest.raises(Forbidden), unit_of_work():
        services.cancel(decision, actor=actor)


def test_prepare_refuses_a_chair_of_another_call_of_the_same_ministry_or_recused(
    session, call, dossier, meeting, chair
):
    elsewhere = make_account(Role.CHAIR, call_id=make_call().id)
    colleague = make_account(Role.CHAIR, organisation=dossier.organisation)
    session.add(Recusal(application_id=dossier.id, account_id=chair.id, reason="Ancien collègue."))

    for actor in (elsewhere, colleague, chair):
        with pytest.raises(Forbidden):
            prepare(dossier, meeting, actor, amount=10)
    assert ledger(call) == []


def test_prepare_again_replaces_and_the_money_returns_first(call, dossier, meeting, chair):
    first = prepare(dossier, meeting, chair, amount=60_000)
    second = prepare(dossier, meeting, chair, amount=55_000)

    assert (first.status, second.status) == (DecisionStatus.CANCELLED, DecisionStatus.PREPARED)
    assert ledger(call) == [
        (MovementKind.AWARD, Decimal(-60_000)),
        (MovementKind.RETURN, Decimal(60_000)),
        (MovementKind.AWARD, Decimal(-55_000)),
    ]
    assert call.envelope_left == Decimal(45_000)


def test_prepare_refused_leaves_the_decision_prepared_before(call, dossier, meeting, chair):
    first = prepare(dossier, meeting, chair, amount=60_000)

    with pytest.raises(RuleBroken):
        prepare(dossier, meeting, chair, REJECT, reason="")

    assert first.status is DecisionStatus.PREPARED
    assert call.envelope_left == Decimal(40_000)


def test_prepare_twice_the_same_is_once(call, dossier, meeting, chair):
    first = prepare(dossier, meeting, chair, amount=60_000)

    assert prepare(dossier, meeting, chair, amount=60_000) is first
    assert len(ledger(call)) == 1


def test_prepare_refuses_to_replace_what_was_not_seen(call, dossier, meeting, chair):
    first = prepare(dossier, meeting, make_account(Role.CHAIR), amount=60_000)

    with pytest.raises(RuleBroken, match="Une autre décision vient d’être préparée"):
        prepare(dossier, meeting, chair, REJECT, reason="Non.", seen="")
    assert prepare(dossier, meeting, chair, REJECT, reason="Non.", seen=str(first.id)).outcome is REJECT


def test_cancel_returns_the_money_and_publishes_nothing(call, dossier, meeting, chair, owed):
    decision = prepare(dossier, meeting, chair, amount=60_000)
    with unit_of_work():
        services.cancel(decision, actor=chair)

    assert decision.status is DecisionStatus.CANCELLED
    assert call.envelope_left == Decimal(100_000)
    assert ledger(call)[-1] == (MovementKind.RETURN, Decimal(60_000))
    assert owed() == []


def test_cancel_refuses_what_is_published_or_cancelled(call, dossier, meeting, chair):
    published = make_decision(dossier, meeting, status=DecisionStatus.PUBLISHED)
    cancelled = make_decision(dossier, meeting, status=DecisionStatus.CANCELLED)

    for decision in (published, cancelled):
        with pytest.raises(InvalidTransition), unit_of_work():
            services.cancel(decision, actor=chair)
    assert call.envelope_left == Decimal(50_000)
