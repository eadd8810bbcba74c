"""Publishing many decisions: asked at once, done by the worker one by one, each with its own transaction and result."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import joinedload

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


def _waiting() -> Sequence[PublicationItem]:
    """The next items, with what publishing reads before its locks; under them, all that decides is read afresh."""
    rows = (
        sa.select(PublicationItem)
        .where(PublicationItem.state == PublicationState.PENDING)
        .options(
            joinedload(PublicationItem.run, innerjoin=True).load_only(PublicationRun.started_by_id),
            joinedload(PublicationItem.decision, innerjoin=True).options(publishable()),
        )
        .order_by(PublicationItem.created_at, PublicationItem.id)
        .limit(200)
        .execution_options(populate_existing=True)
    )
    with unit_of_work():
        return db.session.scalars(rows).unique().all()


def _carry_out(waiting: Sequence[PublicationItem]) -> int:
    """Settle each item; an accident ends the round, since its rollback forgets what was read for the next."""
    # Kept from one transaction to the next, so that each need not read again who asked.
    actors: dict[UUID, Account] = {}
    settled = 0
    for item in waiting:
        item_id, account_id = item.id, item.run.started_by_id
        try:
            with unit_of_work():
                actor = actors.get(account_id) or actors.setdefault(account_id, _account(account_id))
                settled += _settle(item, actor)
        except DomainError as problem:
            settled += _keep_failure(item_id, problem.message)
        except Exception:
            log.exception("publication failed", item_id=str(item_id))
            return settled + _keep_failure(item_id, ACCIDENT)
    return settled


def _account(account_id: UUID) -> Account:
    return db.session.scalars(accounts.with_rights().where(Account.id == account_id)).unique().one()


def _settle(item: PublicationItem, actor: Account) -> bool:
    """Publish the decision of an item, unless another worker did. The item is claimed by marking it done at once."""
    recused = sa.exists().where(Recusal.application_id == item.decision.application_id, Recusal.account_id == actor.id)
    claimed = (
        sa.update(PublicationItem)
        .where(PublicationItem.id == item.id, PublicationItem.state == PublicationState.PENDING)
        .values(state=PublicationState.DONE, settled_at=clock.now())
        .returning(recused)
    )
    is_recused = db.session.scalar(claimed)
    if is_recused is None:
        return False
    if not actor.active:
        raise Forbidden("Le compte de la personne qui a demandé la publication est désactivé.")
    if is_recused:
        raise Forbidden("La personne qui a demandé la publication s’est déportée de ce dossier.")
    publish(item.decision, actor=actor)
    return True


def _keep_failure(item_id: UUID, words: str) -> bool:
    with unit_of_work():
        item = db.session.get_one(PublicationItem, item_id, with_for_update=True, populate_existing=True)
        if item.state is not PublicationState.PENDING:
            return False
        item.state, item.settled_at = PublicationState.FAILED, clock.now()
        item.message = words[:500] or ACCIDENT
    return True
