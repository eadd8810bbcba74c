"""Publishing many decisions: asked at once, done by the worker one by one, each with its own transaction and result."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import contains_eager

from guichet.accounts import queries as accounts
from guichet.accounts.models import Account
from guichet.applications.models import Recusal
from guichet.audit import services as audit
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import DomainError, Forbidden, RuleBroken
from guichet.core.policy import require
from guichet.core.queue import enqueue
from guichet.core.transaction import unit_of_work
from guichet.review import policies
from guichet.review.models import CommitteeSession, Decision, PublicationItem, PublicationRun, PublicationState
from guichet.review.queries.decisions import publishable
from guichet.review.services.decision import publish

log = structlog.get_logger(__name__)

ACCIDENT = "Une erreur technique a empêché la publication. Rien n’a été envoyé : relancez-la."


def ask(session: CommitteeSession, decisions: Sequence[Decision], *, actor: Account) -> PublicationRun:
    """Ask the worker to publish `decisions`, which come with their dossiers. Raises RuleBroken when there is none."""
    if not decisions:
        raise RuleBroken("Choisissez au moins une décision à publier.")
    for decision in decisions:
        require(policies.can_publish, actor, decision)
    run = PublicationRun(session=session, started_by=actor)
    run.items = [PublicationItem(decision=decision) for decision in decisions]
    db.session.add(run)
    db.session.flush()
    audit.record(actor, "publication_run.ask", run, session_id=session.id, decisions=len(decisions))
    enqueue("review.publish_decisions")
    return run


def carry_out() -> int:
    """Publish all that was asked, each decision in a transaction of its own; returns how many were settled.

    Several workers may do so at once; one that dies leaves the rest to the next.
    """
    settled = 0
    while waiting := _waiting():
        done = _carry_out(waiting)
        settled += done
        if not done:
            # Another worker holds them all.
            break
    return settled


def _waiting() -> list[tuple[UUID, UUID]]:
    rows = (
        sa.select(PublicationItem.id, PublicationRun.started_by_id)
        .join(PublicationItem.run)
        .where(PublicationItem.state == PublicationState.PENDING)
        .order_by(PublicationItem.created_at, PublicationItem.id)
        .limit(200)
    )
    with unit_of_work():
        return [(item_id, account_id) for item_id, account_id in db.session.execute(rows)]


def _carry_out(waiting: Sequence[tuple[UUID, UUID]]) -> int:
    # Kept from one transaction to the next, so that each need not read again who asked.
    actors: dict[UUID, Account] = {}
    settled = 0
    for item_id, account_id in waiting:
        try:
            with unit_of_work():
                actor = actors.get(account_id) or actors.setdefault(account_id, _account(account_id))
                settled += _settle(item_id, actor)
        except Exception as problem:
            if not isinstance(problem, DomainError):
                log.exception("publication failed", item_id=str(item_id))
            # A rollback forgets what was read.
            actors.clear()
            with unit_of_work():
                settled += _keep_failure(item_id, problem)
    return settled


def _account(account_id: UUID) -> Account:
    return db.session.scalars(accounts.with_rights().where(Account.id == account_id)).unique().one()


def _settle(item_id: UUID, actor: Account) -> bool:
    """Publish the decision of an item, unless another worker has it."""
    recused = sa.exists().where(Recusal.application_id == Decision.application_id, Recusal.account_id == actor.id)
    claimed = (
        sa.select(PublicationItem, recused)
        .join(PublicationItem.decision)
        .where(PublicationItem.id == item_id, PublicationItem.state == PublicationState.PENDING)
        .options(contains_eager(PublicationItem.decision).options(publishable()))
        .with_for_update(of=PublicationItem, skip_locked=True)
    )
    found = db.session.execute(claimed).unique().one_or_none()
    if found is None:
        return False
    item, is_recused = found
    if not actor.active:
        raise Forbidden("Le compte de la personne qui a demandé la publication est désactivé.")
    if is_recused:
        raise Forbidden("La personne qui a demandé la publication s’est déportée de ce dossier.")
    publish(item.decision, actor=actor)
    item.state, item.settled_at = PublicationState.DONE, clock.now()
    return True


def _keep_failure(item_id: UUID, problem: Exception) -> bool:
    item = db.session.get_one(PublicationItem, item_id, with_for_update=True, populate_existing=True)
    if item.state is not PublicationState.PENDING:
        return False
    item.state, item.settled_at = PublicationState.FAILED, clock.now()
    item.message = (problem.message if isinstance(problem, DomainError) else "")[:500] or ACCIDENT
    return True
