"""The only clocks of the product: everything that reads the time asks here, so a deadline has one judge."""

import contextlib
import datetime as dt
from collections.abc import Iterator
from contextvars import ContextVar
from zoneinfo import ZoneInfo

# Where a day that no call dates begins and ends: the last day of a role, the year of a plan, a filter of the journal.
WINDOW_ZONE = "Europe/Paris"

_travelled_to: ContextVar[dt.datetime | None] = ContextVar("travelled_to", default=None)


def now() -> dt.datetime:
    """The present instant, in UTC."""
    return _travelled_to.get() or dt.datetime.now(dt.UTC)


def today(zone: str = WINDOW_ZONE) -> dt.date:
    """The present day on the calendar of `zone`: the call's where there is a call, the window's otherwise."""
    return day_of(now(), zone)


def day_of(moment: dt.datetime, zone: str = WINDOW_ZONE) -> dt.date:
    """The day on which `moment` falls, on the calendar of `zone` (IANA name)."""
    return moment.astimezone(ZoneInfo(zone)).date()


def midnight(day: dt.date, zone: str = WINDOW_ZONE) -> dt.datetime:
    """The instant at which `day` begins on the calendar of `zone`."""
    return dt.datetime.combine(day, dt.time(), ZoneInfo(zone)).astimezone(dt.UTC)


def instants_of(local: dt.datetime, zone: str) -> list[dt.datetime]:
    """The instants at which the clocks of `zone` say `local`: one; none in a spring night; two in an autumn night."""
    folds = (local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(dt.UTC) for fold in (0, 1))
    shown = local.replace(tzinfo=None, fold=0)
    return sorted({one for one in folds if one.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0) == shown})


@contextlib.contextmanager
def travel_to(moment: dt.datetime) -> Iterator[None]:
    """Make `now()` answer `moment` inside the block: the demonstration writes its past so, and the tests their deadlines."""
    token = _travelled_to.set(moment.astimezone(dt.UTC))
    try:
        yield
    finally:
        _travelled_to.reset(token)
