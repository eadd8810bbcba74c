"""Rights on dossiers. A recusal hides the dossier before any right is asked: see queries.visible_to."""

import datetime as dt
from uuid import UUID

from guichet.accounts.models import Account, Role
from guichet.accounts.policies import is_admin
from guichet.applications.models import (
    IN_PROGRESS,
    NEVER_SUBMITTED,
    WRITERS,
    Application,
    ApplicationStatus,
    AuthorRole,
    MessageAudience,
    TeamRole,
)
from guichet.applications.own import AnySection
from guichet.calls.models import Call, CallStatus
from guichet.calls.policies import status_at

S = ApplicationStatus
EDITABLE = frozenset({S.DRAFT, S.CHANGES_REQUESTED})
ORDERED = frozenset({CallStatus.PUBLISHED, CallStatus.OPEN})
# Until the decision that awards or refuses it; an inscription on the waiting list does not bind the team.
WITHDRAWABLE = frozenset(
    {S.SUBMITTED, S.CHANGES_REQUESTED, S.ELIGIBLE, S.UNDER_REVIEW, S.REVIEWED, S.DEFERRED, S.WAITLISTED}
)

# While what may be written. The team writes for as long as the service may still act for it: an appeal has its own ways. The
# service also notes what a refused dossier brings, until nothing can reopen it.
WRITTEN_WHILE = {
    MessageAudience.EXCHANGE: IN_PROGRESS | {S.AWARDED},
    MessageAudience.INTERNAL: IN_PROGRESS | {S.AWARDED, S.INELIGIBLE, S.REJECTED},
}


def still_applies(actor: Account, application: Application) -> bool:
    """A member counts for as long as she applies for the ministry of the dossier."""
    return actor.has_role(Role.APPLICANT) and actor.organisation.ministry_id == application.ministry_id


def is_on_team(actor: Account, application: Application) -> bool:
    return still_applies(actor, application) and any(member.account_id == actor.id for member in application.team)


def is_writer(actor: Account, application: Application) -> bool:
    """Of the team, the lead and the editors write; the others only read."""
    writers = (member.account_id for member in application.team if member.role in WRITERS)
    return still_applies(actor, application) and actor.id in writers


def is_lead(actor: Account, application: Application) -> bool:
    leads = (member.account_id for member in application.team if member.role is TeamRole.LEAD)
    return still_applies(actor, application) and actor.id in leads


def is_focal_point(actor: Account, application: Application) -> bool:
    return application.ministry_id in actor.organisations_as(Role.FOCAL_POINT)


def is_officer(actor: Account, application: Application) -> bool:
    """Who processes the dossiers of the call. Never those of one's own ministry."""
    return (
        actor.holds_on_call(application.call_id, Role.OFFICER)
        and actor.organisation.ministry_id != application.ministry_id
    )


def can_edit(actor: Account, application: Application) -> bool:
    """Its writers write, while the dossier is a draft or complements are asked."""
    return application.status in EDITABLE and is_writer(actor, application)


def can_edit_section(actor: Account, application: Application, section: AnySection) -> bool:
    """When complements are asked, only the named sections reopen."""
    if not can_edit(actor, application):
        return False
    if application.status is S.DRAFT:
        return True
    return any(section.value in request.sections for request in application.change_requests if request.is_open)


def can_request_endorsement(actor: Account, application: Application) -> bool:
    """Where the call asks for the focal point's endorsement, those who write ask for it."""
    return application.call.endorsement_required and is_writer(actor, application)


def can_submit(actor: Account, application: Application) -> bool:
    """The team's lead submits by herself where the call asks for no endorsement."""
    return not application.call.endorsement_required and is_lead(actor, application)


def can_endorse(actor: Account, application: Application) -> bool:
    """The ministry's focal point endorses, and so submits."""
    return is_focal_point(actor, application)


def can_order(actor: Account, ministry_id: UUID) -> bool:
    """The focal point says which of her ministry's dossiers it supports the most."""
    return ministry_id in actor.organisations_as(Role.FOCAL_POINT)


def is_order_open(call: Call, *, at: dt.datetime) -> bool:
    """The order moves until the call closes; what is told to the committee does not change afterwards."""
    return status_at(call, at=at) in ORDERED


def can_return_to_draft(actor: Account, application: Application) -> bool:
    """The focal point sends back; those who write may also take back what nobody endorsed yet."""
    return is_focal_point(actor, application) or is_writer(actor, application)


def can_resubmit(actor: Account, application: Application) -> bool:
    return is_lead(actor, application)


def can_withdraw(actor: Account, application: Application) -> bool:
    return is_lead(actor, application)


def can_delete(actor: Account, application: Application) -> bool:
    """A draft that was never submitted may be thrown away by its lead."""
    return application.status is S.DRAFT and is_lead(actor, application)


def can_process(actor: Account, application: Application) -> bool:
    """Eligibility, complements, assignment, closing: the officer of the call."""
    return is_officer(actor, application)


def can_cancel_changes(actor: Account, application: Application) -> bool:
    """The officer takes back a request made while the dossier was only submitted."""
    return can_process(actor, application) and _asked_from(application) is not S.UNDER_REVIEW


def can_cancel_changes_in_review(actor: Account, application: Application) -> bool:
    """The same, for a request that interrupted a review: it goes on."""
    return can_process(actor, application) and _asked_from(application) is S.UNDER_REVIEW


def _asked_from(application: Application) -> ApplicationStatus | None:
    return next((request.asked_from for request in application.change_requests if request.is_open), None)


def can_publish_decision(actor: Account, application: Application) -> bool:
    """What the chair prepared is published by the chair or the secretariat, never for one's own ministry."""
    return (
        actor.holds_on_call(application.call_id, Role.CHAIR, Role.OFFICER)
        and actor.organisation.ministry_id != application.ministry_id
    )


def can_manage_team(actor: Account, application: Application) -> bool:
    """The lead says who is with her; the focal point and administrators may too, so that no dossier is left without anybody."""
    return is_lead(actor, application) or can_impose_lead(actor, application)


def can_impose_lead(actor: Account, application: Application) -> bool:
    """Who may name another lead without anybody's yes, once the lead has left: joining.lead_has_left tells whether she did."""
    return is_focal_point(actor, application) or is_admin(actor)


def can_read_staff_entries(actor: Account, application: Application) -> bool:
    """Who reads what is meant for the secretariat on the timeline: its officers and the auditors, not the applicants."""
    wrote = any(member.account_id == actor.id for member in application.team)
    if wrote or is_focal_point(actor, application):
        return False
    return is_officer(actor, application) or actor.holds_on_call(application.call_id, Role.AUDITOR)


def can_read_former_files(actor: Account, application: Application) -> bool:
    """Files removed or replaced before any submission: those who write, their focal point and the auditors."""
    writes = is_writer(actor, application) or is_focal_point(actor, application)
    return writes or actor.holds_on_call(application.call_id, Role.AUDITOR)


def can_read_rewriting(actor: Account, application: Application) -> bool:
    """While complements are written, the service reads what was submitted; the team, its focal point and auditors read on."""
    if application.status is not S.CHANGES_REQUESTED:
        return True
    reads_on = is_on_team(actor, application) or is_focal_point(actor, application)
    return reads_on or actor.holds_on_call(application.call_id, Role.AUDITOR)


def can_acknowledge(actor: Account, application: Application) -> bool:
    """The outcome is told to the whole team and to its focal point: any of them may say that it was read."""
    return is_on_team(actor, application) or is_focal_point(actor, application)


def can_read_unsent(actor: Account, application: Application) -> bool:
    """What was written for complements and never handed in stays with those who wrote it, and their focal point."""
    return is_on_team(actor, application) or is_focal_point(actor, application)


def part_of(actor: Account, application: Application) -> AuthorRole | None:
    """As what `actor` takes part in the messages of a submitted dossier; None for who does not, auditors among them.

    Who only reads in the team takes no part. Who helps to write the dossier, or wrote it, is never an officer of it.
    In SQL: queries.corresponds.
    """
    if application.status in NEVER_SUBMITTED:
        return None
    if is_writer(actor, application):
        return AuthorRole.LEAD if is_lead(actor, application) else AuthorRole.EDITOR
    if is_focal_point(actor, application):
        return AuthorRole.FOCAL_POINT
    takes_part = any(member.account_id == actor.id for member in application.team)
    return AuthorRole.OFFICER if is_officer(actor, application) and not takes_part else None


def can_read_messages(actor: Account, application: Application) -> bool:
    """The team, its focal point, the officers of the call and the auditors: neither reviewers, nor who administers or pays."""
    writes = is_on_team(actor, application) or is_focal_point(actor, application)
    return writes or is_officer(actor, application) or actor.holds_on_call(application.call_id, Role.AUDITOR)


def audiences_read(actor: Account, application: Application) -> tuple[MessageAudience, ...]:
    """Which messages `actor` may read."""
    if not can_read_messages(actor, application):
        return ()
    if can_read_staff_entries(actor, application):
        return (MessageAudience.EXCHANGE, MessageAudience.INTERNAL)
    return (MessageAudience.EXCHANGE,)


def can_exchange(actor: Account, application: Application) -> bool:
    """The team, its focal point and the officers of the call write to one another."""
    return part_of(actor, application) is not None


def can_note(actor: Account, application: Application) -> bool:
    """Only the officers of the call write notes for the service."""
    return part_of(actor, application) is AuthorRole.OFFICER
