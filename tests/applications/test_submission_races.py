"""Several clicks at the same moment, really committed: one submission, one number, one version, one event."""

import datetime as dt
import io
import threading
from collections import Counter

import pytest
import sqlalchemy as sa

from guichet.accounts import queries as accounts
from guichet.accounts.models import Account, Role
from guichet.applications import queries
from guichet.applications.models import Application, ApplicationStatus, ApplicationVersion, Attachment
from guichet.applications.services import attachments, submission
from guichet.audit.models import AuditEntry
from guichet.calls.models import Call
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import DomainError
from guichet.core.transaction import unit_of_work
from guichet.outbox.models import OutboxMessage
from guichet.workflow.engine import lock
from tests.applications.page_reader import read
from tests.conftest import Client
from tests.factories import files
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call

CLICKS = 6


@pytest.fixture
def app(own_app, monkeypatch):
    monkeypatch.setattr("guichet.core.queue.nudger.put", lambda *_: None)
    app = own_app()
    app.test_client_class = Client
    with app.app_context():
        yield app


def at_once(app, *acts):
    """Run `acts` at the same moment, each in its thread and its application context; what each answered."""
    start, answers = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number, act):
        with app.app_context():
            ready = act()
            start.wait(timeout=20)
            try:
                answers[number] = ready()
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(number, act)) for number, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    db.session.expire_all()
    return answers


def browser_of(app, account):
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = account.get_id()
        cookie["_fresh"] = True
    return client


def count(table):
    return db.session.scalar(sa.select(sa.func.count()).select_from(table))


def test_six_clicks_submit_once_and_all_land_on_the_dossier(app):
    lead = make_account(Role.APPLICANT)
    draft = make_application(lead=lead, complete=True)
    url = f"/dossiers/{draft.id}/depot"
    clients = [browser_of(app, lead) for _ in range(CLICKS)]
    db.session.commit()
    forms = []
    for client in clients:
        form = read(client.get(url)).fields
        form.fill({"certified": "y"})
        forms.append(form)

    def click(client, form):
        return lambda: lambda: client.post(url, data=form)

    answers = at_once(app, *(click(client, form) for client, form in zip(clients, forms, strict=True)))

    assert [answer.status_code for answer in answers] == [303] * CLICKS
    said = Counter()
    for client, answer in zip(clients, answers, strict=True):
        text = read(client.get(answer.location)).text
        said["won" if "Le dossier est déposé le" in text else "already"] += 1
        assert f"sous le numéro {db.session.get(Call, draft.call_id).code}-0001" in text
    assert said == {"won": 1, "already": CLICKS - 1}
    assert db.session.scalars(sa.select(Application.status)).one() is ApplicationStatus.SUBMITTED
    assert db.session.scalars(sa.select(Call.last_reference)).one() == 1
    assert count(ApplicationVersion) == 1
    handlers = db.session.scalars(sa.select(OutboxMessage.handler).order_by(OutboxMessage.handler)).all()
    assert handlers == ["make_receipt", "notify"]
    actions = db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.number)).all()
    assert actions == ["application.submit", "application.freeze"]


def submitting(lead_id, application_id, moment=None):
    """The act of submitting, all that it needs read before the start."""

    def act():
        lead = db.session.scalars(accounts.with_rights().where(Account.id == lead_id)).unique().one()
        application = queries.loaded(application_id)

        def ready():
            try:
                with clock.travel_to(moment or clock.now()), unit_of_work():
                    submission.submit(application, actor=lead)
            except DomainError as refusal:
                return type(refusal).__name__
            return application.reference

        return ready

    return act


def test_two_dossiers_of_one_call_submitted_at_once_take_two_numbers(app):
    lead, call = make_account(Role.APPLICANT), make_call()
    drafts = [make_application(lead=lead, call=call, complete=True) for _ in range(4)]
    db.session.commit()

    references = at_once(app, *(submitting(lead.id, draft.id) for draft in drafts))

    assert sorted(references) == [f"{call.code}-{number:04}" for number in range(1, 5)]


def test_a_save_during_the_submission_is_never_lost_nor_half_frozen(app):
    """The dossier is submitted as it was read, or the submission is refused: never a third content."""
    lead = make_account(Role.APPLICANT)
    draft = make_application(lead=lead, complete=True)
    db.session.commit()

    def saving():
        application = queries.loaded(draft.id)

        def ready():
            try:
                with unit_of_work():
                    lock(application)
                    if application.status is not ApplicationStatus.DRAFT:
                        return "closed"
                    application.deliverables = "Autre chose."
                    application.saved_at = clock.now()
            except DomainError as refusal:
                return type(refusal).__name__
            return "saved"

        return ready

    saved, submitted = at_once(app, saving, submitting(lead.id, draft.id))

    live = db.session.scalars(sa.select(Application.deliverables)).one()
    if submitted == "RuleBroken":
        assert (saved, live, count(ApplicationVersion)) == ("saved", "Autre chose.", 0)
    else:
        content = db.session.scalars(sa.select(ApplicationVersion.content)).one()
        frozen = {field["key"]: field["value"] for section in content["sections"] for field in section["fields"]}
        assert (saved, frozen["deliverables"]) == ("closed", live)


def test_two_clicks_attach_a_file_once(app):
    lead = make_account(Role.APPLICANT)
    draft = make_application(lead=lead)
    db.session.commit()

    def attaching():
        who = db.session.scalars(accounts.with_rights().where(Account.id == lead.id)).unique().one()
        application = queries.loaded(draft.id)

        def ready():
            try:
                with unit_of_work():
                    attachments.attach(application, io.BytesIO(files.PDF), name="a.pdf", kind_id=None, actor=who)
            except DomainError as refusal:
                return refusal.message
            return "attached"

        return ready

    answers = at_once(app, attaching, attaching, attaching)

    assert Counter(answers) == {"attached": 1, "Ce fichier est déjà joint au dossier.": 2}
    assert count(Attachment) == 1


def test_who_clicked_before_the_closing_and_is_served_after_it_is_late(app):
    """The instant is read once the call is locked: a queue before the lock does not stop the clock."""
    lead, call = make_account(Role.APPLICANT), make_call()
    first, second = (make_application(lead=lead, call=call, complete=True) for _ in range(2))
    db.session.commit()
    second_before = call.closes_at - dt.timedelta(seconds=1)

    answers = at_once(app, submitting(lead.id, first.id, second_before), submitting(lead.id, second.id, call.closes_at))

    assert answers == [f"{call.code}-0001", "RuleBroken"]
