"""The time that the service gives itself to decide: counted in days from a submission, suspended while complements are awaited.

Pure. Days are those of the calendar of the call's zone: the day of the submission is day 0, the decision is due on the last
day of the delay, which counts whole. A suspension takes the days between the one it begins on and the one it ends on; two
of one day take none. See docs/adr/0022.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from guichet.applications.models import Application, ApplicationStatus
from guichet.web.filters import day as told

S = ApplicationStatus
# The service still owes its decision.
RUNNING = frozenset({S.SUBMITTED, S.CHANGES_REQUESTED, S.ELIGIBLE, S.UNDER_REVIEW, S.REVIEWED, S.DEFERRED})


@dataclass(frozen=True)
class Suspension:
    """From an instant to another; until now while `until` is None."""

    since: dt.datetime
    until: dt.datetime | None = None


@dataclass(frozen=True)
class LegalClock:
    """Where the count is: days that counted, days left (negative: late), the day that the decision is due.

    While suspended, `due_on` is the day it would be if the count went on at once.
    """

    elapsed: int
    left: int
    suspended: int
    due_on: dt.date
    suspended_since: dt.date | None

    @property
    def is_late(self) -> bool:
        return self.left < 0


def clock(
    submitted_at: dt.datetime, delay: int, suspensions: Iterable[Suspension], *, at: dt.datetime, zone: str
) -> LegalClock:
    """The count at instant `at`, `delay` in days, in the calendar of `zone` (IANA name).

    What ended before the submission is not of this count; nothing after `at` is known yet.
    """
    local = ZoneInfo(zone)

    def day_of(instant: dt.datetime) -> dt.date:
        return min(max(instant, submitted_at), max(at, submitted_at)).astimezone(local).date()

    known = [one for one in suspensions if one.since <= at]
    suspended = sum((day_of(one.until or at) - day_of(one.since)).days for one in known)
    running = next((one for one in known if one.until is None or one.until > at), None)
    elapsed = (day_of(at) - day_of(submitted_at)).days - suspended
    return LegalClock(
        elapsed=elapsed,
        left=delay - elapsed,
        suspended=suspended,
        due_on=day_of(submitted_at) + dt.timedelta(days=delay + suspended),
        suspended_since=day_of(running.since) if running else None,
    )


def clock_of(application: Application, *, at: dt.datetime) -> LegalClock | None:
    """The count of a dossier that comes with its call and its change requests; None where nothing is owed or promised."""
    delay = application.call.decision_delay_days
    start = application.reopened_at or application.submitted_at
    if delay is None or start is None or application.status not in RUNNING:
        return None
    suspensions = [Suspension(request.created_at, request.ended_at) for request in application.change_requests]
    return clock(start, delay, suspensions, at=at, zone=application.call.time_zone)


def in_words(count: LegalClock, *, yours: bool) -> str:
    """What both sides read; `yours` when the reader is who must answer the complements."""
    if count.suspended_since:
        whose = "de vos compléments" if yours else "des compléments"
        left = f" Il restera alors {_days(count.left)} pour décider." if count.left > 0 else ""
        return f"Délai suspendu depuis le {told(count.suspended_since)} : il reprendra à la réception {whose}.{left}"
    if count.is_late:
        return f"Décision attendue depuis le {told(count.due_on)} : le délai est dépassé de {_days(-count.left)}."
    left = "c’est le dernier jour" if count.left == 0 else f"encore {_days(count.left)}"
    return f"Décision au plus tard le {told(count.due_on)} : {left}."


def _days(number: int) -> str:
    return f"{number} jour{'s' if number > 1 else ''}"
