"""The life of a call: published, opened, closed, deliberated, told, archived. The clock opens and closes what is due."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from guichet.accounts.models import Account
from guichet.calls import policies, queries
from guichet.calls.completeness import missing
from guichet.calls.dating import CallKind
from guichet.calls.events import CallClosed, CallOpened, CallPublished
from guichet.calls.models import Call, CallStatus
from guichet.calls.services import rounds
from guichet.calls.workflow import WORKFLOW
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.outbox import services as outbox
from guichet.workflow.engine import fire, lock


def publish(call: Call, *, actor: Account) -> None:
    """Make the call public and fix its rules. Raises RuleBroken, naming the field, while something is missing."""
    lock(call)
    # Read under the lock: somebody may just have taken the last criterion away; and before the step, which the database
    # refuses to a call without its closing.
    gaps = missing(queries.with_lists(call.id), at=clock.now())
    fire(WORKFLOW, "publish", call, actor)
    if gaps:
        raise RuleBroken(gaps[0].message, field=gaps[0].field)
    outbox.publish(CallPublished(call_id=call.id))


def open_now(call: Call, *, actor: Account | None) -> None:
    """Take dossiers from now on. Raises RuleBroken when the closing date has passed."""
    fire(WORKFLOW, "open", call, actor)
    now = clock.now()
    if policies.is_over(call, at=now):
        raise RuleBroken("La date de clôture est passée : cet appel ne peut plus ouvrir.")
    # The page tells the real date when an officer is ahead of the clock.
    call.opens_at = min(call.opens_at, now)
    outbox.publish(CallOpened(call_id=call.id))


def close_now(call: Call, *, actor: Account | None) -> None:
    """Take no new dossier from now on; drafts stay readable and open complements keep their own date."""
    fire(WORKFLOW, "close", call, actor)
    now = clock.now()
    if not policies.is_over(call, at=now):
        if call.kind is CallKind.ROUNDS:
            rounds.cut(call, now, actor=actor)
        call.closes_at = now
    outbox.publish(CallClosed(call_id=call.id))


def start_deliberation(call: Call, *, actor: Account) -> None:
    fire(WORKFLOW, "start_deliberation", call, actor)


def publish_results(call: Call, *, actor: Account) -> None:
    fire(WORKFLOW, "publish_results", call, actor)


def archive(call: Call, *, actor: Account) -> None:
    fire(WORKFLOW, "archive", call, actor)


def open_and_close() -> int:
    """Open and close the calls whose hour has come; returns how many moved. Run late or twice, it ends in the same state."""
    moved = 0
    for call in _due(CallStatus.PUBLISHED, Call.opens_at):
        # Down for longer than the window: the call opens and closes in the same round, and its journal says both.
        fire(WORKFLOW, "open", call, None)
        outbox.publish(CallOpened(call_id=call.id))
        moved += 1
    for call in _due(CallStatus.OPEN, Call.closes_at):
        close_now(call, actor=None)
        moved += 1
    return moved


def _due(
    status: CallStatus, moment: InstrumentedAttribute[dt.datetime] | InstrumentedAttribute[dt.datetime | None]
) -> list[Call]:
    # A call without any closing is never due.
    # Locked in the order of their identifiers; whoever waited for the lock finds the status moved, and leaves the row.
    rows = sa.select(Call).where(Call.status == status, moment <= clock.now()).order_by(Call.id)
    return list(db.session.scalars(rows.with_for_update().execution_options(populate_existing=True)))
