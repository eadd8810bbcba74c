"""Publishing: the dossier's outcome, the event, the replaced decision; one by one and all together."""

import datetime as dt
from collections import Counter
from decimal import Decimal

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications.models import ApplicationStatus, PlanLink, Recusal
from guichet.audit import queries as audit
from guichet.audit.models import Audience
from guichet.blueprints import BEAT_SCHEDULE
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Forbidden, InvalidTransition, RuleBroken
from guichet.core.queue import nudger
from guichet.core.transaction import unit_of_work
from guichet.notifications.models import Email
from guichet.outbox.models import OutboxMessage
from guichet.plans.models import EngagementLevel, Theme
from guichet.review.models import DecisionStatus, Outcome, PublicationItem, PublicationState
from guichet.review.queries import decisions as queries
from guichet.review.services import decision as services
from guichet.review.services import publication
from tests.factories.accounts import make_account
from tests.factories.calls import make_call
from tests.factories.committee import make_decision, make_reviewed, make_session
from tests.factories.plans import make_action, make_plan

S = ApplicationStatus
NOW = dt.datetime(2026, 11, 23, 10, 0, tzinfo=dt.UTC)


@pytest.fixture
def call(session):
    return make_call()


@pytest.fixture
def chair(session):
    return make_account(Role.CHAIR)


def prepared(call, outcome=Outcome.AWARDED, status=S.REVIEWED, **columns):
    dossier = make_reviewed(call, status=status, amount=60_000)
    return make_decision(dossier, make_session(call, dossier), outcome, **columns)


def publish(decision, actor):
    with unit_of_work():
        services.publish(decision, actor=actor)


@pytest.mark.parametrize(
    ("outcome", "reached"),
    [
        (Outcome.AWARDED, S.AWARDED),
        (Outcome.REJECTED, S.REJECTED),
        (Outcome.WAITLISTED, S.WAITLISTED),
        (Outcome.DEFERRED, S.DEFERRED),
    ],
)
def test_publish_gives_the_dossier_its_outcome(call, chair, at, outcome, reached):
    decision = prepared(call, outcome)
    dossier = decision.application
    at(NOW)
    publish(decision, chair)
    db.session.expire_all()

    assert (dossier.status, decision.status) == (reached, DecisionStatus.PUBLISHED)
    assert dossier.amount_granted == (Decimal(50_000) if outcome is Outcome.AWARDED else None)
    assert dossier.outcome_reason == decision.reason
    assert dossier.outcome_published_at == decision.published_at == NOW
    assert decision.published_by_id == chair.id
    told = audit.history_of(dossier, Audience.TEAM)
    assert [entry.action for entry in told] == [f"application.{services.TRANSITIONS[outcome]}"]
    assert told[0].facts["reason"] == decision.reason


def test_publish_owes_the_event_with_its_facts(call, chair, owed):
    decision = prepared(call)
    dossier = decision.application
    action = make_action(make_plan(dossier.ministry))
    dossier.plan_links = [
        PlanLink(plan_action_id=action.id, level_aimed=EngagementLevel.REALISATION),
        PlanLink(proposed_title="Réparer", proposed_theme=Theme.USE_PHASE, level_aimed=EngagementLevel.EXPERIMENTATION),
    ]
    publish(decision, chair)

    assert owed() == [("DecisionPublished", handler) for handler in ("make_letter", "notify", "record_decision")]
    payload = db.session.scalar(sa.select(OutboxMessage.payload).limit(1))
    assert payload["decision_id"] == str(decision.id)
    assert payload["amount"] == "50000.00"
    assert (payload["reference"], payload["ministry_id"]) == (dossier.reference, str(dossier.ministry_id))
    effects = {effect["proposed_title"]: effect for effect in payload["plan_effects"]}
    assert effects[""]["plan_action_id"] == str(action.id)
    assert (effects["Réparer"]["proposed_theme"], effects["Réparer"]["level_aimed"]) == ("use_phase", "experimentation")


def test_publish_twice_is_once(call, chair, owed):
    decision = prepared(call)
    publish(decision, chair)
    first = decision.published_at
    publish(decision, make_account(Role.CHAIR))

    assert (decision.published_at, decision.published_by_id) == (first, chair.id)
    assert len(owed()) == 3


def test_publish_replaces_the_decision_published_before(call, chair):
    waiting = prepared(call, Outcome.WAITLISTED)
    publish(waiting, chair)
    dossier = waiting.application
    with unit_of_work():
        award = services.prepare(dossier, waiting.session, Outcome.AWARDED, Decimal(40_000), "", "", actor=chair)
    publish(award, chair)
    db.session.expire_all()

    assert (waiting.status, award.status) == (DecisionStatus.REPLACED, DecisionStatus.PUBLISHED)
    assert waiting.published_at is not None
    assert (dossier.status, dossier.amount_granted) == (S.AWARDED, Decimal(40_000))
    assert call.envelope_left == Decimal(460_000)


def test_publish_returns_the_money_of_the_award_it_replaces(call, chair):
    # No road leads out of an award yet: the dossier is brought back by hand, as a judge's decision would.
    dossier = make_reviewed(call, amount=60_000)
    meeting = make_session(call, dossier)
    award = make_decision(dossier, meeting, status=DecisionStatus.PUBLISHED)
    refusal = make_decision(dossier, meeting, Outcome.REJECTED)
    publish(refusal, chair)

    assert award.status is DecisionStatus.REPLACED
    assert call.envelope_left == Decimal(500_000)


def test_publish_refuses_a_cancelled_decision(call, chair, owed):
    decision = prepared(call, status=S.REVIEWED)
    with unit_of_work():
        services.cancel(decision, actor=chair)

    with pytest.raises(InvalidTransition):
        publish(decision, chair)
    assert owed() == []
    assert decision.application.status is S.REVIEWED


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.CHAIR, Role.OFFICER}))
def test_publish_is_for_the_chair_and_the_secretariat(call, role):
    decision = prepared(call)

    with pytest.raises(Forbidden):
        publish(decision, make_account(role))
    publish(decision, make_account(Role.OFFICER))
    assert decision.status is DecisionStatus.PUBLISHED


def test_publish_refuses_the_dossiers_own_ministry(call):
    decision = prepared(call)
    colleague = make_account(Role.OFFICER, organisation=decision.application.organisation)

    with pytest.raises(Forbidden):
        publish(decision, colleague)
    assert decision.application.status is S.REVIEWED


def test_reopen_returns_a_rejected_dossier_and_keeps_the_decision(call, chair):
    decision = prepared(call, Outcome.REJECTED)
    publish(decision, chair)
    dossier = decision.application
    with pytest.raises(RuleBroken, match="la suite donnée au recours"):
        services.reopen(dossier, "", actor=chair)
    with unit_of_work():
        services.reopen(dossier, "Recours gracieux accueilli.", actor=chair)

    assert (dossier.status, dossier.outcome_reason, dossier.outcome_published_at) == (S.REVIEWED, "", None)
    assert (decision.status, decision.reason) == (DecisionStatus.PUBLISHED, "Impact insuffisant.")
    assert audit.history_of(dossier)[0].facts["reason"] == "Recours gracieux accueilli."


def test_reopen_refuses_a_recused_chair(session, call, chair):
    dossier = make_reviewed(call, status=S.REJECTED)
    session.add(Recusal(application_id=dossier.id, account_id=chair.id, reason="Ancien collègue."))

    with pytest.raises(Forbidden), unit_of_work():
        services.reopen(dossier, "Recours.", actor=chair)
    assert dossier.status is S.REJECTED


def test_people_to_tell_counts_the_emails_that_leave(call, chair, run_outbox):
    decisions = [prepared(call), prepared(call, Outcome.REJECTED)]
    ministry = decisions[0].application.organisation
    make_account(Role.FOCAL_POINT, organisation=ministry)
    gone = make_account(Role.FOCAL_POINT, organisation=ministry, active=False)
    past = make_account(Role.FOCAL_POINT, organisation=ministry)
    past.grants[0].last_day = clock.today() - dt.timedelta(days=1)
    recused = make_account(Role.FOCAL_POINT, organisation=ministry)
    db.session.add(Recusal(application_id=decisions[0].application_id, account_id=recused.id, reason="Conjoint."))
    db.session.flush()
    expected = queries.people_to_tell(decisions)
    for decision in decisions:
        publish(decision, chair)
    run_outbox()

    told = db.session.scalars(sa.select(Email.recipient_id)).all()
    assert len(told) == expected == 3
    assert {gone.id, past.id, recused.id}.isdisjoint(told)


def test_carry_out_settles_each_decision_with_its_own_result(call, chair, owed):
    good, bad, accident = prepared(call), prepared(call), prepared(call, Outcome.REJECTED)
    with unit_of_work():
        publication.ask(good.session, [good, bad, accident], actor=chair)
        services.cancel(bad, actor=chair)
    # What no rule foresees: the column would refuse it.
    accident.application.status = S.WITHDRAWN
    db.session.commit()

    assert publication.carry_out() == 3
    items = {item.decision_id: item for item in db.session.scalars(sa.select(PublicationItem))}
    assert items[good.id].state is PublicationState.DONE
    assert (items[bad.id].state, items[bad.id].message) == (
        PublicationState.FAILED,
        "Action impossible : l’état est « Annulée ».",
    )
    assert items[accident.id].message == "Action impossible : l’état est « Retiré »."
    assert good.application.status is S.AWARDED
    assert len(owed()) == 3
    assert publication.carry_out() == 0


def test_carry_out_keeps_an_accident_without_its_words(call, chair, owed):
    decision, other = prepared(call), prepared(call)
    dossier = decision.application
    with unit_of_work():
        publication.ask(decision.session, [decision, other], actor=chair)
    # What no rule foresees, and the database refuses: a request lowered behind the committee's back.
    dossier.amount_requested = dossier.submitted_amount = Decimal(10)
    db.session.commit()
    publication.carry_out()

    items = {item.decision_id: item for item in db.session.scalars(sa.select(PublicationItem))}
    assert (items[decision.id].state, items[decision.id].message) == (PublicationState.FAILED, publication.ACCIDENT)
    assert dossier.status is S.REVIEWED
    assert items[other.id].state is PublicationState.DONE
    assert len(owed()) == 3


def test_carry_out_refuses_who_is_recused_since(call, chair):
    decision = prepared(call)
    with unit_of_work():
        publication.ask(decision.session, [decision], actor=chair)
    db.session.add(Recusal(application_id=decision.application_id, account_id=chair.id, reason="Conjoint."))
    db.session.commit()
    publication.carry_out()

    item = db.session.scalars(sa.select(PublicationItem)).one()
    assert "s’est déportée" in item.message
    assert decision.application.status is S.REVIEWED


def test_ask_nudges_the_worker_once_it_is_committed(app, call, chair, monkeypatch):
    decision, nudged = prepared(call), []
    monkeypatch.setattr(nudger, "put", lambda task, *_: nudged.append(task))
    with unit_of_work():
        publication.ask(decision.session, [decision], actor=chair)
        assert nudged == []

    assert nudged == ["review.publish_decisions"]
    # The worker and the scheduler know the task by this name.
    assert BEAT_SCHEDULE["publications"]["task"] == "review.publish_decisions"
    app.extensions["celery"].tasks["review.publish_decisions"].run()
    assert decision.status is DecisionStatus.PUBLISHED


def test_ask_refuses_nothing_and_the_decisions_of_others(call):
    decision = prepared(call)
    colleague = make_account(Role.CHAIR, organisation=decision.application.organisation)

    with pytest.raises(RuleBroken, match="au moins une décision"):
        publication.ask(decision.session, [], actor=make_account(Role.CHAIR))
    with pytest.raises(Forbidden):
        publication.ask(decision.session, [decision], actor=colleague)


def test_carry_out_asks_the_database_ten_times_a_dossier_at_most(call, chair, statements):
    def cost(number):
        decisions = [prepared(call) for _ in range(number)]
        with unit_of_work():
            publication.ask(decisions[0].session, decisions, actor=chair)
        # The worker knows nothing of what this test has read.
        db.session.expunge_all()
        statements.clear()
        assert publication.carry_out() == number
        return len(statements)

    few = cost(2)
    assert (cost(7) - few) / 5 <= 10, Counter(statement[:60] for statement in statements)


def test_carry_out_refuses_what_a_closed_account_had_asked(call, chair, owed):
    decision = prepared(call)
    with unit_of_work():
        publication.ask(decision.session, [decision], actor=chair)
    chair.active = False
    db.session.commit()

    publication.carry_out()

    item = db.session.scalars(sa.select(PublicationItem)).one()
    assert item.state is PublicationState.FAILED
    assert "désactivé" in item.message
    assert owed() == []
