"""What is true when the lock is got decides, not what was true when the page was read."""

import datetime as dt
import io
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from guichet.accounts import queries as accounts
from guichet.accounts.models import Account, Role
from guichet.applications import queries
from guichet.applications.models import Application, ApplicationStatus, ChangeRequest, Section, TeamMember, TeamRole
from guichet.applications.sections import fingerprint
from guichet.applications.services import attachments, drafting, lead, submission
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import DomainError, Forbidden
from guichet.core.transaction import unit_of_work
from tests.factories import files
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call

S = ApplicationStatus


@pytest.fixture
def app(own_app, monkeypatch):
    monkeypatch.setattr("guichet.core.queue.nudger.put", lambda *_: None)
    app = own_app()
    with app.app_context():
        yield app


def who(account_id) -> Account:
    return db.session.scalars(accounts.with_rights().where(Account.id == account_id)).unique().one()


def save(application: Application, actor: Account) -> None:
    seen = fingerprint(application, Section.SOLUTION)
    drafting.save_section(application, Section.SOLUTION, {"problem": "Autre."}, seen=seen, actor=actor)


def attach(application: Application, actor: Account) -> None:
    attachments.attach(application, io.BytesIO(files.PDF), name="a.pdf", kind_id=None, actor=actor)


def submit(application: Application, actor: Account) -> None:
    submission.submit(application, actor=actor)


def ask_endorsement(application: Application, actor: Account) -> None:
    submission.request_endorsement(application, actor=actor)


def delete(application: Application, actor: Account) -> None:
    drafting.delete(application, actor=actor)


def withdraw(application: Application, actor: Account) -> None:
    submission.withdraw(application, "Abandon.", actor=actor)


def hand_over(application: Application, actor: Account) -> None:
    other = next(member for member in application.team if member.account_id != actor.id)
    lead.propose(application, other.account_id, actor=actor)


def remove_her(application: Application, account_id) -> None:
    gone = sa.delete(TeamMember).where(TeamMember.application_id == application.id, TeamMember.account_id == account_id)
    db.session.execute(gone)


def let_her_only_read(application: Application, account_id) -> None:
    rows = sa.update(TeamMember).where(TeamMember.application_id == application.id)
    db.session.execute(rows.where(TeamMember.account_id == account_id).values(role=TeamRole.READER))


def demote_her(application: Application, account_id) -> None:
    rows = sa.update(TeamMember).where(TeamMember.application_id == application.id)
    db.session.execute(rows.where(TeamMember.account_id == account_id).values(role=TeamRole.EDITOR))


def stage(status: ApplicationStatus, **columns):
    lead = make_account(Role.APPLICANT)
    call = make_call(**columns)
    dossier = make_application(lead=lead, call=call, status=status, complete=True)
    other = make_account(Role.APPLICANT, organisation=lead.organisation)
    dossier.team.append(TeamMember(account=other, account_id=other.id, role=TeamRole.EDITOR))
    db.session.commit()
    return dossier.id, lead.id


def elsewhere(app, act) -> None:
    """Another request, begun and committed meanwhile."""

    def run():
        with app.app_context(), unit_of_work():
            act()

    with ThreadPoolExecutor() as pool:
        pool.submit(run).result(timeout=20)


def raced(app, status, change, act, **columns):
    application_id, lead_id = stage(status, **columns)
    db.session.remove()
    lead, application = who(lead_id), queries.loaded(application_id)
    elsewhere(app, lambda: change(queries.loaded(application_id), lead_id))
    with pytest.raises(DomainError) as refusal, unit_of_work():
        act(application, lead)
    return refusal


@pytest.mark.parametrize(
    ("status", "change", "act"),
    [
        (S.DRAFT, remove_her, save),
        (S.DRAFT, remove_her, attach),
        (S.DRAFT, remove_her, submit),
        (S.DRAFT, let_her_only_read, save),
        (S.DRAFT, let_her_only_read, attach),
        (S.DRAFT, let_her_only_read, submit),
        (S.DRAFT, demote_her, submit),
        (S.DRAFT, demote_her, delete),
        (S.DRAFT, demote_her, hand_over),
        (S.SUBMITTED, demote_her, withdraw),
    ],
)
def test_who_was_taken_off_while_she_waited_does_nothing(app, status, change, act):
    assert raced(app, status, change, act).type is Forbidden


def test_who_was_taken_off_does_not_ask_for_the_endorsement(app):
    for change in (remove_her, let_her_only_read):
        assert raced(app, S.DRAFT, change, ask_endorsement, endorsement_required=True).type is Forbidden


def test_a_section_that_closed_while_one_waited_takes_no_file(app):
    application_id, lead_id = stage(S.CHANGES_REQUESTED)
    officer_id = make_account(Role.OFFICER).id

    def ask(*sections):
        db.session.add(
            ChangeRequest(
                application_id=application_id,
                sections=list(sections),
                message="Précisez.",
                due_on=clock.today() + dt.timedelta(days=9),
                requested_by_id=officer_id,
            )
        )

    ask(Section.ATTACHMENTS)
    db.session.commit()
    db.session.remove()
    lead, application = who(lead_id), queries.loaded(application_id)

    def answer_and_ask_again():
        db.session.execute(sa.update(ChangeRequest).values(answered_at=clock.now()))
        ask(Section.BUDGET)

    elsewhere(app, answer_and_ask_again)

    with pytest.raises(Forbidden), unit_of_work():
        attach(application, lead)


def test_who_joined_while_one_waited_is_in_what_is_frozen(app):
    application_id, lead_id = stage(S.DRAFT)
    db.session.remove()
    lead, application = who(lead_id), queries.loaded(application_id)

    def join():
        colleague = make_account(Role.APPLICANT, full_name="Nouvelle Venue", organisation=who(lead_id).organisation)
        db.session.add(TeamMember(application_id=application_id, account_id=colleague.id, role=TeamRole.EDITOR))

    elsewhere(app, join)
    with unit_of_work():
        version = submission.submit(application, actor=lead)

    assert "Nouvelle Venue" in [person["name"] for person in version.content["team"]]
