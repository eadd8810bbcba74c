"""Rights on calls, and the facts of their window."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from guichet.accounts.models import Account, Role
from guichet.calls.dating import Round
from guichet.calls.models import Call, CallStatus

FOLLOWERS = (Role.OFFICER, Role.ADMIN, Role.FINANCE, Role.AUDITOR)
PUBLIC = frozenset(CallStatus) - {CallStatus.DRAFT}


def is_over(call: Call, *, at: dt.datetime) -> bool:
    """Whether the last closing has passed; never where there is none."""
    return call.closes_at is not None and at >= call.closes_at


def is_open(call: Call, *, at: dt.datetime) -> bool:
    """Whether a dossier may be submitted at this instant: the closing second itself is too late."""
    return call.status is CallStatus.OPEN and call.opens_at <= at and not is_over(call, at=at)


def round_at(call: Call, *, at: dt.datetime) -> Round | None:
    """The round of a dossier submitted at this instant: the first whose closing is yet to come, strictly."""
    return next((one for one in call.rounds if at < one.closes_at), None)


def next_closing(call: Call, *, at: dt.datetime) -> dt.datetime | None:
    """The deadline to tell at this instant: that of the running round, or of the call; None until further notice."""
    running = round_at(call, at=at)
    return running.closes_at if running else call.closes_at


def days_left(call: Call, *, at: dt.datetime) -> int | None:
    """Days between `at` and the next closing, counted on the calendar of the call's zone: 0 on the last day."""
    closing, zone = next_closing(call, at=at), ZoneInfo(call.time_zone)
    return None if closing is None else (closing.astimezone(zone).date() - at.astimezone(zone).date()).days


def status_at(call: Call, *, at: dt.datetime) -> CallStatus:
    """The status to show: a call whose hour has passed is closed, even before the clock's next run says so."""
    return CallStatus.CLOSED if call.status is CallStatus.OPEN and is_over(call, at=at) else call.status


@dataclass(frozen=True)
class Window:
    """Where a call stands at one instant, for the pages: see the facts of the same names. `closing` is the next one."""

    status: CallStatus
    is_open: bool
    closing: dt.datetime | None
    days_left: int | None
    round: Round | None


def window_of(call: Call, *, at: dt.datetime) -> Window:
    return Window(
        status=status_at(call, at=at),
        is_open=is_open(call, at=at),
        closing=next_closing(call, at=at),
        days_left=days_left(call, at=at),
        round=round_at(call, at=at),
    )


def can_create(actor: Account, _subject: Any = None) -> bool:
    """Whoever holds the role on the whole window, hence on the new call too."""
    return actor.calls_as(Role.OFFICER) is None or actor.calls_as(Role.ADMIN) is None


def can_manage(actor: Account, call: Call) -> bool:
    """Officers run the calls they are put on; administrators run all."""
    return actor.holds_on_call(call.id, Role.OFFICER, Role.ADMIN)


def can_follow(actor: Account, call: Call) -> bool:
    """The managers' page is also read by who pays and who audits."""
    return actor.holds_on_call(call.id, *FOLLOWERS)


def can_edit(actor: Account, call: Call) -> bool:
    """A published call does not change under the applicants' feet."""
    return call.status is CallStatus.DRAFT and can_manage(actor, call)


def can_correct(actor: Account, call: Call) -> bool:
    """The words of a published call are put right by those who manage it; its rules are not."""
    return call.status in PUBLIC - {CallStatus.ARCHIVED} and can_manage(actor, call)


def can_extend(actor: Account, call: Call) -> bool:
    """Only more time may be given to a published call, to all and for a written reason."""
    return call.status in {CallStatus.PUBLISHED, CallStatus.OPEN} and can_manage(actor, call)


def can_view(actor: Account | None, call: Call) -> bool:
    """A call is public once published; before, only those who prepare it (and auditors) see it."""
    if call.status in PUBLIC:
        return True
    return actor is not None and actor.holds_on_call(call.id, Role.OFFICER, Role.ADMIN, Role.AUDITOR)


def can_see_ledger(actor: Account, call: Call) -> bool:
    """The envelope's ledger is for those who manage, decide, pay or audit."""
    return actor.holds_on_call(
        call.id, Role.OFFICER, Role.ADMIN, Role.FINANCE, Role.CHAIR, Role.COMMITTEE, Role.AUDITOR
    )


def can_open_envelope(actor: Account, call: Call) -> bool:
    """Money is brought to the envelope by the financial manager.

    Who prepares a call declares its first envelope, since a call without one cannot be published; once it is, no more.
    """
    return can_freeze(actor, call) or can_edit(actor, call)


def can_transfer(actor: Account, call: Call) -> bool:
    """Money passes from one call to another by the financial manager of both."""
    return call.status is not CallStatus.ARCHIVED and actor.holds_on_call(call.id, Role.FINANCE)


def can_freeze(actor: Account, call: Call) -> bool:
    """A freeze and its thaw come from the financial manager alone, as do transfers."""
    return can_transfer(actor, call)
