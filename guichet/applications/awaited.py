"""What is awaited of a dossier, until when. Pure."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from guichet.applications.models import NEVER_SUBMITTED, Application, ApplicationStatus, TeamRole
from guichet.calls.models import Call
from guichet.calls.policies import is_over, next_closing, round_at

# After the last day of complements.
LATE = "L’équipe n’a pas complété les rubriques rouvertes : elle peut encore répondre, tant que le dossier n’est pas classé."


@dataclass(frozen=True)
class Awaited:
    """`until` is the last instant, `days_left` counts on the calendar of the call's zone: 0 on the last day."""

    what: str
    until: dt.datetime | None = None
    days_left: int | None = None


def awaited(application: Application, *, at: dt.datetime) -> Awaited:
    """What the banner of the dossier says at instant `at`."""
    status, call = application.status, application.call
    if status in NEVER_SUBMITTED:
        if is_over(call, at=at):
            return Awaited("L’appel est clos : ce dossier ne peut plus être déposé. Il reste lisible.")
        what = status.awaited
        if status is ApplicationStatus.DRAFT and call.endorsement_required:
            what = "Le dossier n’est pas déposé : l’équipe le complète, puis demande le visa du référent."
        return _while_open(what, call, at)
    if status is ApplicationStatus.CHANGES_REQUESTED:
        for request in application.change_requests:
            if request.is_open:
                is_late = at.astimezone(ZoneInfo(call.time_zone)).date() > request.due_on
                until = end_of(request.due_on, call.time_zone)
                return _until(LATE if is_late else status.awaited, until, call.time_zone, at)
    return Awaited(status.awaited)


def _while_open(what: str, call: Call, at: dt.datetime) -> Awaited:
    closing, running = next_closing(call, at=at), round_at(call, at=at)
    if closing is None:
        return Awaited(what)
    return _until(f"{what} {running.name} en cours." if running else what, closing, call.time_zone, at)


def who_hands_in(application: Application) -> str:
    """Who may submit what is being written, in one sentence; nothing once it is submitted."""
    lead = next((member.account.full_name for member in application.team if member.role is TeamRole.LEAD), "le porteur")
    if application.status is ApplicationStatus.CHANGES_REQUESTED:
        return f"Qui renvoie les compléments : {lead}."
    if application.status not in NEVER_SUBMITTED:
        return ""
    if application.call.endorsement_required:
        return "Qui dépose : le référent numérique écoresponsable du ministère, en visant le dossier."
    return f"Qui dépose : {lead}."


def end_of(day: dt.date, zone: str) -> dt.datetime:
    """The last minute of `day`, which counts whole."""
    return dt.datetime.combine(day, dt.time(23, 59), ZoneInfo(zone)).astimezone(dt.UTC)


def _until(what: str, until: dt.datetime, zone: str, at: dt.datetime) -> Awaited:
    local = ZoneInfo(zone)
    return Awaited(what, until, (until.astimezone(local).date() - at.astimezone(local).date()).days)
