"""What the scenes share: the copy of the call, its people, its dossiers, and the report that they write."""

import datetime as dt
from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa

from guichet.accounts.models import Account
from guichet.applications.models import Application
from guichet.audit.models import Audience
from guichet.calls.models import Call, CallStatus
from guichet.core import clock
from guichet.core.db import db
from guichet.documents import storage
from guichet.documents.models import Document
from guichet.notifications.entitlement import entitled
from guichet.notifications.models import Email
from guichet.outbox.models import OutboxMessage
from guichet.outbox.registry import resolve
from guichet.rehearsal.report import Mail, Report, Sight, Step
from guichet.rehearsal.story.cast import Cast
from guichet.rehearsal.story.copying import closing_of


@dataclass(frozen=True)
class Paper:
    """A document that the story produced, kept with the report."""

    label: str
    name: str
    content: bytes


@dataclass(frozen=True)
class Calendar:
    """When each step is played: at the instants that the call announces, then at the pace of a quick processing."""

    published: dt.datetime
    opened: dt.datetime
    handed_in: dt.datetime
    closed: dt.datetime

    @classmethod
    def of(cls, call: Call) -> "Calendar":
        """A draft is published now, which its dates must allow; a call already published was so before it opens."""
        now = clock.now()
        if call.status is not CallStatus.DRAFT:
            now = min(now, call.opens_at - dt.timedelta(minutes=1))
        # A window of an hour is one too.
        half = call.opens_at + (closing_of(call) - call.opens_at) / 2
        return cls(published=now, opened=call.opens_at, handed_in=half, closed=closing_of(call))

    def after(self, days: int) -> dt.datetime:
        """So many days after the closing."""
        return self.closed + dt.timedelta(days=days)


@dataclass
class Stage:
    """`model` is the true call, only read; `call` its copy, on which all is played."""

    model: Call
    call: Call
    cast: Cast
    calendar: Calendar
    owed: list[OutboxMessage]
    report: Report = field(default_factory=Report)
    papers: list[Paper] = field(default_factory=list)
    # In the order of the teams.
    dossiers: list[UUID] = field(default_factory=list)
    session_id: UUID | None = None

    @property
    def step(self) -> Step:
        return self.report.steps[-1]

    def say(self, *sentences: str) -> None:
        self.step.said += sentences

    def remark(self, *sentences: str) -> None:
        self.step.remarks += sentences

    def deliver(self) -> None:
        """Do the worker's part: every handler of every event that the scene published, in the same transaction."""
        db.session.flush()
        events: list[UUID] = []
        while self.owed:
            message = self.owed.pop(0)
            handler, event = resolve(message)
            handler(event)
            db.session.flush()
            events.append(event.event_id)
        for event_id in dict.fromkeys(events):
            self._note_mails(event_id)
        self.cast.refresh()

    def _note_mails(self, event_id: UUID) -> None:
        """One mail for each notice, as the fictitious people receive it; the others who would are counted."""
        rows = sa.select(Email).where(Email.key.startswith(f"{event_id}.")).order_by(Email.notice, Email.recipient_name)
        by_notice: dict[str, list[Email]] = {}
        for email in db.session.scalars(rows):
            by_notice.setdefault(email.notice, []).append(email)
        for emails in by_notice.values():
            self._note(emails)

    def _note(self, emails: list[Email]) -> None:
        played = [email for email in emails if email.recipient_id in self.cast.roles]
        shown = (played or emails)[0]
        to = list(dict.fromkeys(self.cast.roles[one.recipient_id] for one in played if one.recipient_id))
        others = len(emails) - len(played)
        alike = (self.step.title, shown.subject, to)
        for mail in self.report.mails:
            if (mail.step, mail.subject, mail.to) == alike:
                mail.copies += 1
                return
        at, subject, text = self.step.at, shown.subject, shown.text_body
        self.report.mails.append(Mail(step=self.step.title, at=at, to=to, others=others, subject=subject, text=text))

    def keep(self, document: Document, label: str) -> None:
        """Take a document out of the storage that is thrown away."""
        self.papers.append(Paper(label, document.name, b"".join(storage.read(document.id))))

    def look(self, moment: str) -> None:
        """Note who may read how many of the dossiers at this moment, as the pages and the e-mails judge it."""
        self.report.moments.append(moment)
        people = {person.id: label for label, person in self._readers().items()}
        seen = dict.fromkeys(people.values(), 0)
        for dossier in self.dossiers:
            readers = {
                person.id
                for audience in Audience
                for person in entitled(people, Application.__tablename__, dossier, audience)
            }
            for reader in readers:
                seen[people[reader]] += 1
        for label, count in seen.items():
            known = next((sight for sight in self.report.sights if sight.who == label), None)
            if known is None:
                known = Sight(who=label, seen=[])
                self.report.sights.append(known)
            known.seen.append(count)

    def _readers(self) -> dict[str, Account]:
        team, cast = self.cast.teams[0], self.cast
        people = [team.lead, team.focal_point, cast.officer, cast.reviewers[0], cast.chair, *cast.watchers]
        return {cast.roles[person.id]: person for person in people}


def reviewers(stage: Stage) -> str:
    """« 1 évaluateur », « 2 évaluateurs »."""
    count = len(stage.cast.reviewers)
    return f"{count} évaluateur{'s' if count > 1 else ''}"
