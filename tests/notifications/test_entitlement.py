"""No e-mail to somebody to whom the pages would not show the dossier: neither when it is written, nor when it leaves."""

import datetime as dt

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Account, Role, RoleGrant
from guichet.applications.events import ApplicationWithdrawn, DraftDeadlineNear, EndorsementRequested
from guichet.applications.models import Application, ApplicationStatus, Recusal, TeamMember, TeamRole
from guichet.core import clock
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from guichet.notifications import handlers, services
from guichet.notifications.models import Email, EmailStatus
from guichet.notifications.smtp import Mailer
from guichet.review.events import ReviewAssigned
from guichet.review.models import AssignmentStatus
from guichet.review.queries.decisions import people_to_tell
from tests.factories.accounts import make_account, make_ministry
from tests.factories.applications import make_application
from tests.factories.committee import make_decision, make_session
from tests.factories.review import make_assignment
from tests.sink import Sink

S = ApplicationStatus


@pytest.fixture
def mailer():
    with Sink() as sink:
        mailer = Mailer(sink.url, "Guichet <ne-pas-repondre@guichet.example>")
        yield mailer
        mailer.close()


def close_the_account(person: Account, _dossier: Application) -> None:
    person.active = False


def end_the_roles(person: Account, _dossier: Application) -> None:
    for grant in person.grants:
        grant.last_day = clock.today() - dt.timedelta(days=2)


def take_the_roles_back(person: Account, _dossier: Application) -> None:
    db.session.execute(sa.delete(RoleGrant).where(RoleGrant.account_id == person.id))


def move_to_another_ministry(person: Account, _dossier: Application) -> None:
    person.organisation_id = make_ministry().id


def move_to_the_dossiers_ministry(person: Account, dossier: Application) -> None:
    person.organisation_id = dossier.ministry_id


def recuse(person: Account, dossier: Application) -> None:
    db.session.add(Recusal(application_id=dossier.id, account_id=person.id, reason="Parenté."))


def leave_the_team(person: Account, _dossier: Application) -> None:
    db.session.execute(sa.delete(TeamMember).where(TeamMember.account_id == person.id))


def join_the_team(person: Account, dossier: Application) -> None:
    db.session.add(TeamMember(application_id=dossier.id, account_id=person.id, role=TeamRole.EDITOR))


def lose_the_assignment(person: Account, _dossier: Application) -> None:
    db.session.execute(sa.text("UPDATE assignment SET status = 'cancelled' WHERE reviewer_id = :id"), {"id": person.id})


COMMON = (close_the_account, end_the_roles, take_the_roles_back, recuse)
CASES = [
    *(("member", change) for change in (*COMMON, move_to_another_ministry, leave_the_team)),
    *(("focal_point", change) for change in COMMON),
    *(("officer", change) for change in (*COMMON, move_to_the_dossiers_ministry, join_the_team)),
    *(("reviewer", change) for change in (*COMMON, move_to_the_dossiers_ministry, lose_the_assignment)),
]


def stage(who: str):
    """A dossier, a person concerned by it as `who` says, and an event of which she is told."""
    lead = make_account(Role.APPLICANT)
    draft = who in {"member", "focal_point"}
    dossier = make_application(lead=lead, status=S.DRAFT if draft else S.UNDER_REVIEW)
    if who == "member":
        person = make_account(Role.APPLICANT, organisation=lead.organisation)
        dossier.team.append(TeamMember(account=person, account_id=person.id, role=TeamRole.EDITOR))
        return dossier, person, DraftDeadlineNear(application_id=dossier.id)
    if who == "focal_point":
        person = make_account(Role.FOCAL_POINT, organisation=lead.organisation)
        return dossier, person, EndorsementRequested(application_id=dossier.id)
    if who == "officer":
        person = make_account(Role.OFFICER)
        return dossier, person, ApplicationWithdrawn(application_id=dossier.id, reason="Abandon.", by_id=lead.id)
    person = make_account(Role.REVIEWER)
    assignment = make_assignment(dossier, reviewer=person, status=AssignmentStatus.ASSIGNED)
    return dossier, person, ReviewAssigned(application_id=dossier.id, assignment_id=assignment.id)


def tell(event) -> None:
    with unit_of_work():
        handlers.notify(event)


def sent_to(person: Account) -> list[EmailStatus]:
    return list(db.session.scalars(sa.select(Email.status).where(Email.recipient_id == person.id)))


@pytest.mark.parametrize("who", ["member", "focal_point", "officer", "reviewer"])
def test_who_may_still_read_is_told(session, mailer, who):
    _, person, event = stage(who)
    tell(event)
    services.send_queued(mailer)

    assert sent_to(person) == [EmailStatus.SENT]


@pytest.mark.parametrize(("who", "change"), CASES)
def test_nothing_is_written_to_who_may_not_read_any_more(session, who, change):
    dossier, person, event = stage(who)
    with unit_of_work():
        change(person, dossier)
    tell(event)

    assert sent_to(person) == []


@pytest.mark.parametrize(("who", "change"), CASES)
def test_nothing_leaves_to_who_may_not_read_any_more(session, mailer, who, change):
    dossier, person, event = stage(who)
    tell(event)
    with unit_of_work():
        change(person, dossier)
    services.send_queued(mailer)

    assert sent_to(person) == [EmailStatus.CANCELLED]


def test_an_email_leaves_to_the_address_of_the_day(session, mailer):
    _, person, event = stage("officer")
    tell(event)
    person.email = "nouvelle@ministere.example"
    services.send_queued(mailer)

    assert "nouvelle@ministere.example" in db.session.scalars(sa.select(Email.recipient_email)).all()


@pytest.mark.parametrize("change", [close_the_account, end_the_roles, take_the_roles_back, move_to_another_ministry])
def test_the_publication_counts_those_whom_it_will_tell(session, change):
    dossier, person, _ = stage("member")
    decision = make_decision(dossier, make_session(dossier.call, dossier))
    before = people_to_tell([decision])
    with unit_of_work():
        change(person, dossier)

    assert people_to_tell([decision]) == before - 1
