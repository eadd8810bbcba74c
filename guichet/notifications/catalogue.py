"""THE table of notices: which event is told to whom, with which text, and what of it the dossier's team may know.

The texts of a notice are templates/emails/<template>/ subject.txt, body.txt and body.html.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from guichet.accounts import events as accounts
from guichet.accounts.models import Account, PasswordReset
from guichet.accounts.services import issue_reset_secret
from guichet.applications import events as applications
from guichet.applications.models import (
    Application,
    ApplicationStatus,
    ApplicationVersion,
    Attachment,
    ChangeRequest,
    Message,
    MessageAudience,
)
from guichet.applications.services.complements import WEEK
from guichet.applications.services.readings import is_unread
from guichet.audit.models import Audience
from guichet.core import clock
from guichet.core.db import db
from guichet.documents import events as documents
from guichet.notifications import recipients, subjects, teams
from guichet.notifications.entitlement import concerned, entitled
from guichet.notifications.recipients import Recipients
from guichet.notifications.subjects import Loader, Subject
from guichet.notifications.teams import Outsider
from guichet.outbox.events import Event
from guichet.review import events as review
from guichet.review.models import Assignment, Decision


def always(_subject_id: UUID) -> bool:
    return True


def still_a_draft(application_id: UUID) -> bool:
    """A reminder is not for those who submitted since."""
    status = db.session.scalar(sa.select(Application.status).where(Application.id == application_id))
    return status in {ApplicationStatus.DRAFT, ApplicationStatus.AWAITING_ENDORSEMENT}


def still_awaits_complements(application_id: UUID) -> bool:
    """A reminder is neither for those who answered since, nor for those to whom more time was given."""
    awaited = sa.exists().where(
        ChangeRequest.application_id == application_id,
        ChangeRequest.answered_at.is_(None),
        ChangeRequest.closed_at.is_(None),
        # A day more than the notice: the days of a call may be those of another zone.
        ChangeRequest.due_on <= clock.today() + dt.timedelta(days=WEEK + 1),
    )
    return bool(db.session.scalar(sa.select(awaited)))


def outcome_still_unread(application_id: UUID) -> bool:
    """A reminder is not for those who said since that they have read the decision."""
    return bool(db.session.scalar(sa.select(sa.exists().where(Application.id == application_id, is_unread()))))


def link_still_opens(account_id: UUID) -> bool:
    """A link that waited longer than it lasts is not worth sending."""
    worth = sa.exists().where(
        PasswordReset.account_id == account_id,
        PasswordReset.token_sha256.is_not(None),
        PasswordReset.used_at.is_(None),
        PasswordReset.expires_at > clock.now(),
    )
    return bool(db.session.scalar(sa.select(worth)))


def first_submission(event: Any) -> bool:
    return bool(event.version_number == 1)


def every_event(_event: Any) -> bool:
    return True


@dataclass(frozen=True)
class Notice:
    """One message: its texts, its recipients, what it is about, and whether it is still wanted when it leaves."""

    template: str
    recipients: Recipients
    load: Loader = subjects.application
    audience: Audience = Audience.TEAM
    when: Callable[[Any], bool] = every_event
    still_wanted: Callable[[UUID], bool] = field(default=always)
    # The text holds a one-time link: it is erased once it has left or is given up, and never shown.
    secret: bool = False
    # Whom of the recipients it may still reach: those who read what it is about, but when it tells of coming or leaving.
    reaches: Callable[[Iterable[UUID], str, UUID, Audience], list[Account]] = entitled
    # For somebody who may have no account: an address instead of recipients.
    outsider: Callable[[Subject], Outsider] | None = None


def nobody(_event: Any, _subject: Subject) -> list[Account]:
    return []


def by_another(event: Any) -> bool:
    """Nobody is told what she did herself."""
    return bool(event.by_id != event.account_id)


def _submission(event: Any) -> Subject | None:
    version = db.session.scalars(
        sa.select(ApplicationVersion).where(
            ApplicationVersion.application_id == event.application_id,
            ApplicationVersion.number == event.version_number,
        )
    ).one()
    return subjects.application(event, version=version)


def _change_request(event: Any) -> Subject | None:
    return subjects.application(event, change_request=db.session.get_one(ChangeRequest, event.change_request_id))


def _attachment(event: Any) -> Subject | None:
    options = (joinedload(Attachment.kind), joinedload(Attachment.document))
    return subjects.application(event, attachment=db.session.get_one(Attachment, event.attachment_id, options=options))


def _message(event: Any) -> Subject | None:
    message = db.session.get(Message, event.message_id, options=[joinedload(Message.author)])
    return None if message is None else subjects.application(event, message=message)


def _assignment(event: Any) -> Subject | None:
    return subjects.application(event, assignment=db.session.get_one(Assignment, event.assignment_id))


def _decision(event: Any) -> Subject | None:
    return subjects.application(event, decision=db.session.get_one(Decision, event.decision_id))


def _reset(event: Any) -> Subject:
    return subjects.account(event, secret_path=issue_reset_secret(event.reset_id))


TEAM, STAFF = recipients.team_and_focal_points, recipients.officers

NOTICES: Mapping[type[Event], tuple[Notice, ...]] = {
    applications.EndorsementRequested: (Notice("endorsement_requested", recipients.focal_points),),
    applications.ReturnedToDraft: (Notice("returned_to_draft", recipients.writers),),
    applications.ApplicationSubmitted: (
        Notice("application_submitted", TEAM, _submission, when=first_submission),
        Notice("application_received", STAFF, _submission, Audience.STAFF, when=first_submission),
        Notice("changes_submitted", TEAM, _submission, when=lambda event: not first_submission(event)),
        Notice("changes_received", STAFF, _submission, Audience.STAFF, when=lambda event: not first_submission(event)),
    ),
    applications.ApplicationWithdrawn: (
        Notice("application_withdrawn", TEAM),
        Notice("application_withdrawn_staff", STAFF, audience=Audience.STAFF),
    ),
    applications.ChangesRequested: (Notice("changes_requested", TEAM, _change_request),),
    applications.ChangesExtended: (Notice("changes_extended", TEAM, _change_request),),
    applications.ChangesCancelled: (Notice("changes_cancelled", TEAM, _change_request),),
    applications.ChangesDueSoon: (
        Notice("changes_due_soon", TEAM, _change_request, still_wanted=still_awaits_complements),
    ),
    applications.DraftDeadlineNear: (Notice("draft_deadline_near", recipients.writers, still_wanted=still_a_draft),),
    applications.DraftRemovalNear: (Notice("draft_removal_near", TEAM, still_wanted=still_a_draft),),
    applications.AttachmentInfected: (
        Notice("file_infected", recipients.writers, _attachment),
        Notice("file_infected_staff", STAFF, _attachment, Audience.STAFF, when=lambda event: event.submitted),
    ),
    applications.OutcomeUnread: (Notice("outcome_unread", TEAM, still_wanted=outcome_still_unread),),
    applications.TeamInvited: (
        Notice(
            "team_invitation",
            nobody,
            teams.invited,
            Audience.STAFF,
            still_wanted=teams.invitation_still_opens,
            secret=True,
            outsider=teams.outsider,
        ),
        Notice(
            "account_wanted",
            recipients.administrators,
            teams.account_wanted,
            Audience.STAFF,
            when=lambda event: not event.again,
            still_wanted=teams.account_still_wanted,
        ),
    ),
    applications.MemberAdded: (Notice("member_added", recipients.member, teams.member, when=by_another),),
    applications.MemberJoined: (Notice("member_joined", recipients.lead, teams.member),),
    applications.MemberRemoved: (
        Notice("member_removed", recipients.member, teams.member, when=by_another, reaches=concerned),
    ),
    applications.MemberRoleChanged: (Notice("member_role_changed", recipients.member, teams.member, when=by_another),),
    applications.LeadProposed: (
        Notice("lead_proposed", recipients.receiver, teams.transfer, still_wanted=teams.transfer_still_waits),
        Notice("lead_proposed_told", recipients.lead_and_focal_points, teams.transfer),
    ),
    applications.LeadDeclined: (Notice("lead_declined", recipients.lead_and_focal_points, teams.transfer),),
    applications.LeadTransferred: (Notice("lead_transferred", recipients.both_leads_and_focal_points, teams.leads),),
    applications.MessageSent: (
        Notice(
            "message_sent",
            recipients.correspondents,
            _message,
            reaches=partial(entitled, thread=MessageAudience.EXCHANGE),
        ),
    ),
    applications.NoteWritten: (
        Notice(
            "note_written",
            recipients.other_officers,
            _message,
            Audience.STAFF,
            reaches=partial(entitled, thread=MessageAudience.INTERNAL),
        ),
    ),
    documents.FilesDamaged: (Notice("files_damaged", recipients.administrators, subjects.stored_file, Audience.STAFF),),
    review.EligibilityDecided: (Notice("eligibility_decided", TEAM),),
    review.ApplicationClosed: (Notice("application_closed", TEAM),),
    review.ApplicationReopened: (Notice("application_reopened", TEAM),),
    review.ReviewAssigned: (Notice("review_assigned", recipients.reviewer, _assignment, Audience.STAFF),),
    review.ReviewDeclined: (Notice("review_declined", STAFF, _assignment, Audience.STAFF),),
    review.ReviewStopped: (Notice("review_stopped", recipients.reviewer, _assignment, Audience.STAFF),),
    review.ReviewCompleted: (Notice("review_completed", STAFF, _assignment, Audience.STAFF),),
    review.DecisionPublished: (Notice("decision_published", TEAM, _decision),),
    accounts.PasswordResetRequested: (
        Notice(
            "password_reset", recipients.account, _reset, Audience.STAFF, still_wanted=link_still_opens, secret=True
        ),
    ),
    accounts.PasswordChanged: (Notice("password_changed", recipients.account, subjects.account, Audience.STAFF),),
    accounts.AccountInvited: (
        Notice(
            "account_invited", recipients.account, _reset, Audience.STAFF, still_wanted=link_still_opens, secret=True
        ),
    ),
}

BY_TEMPLATE: Mapping[str, Notice] = {notice.template: notice for notices in NOTICES.values() for notice in notices}
