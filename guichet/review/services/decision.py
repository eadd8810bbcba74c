"""Decisions: prepared by the chair from a session, then published to the ministry.

Whatever concerns the decisions of a call happens under the call's lock, taken first: two awards never spend the same
euro, and a dossier never has two decisions in force.
"""

from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from guichet.accounts.models import Account
from guichet.applications.models import Application, ApplicationStatus
from guichet.applications.workflow import WORKFLOW
from guichet.audit import services as audit
from guichet.audit.models import Audience
from guichet.calls.models import MovementKind
from guichet.calls.services import move_envelope
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Forbidden, RuleBroken
from guichet.core.policy import require
from guichet.outbox import services as outbox
from guichet.review import policies
from guichet.review.events import ApplicationReopened, DecisionPublished, PlanEffect
from guichet.review.models import CommitteeSession, Decision, DecisionStatus, Outcome, SessionItem, SessionStatus
from guichet.review.queries import decisions as queries
from guichet.review.queries.committee import AWAITING, is_recused, money, recusal
from guichet.review.workflow import DECISION
from guichet.web.filters import euros
from guichet.workflow.engine import fire, lock

TRANSITIONS = {
    Outcome.AWARDED: "award",
    Outcome.REJECTED: "reject",
    Outcome.WAITLISTED: "waitlist",
    Outcome.DEFERRED: "defer",
}
RECUSED = "Vous vous êtes déporté de ce dossier."
REASONS = {
    Outcome.REJECTED: "Écrivez le motif : le ministère doit savoir pourquoi son dossier n’est pas retenu.",
    Outcome.WAITLISTED: "Écrivez le motif de l’inscription sur la liste complémentaire.",
    Outcome.DEFERRED: "Écrivez les points à lever avant que le comité ne se prononce.",
}


def prepare(
    application: Application,
    session: CommitteeSession,
    outcome: Outcome,
    amount: Decimal | None,
    reason: str,
    conditions: str,
    *,
    actor: Account,
    seen: str | None = None,
) -> Decision:
    """Decide on a dossier of the session, without telling anybody yet; an award reserves its amount at once (euros).

    A new decision replaces the one prepared before, whose money returns first; the same one twice is one. `seen` is
    the identifier of the prepared decision that the actor had before her eyes ("" for none, None to replace any).
    """
    require(policies.can_decide, actor, application)
    lock(session.call)
    lock(application)
    _check_session(session, application, actor)
    _check_content(application, outcome, amount, reason, conditions)
    wanted: dict[str, Any] = {"outcome": outcome, "amount": amount, "reason": reason, "conditions": conditions}
    previous = queries.in_force(application.id, DecisionStatus.PREPARED)
    if previous is not None:
        if previous.session_id == session.id and all(getattr(previous, key) == value for key, value in wanted.items()):
            return previous
        _check_seen(previous, seen)
        _take_back(previous, actor)
    decision = Decision(
        application=application,
        session=session,
        status=DecisionStatus.PREPARED,
        prepared_by=actor,
        prepared_at=clock.now(),
        **wanted,
    )
    _enter(decision, actor)
    return decision


def cancel(decision: Decision, *, actor: Account) -> None:
    """Take back a prepared decision; the money of an award returns to the envelope."""
    require(policies.can_decide, actor, decision.application)
    if is_recused(actor, decision.application):
        raise Forbidden(RECUSED)
    lock(decision.application.call)
    _take_back(decision, actor)


def publish(decision: Decision, *, actor: Account) -> None:
    """Tell the ministry: the dossier takes its outcome, the decision published before is replaced. Twice is once.

    The decision comes with its dossier, the dossier's call and plan links (queries.decisions.publishable).
    """
    application = decision.application
    lock(application.call)
    previous = queries.in_force(application.id, DecisionStatus.PUBLISHED)
    if previous is decision:
        return
    if previous is not None:
        _replace(previous, actor)
    # What the database checks is true again only once both rows have moved: nothing is written in between.
    with db.session.no_autoflush:
        fire(DECISION, "publish", decision, actor)
        decision.published_at, decision.published_by_id = clock.now(), actor.id
        facts = {"amount": decision.amount, "reason": decision.reason, "decision_id": decision.id}
        fire(WORKFLOW, TRANSITIONS[decision.outcome], application, actor, **facts)
        application.amount_granted = decision.amount
        application.outcome_reason = decision.reason
        application.outcome_published_at = decision.published_at
        # The letter of an earlier decision is not this one's, which the worker makes a few seconds later.
        application.outcome_letter_id = None
    outbox.publish(_published(decision))


def reopen(application: Application, reason: str, *, actor: Account) -> None:
    """After an appeal a rejected dossier returns to the committee, which decides anew; the first decision is kept."""
    if is_recused(actor, application):
        raise Forbidden(RECUSED)
    if _says_nothing(reason):
        raise RuleBroken("Écrivez la suite donnée au recours.", field="reason")
    fire(WORKFLOW, "reopen_rejected", application, actor, reason=reason)
    application.outcome_reason, application.outcome_published_at = "", None
    # The letter stays with its decision, which is read among those rendered: the dossier waits for another one.
    application.outcome_letter_id, application.reopened_at = None, clock.now()
    before = ApplicationStatus.REJECTED
    outbox.publish(ApplicationReopened(application_id=application.id, before=before, reason=reason))


def _check_seen(previous: Decision, seen: str | None) -> None:
    if seen is not None and seen != str(previous.id):
        known = f"« {previous.outcome.label} »" + (f", {euros(previous.amount)}" if previous.amount else "")
        raise RuleBroken(
            f"Une autre décision vient d’être préparée pour ce dossier ({known}). Relisez-la : si vous enregistrez de "
            "nouveau, la vôtre la remplace."
        )


def _check_session(session: CommitteeSession, application: Application, actor: Account) -> None:
    lock(session)
    item = sa.exists().where(SessionItem.session_id == session.id, SessionItem.application_id == application.id)
    recused, on_agenda = db.session.execute(sa.select(recusal(actor, application), item)).one()
    if recused:
        raise Forbidden(RECUSED)
    if session.status is SessionStatus.HELD:
        raise RuleBroken("La séance est close : la décision se prépare depuis une autre séance.")
    if not on_agenda:
        raise RuleBroken("Ce dossier n’est pas à l’ordre du jour de cette séance.")


def _check_content(
    application: Application, outcome: Outcome, amount: Decimal | None, reason: str, conditions: str
) -> None:
    if application.status not in AWAITING:
        raise RuleBroken(f"Le dossier est à l’état « {application.status.label} » : il n’attend pas de décision.")
    if application.status not in WORKFLOW[TRANSITIONS[outcome]].sources:
        waitlisted = ApplicationStatus.WAITLISTED.label.lower()
        raise RuleBroken(f"Un dossier sur {waitlisted} est retenu ou non retenu, rien d’autre.", field="outcome")
    if outcome is Outcome.AWARDED:
        _check_amount(application, amount)
        return
    if amount is not None:
        raise RuleBroken("Un montant n’accompagne qu’un dossier retenu : videz ce champ.", field="amount")
    if conditions:
        raise RuleBroken("Des conditions n’accompagnent qu’un dossier retenu : videz ce champ.", field="conditions")
    if _says_nothing(reason):
        raise RuleBroken(REASONS[outcome], field="reason")


def _says_nothing(text: str) -> bool:
    """Whether `text` shows nothing: empty, blank, or made of invisible characters."""
    return not any(character.isprintable() for character in text if not character.isspace())


def _check_amount(application: Application, amount: Decimal | None) -> None:
    if amount is None:
        raise RuleBroken("Indiquez le montant accordé.", field="amount")
    if amount <= 0:
        raise RuleBroken("Le montant accordé doit être supérieur à zéro.", field="amount")
    if amount > application.amount_requested:
        asked = euros(application.amount_requested)
        raise RuleBroken(f"Le montant accordé ne peut pas dépasser le montant demandé, {asked}.", field="amount")


def _enter(decision: Decision, actor: Account) -> None:
    # The ledger names the decision, whose row must be there first. It never names the dossier: those recused read it.
    db.session.add(decision)
    db.session.flush()
    if decision.amount is not None:
        reason = f"Attribution préparée en séance « {decision.session.title} »"
        call = decision.session.call
        _check_envelope(decision.session, decision.amount, actor)
        move_envelope(call, MovementKind.AWARD, -decision.amount, reason, actor=actor, decision_id=decision.id)
    # The reason and the conditions are in the decision, which never changes; more people read the journal.
    facts = {"outcome": decision.outcome, "amount": decision.amount, "application_id": decision.application_id}
    audit.record(actor, "decision.prepare", decision, audience=Audience.STAFF, **facts)


def _check_envelope(session: CommitteeSession, amount: Decimal, actor: Account) -> None:
    """The refusal tells no more than the actor's page of the session: not what dossiers hidden from her took."""
    if amount <= session.call.envelope_left:
        return
    left = money(session, actor).left
    raise RuleBroken(
        f"Il reste {euros(left)} dans l’enveloppe de l’appel."
        if amount > left
        else "L’enveloppe de l’appel ne suffit pas : une part en est réservée à des dossiers qui ne vous sont pas montrés.",
        field="amount",
    )


def take_back_for_withdrawal(decision: Decision, *, by: Account) -> None:
    """Drop what was prepared for a dossier that its team has withdrawn: asked by the guichet, under the call's lock."""
    fire(DECISION, "cancel", decision, None, application_id=decision.application_id)
    _return_money(decision, "Décision annulée avant sa publication", by)


def _take_back(decision: Decision, actor: Account) -> None:
    fire(DECISION, "cancel", decision, actor, application_id=decision.application_id)
    _return_money(decision, "Décision annulée avant sa publication", actor)


def _replace(decision: Decision, actor: Account) -> None:
    fire(DECISION, "replace", decision, actor, application_id=decision.application_id)
    _return_money(decision, "Décision remplacée par une nouvelle", actor)


def _return_money(decision: Decision, reason: str, actor: Account) -> None:
    db.session.flush()
    if decision.amount is not None:
        call = decision.application.call
        move_envelope(call, MovementKind.RETURN, decision.amount, reason, actor=actor, decision_id=decision.id)


def _published(decision: Decision) -> DecisionPublished:
    application = decision.application
    return DecisionPublished(
        application_id=application.id,
        decision_id=decision.id,
        outcome=decision.outcome,
        ministry_id=application.ministry_id,
        reference=application.reference or "",
        title=application.title,
        amount=decision.amount,
        published_at=decision.published_at or clock.now(),
        plan_effects=tuple(
            PlanEffect(
                plan_action_id=link.plan_action_id,
                proposed_title=link.proposed_title,
                proposed_theme=link.proposed_theme,
                level_aimed=link.level_aimed,
            )
            for link in application.plan_links
        ),
    )
