"""Who is to be told: one function a group, from an application to its people.

Those who may not read it any more, or not yet, are taken out for all groups by `entitlement`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from guichet.accounts import queries as accounts
from guichet.accounts.models import Account, Role
from guichet.applications import messages
from guichet.applications.models import WRITERS, TeamRole
from guichet.core.db import db
from guichet.notifications.subjects import Subject
from guichet.review.models import Assignment

Recipients = Callable[[Any, Subject], Sequence[Account]]


def team(_event: Any, subject: Subject) -> list[Account]:
    return [member.account for member in subject.application.team]


def writers(_event: Any, subject: Subject) -> list[Account]:
    """Those of the team of whom something is awaited: not who only reads."""
    return [member.account for member in subject.application.team if member.role in WRITERS]


def lead(_event: Any, subject: Subject) -> list[Account]:
    return [member.account for member in subject.application.team if member.role is TeamRole.LEAD]


def lead_and_focal_points(event: Any, subject: Subject) -> list[Account]:
    return [*lead(event, subject), *focal_points(event, subject)]


def member(event: Any, _subject: Subject) -> list[Account]:
    """The person of the team whom the event names, even if she left it."""
    return [db.session.get_one(Account, event.account_id)]


def receiver(_event: Any, subject: Subject) -> list[Account]:
    """To whom the dossier is proposed."""
    return [subject.facts["transfer"].receiver]


def both_leads_and_focal_points(event: Any, subject: Subject) -> list[Account]:
    """The former lead, the new one, and who looks after the ministry's dossiers."""
    names = [event.former_id, event.lead_id]
    leads = db.session.scalars(sa.select(Account).where(Account.id.in_([name for name in names if name])))
    return [*leads, *focal_points(event, subject)]


def focal_points(_event: Any, subject: Subject) -> list[Account]:
    return accounts.holders_of(Role.FOCAL_POINT, organisation_id=subject.application.ministry_id)


def team_and_focal_points(event: Any, subject: Subject) -> list[Account]:
    return [*team(event, subject), *focal_points(event, subject)]


def officers(_event: Any, subject: Subject) -> list[Account]:
    """Those who process the dossier: officers of the call, never of the ministry that carries it."""
    return [
        officer
        for officer in accounts.holders_of(Role.OFFICER, call_id=subject.application.call_id)
        if officer.organisation.ministry_id != subject.application.ministry_id
    ]


def correspondents(event: Any, subject: Subject) -> list[Account]:
    """The team, its focal point and the officers of the call, but the author of the message."""
    people = messages.correspondents(subject.application)
    return [person for person in (*people.team, *people.officers) if person.id != event.author_id]


def other_officers(event: Any, subject: Subject) -> list[Account]:
    """The officers of the call, but the author of the note."""
    return [person for person in messages.correspondents(subject.application).officers if person.id != event.author_id]


def reviewer(event: Any, _subject: Subject) -> list[Account]:
    """The person of the assignment that the event names."""
    assignment = db.session.get_one(Assignment, event.assignment_id)
    return [db.session.get_one(Account, assignment.reviewer_id)]


def account(_event: Any, subject: Subject) -> list[Account]:
    """The person whom an event of her own account concerns."""
    return [subject.account]


def administrators(_event: Any, _subject: Subject) -> list[Account]:
    """Those who run the window."""
    return accounts.holders_of(Role.ADMIN)
