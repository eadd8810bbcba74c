"""The round of a dossier: judged when it is submitted, kept afterwards, told wherever the dossier is."""

import datetime as dt
import threading

import pytest
import sqlalchemy as sa

from guichet.accounts import queries as accounts
from guichet.accounts.models import Account, Role
from guichet.applications import queries
from guichet.applications.awaited import awaited
from guichet.applications.models import Application, ApplicationStatus, ApplicationVersion, Section
from guichet.applications.receipts import receipt_data
from guichet.applications.services import complements, reminders, submission
from guichet.calls import services as calls
from guichet.calls.dating import CallKind
from guichet.calls.models import Call, CallStatus
from guichet.core import clock
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from guichet.notifications.models import Email
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call

S = ApplicationStatus
NOW = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
FIRST, LAST = NOW + 10 * DAY, NOW + 30 * DAY


@pytest.fixture
def lead(session, at):
    at(NOW)
    return make_account(Role.APPLICANT)


@pytest.fixture
def call(lead):
    return make_call(opens_at=NOW - DAY, rounds=[FIRST, LAST])


def submitted_at(moment, call, lead, at):
    application = queries.loaded(make_application(call=call, lead=lead, complete=True).id)
    at(moment)
    with unit_of_work():
        submission.submit(application, actor=lead)
    return application


@pytest.mark.parametrize(
    ("moment", "name"),
    [
        (NOW, "1re relève"),
        (FIRST - dt.timedelta(microseconds=1), "1re relève"),
        (FIRST, "2e relève"),
        (LAST - dt.timedelta(microseconds=1), "2e relève"),
    ],
)
def test_a_dossier_belongs_to_the_round_that_runs_when_it_is_submitted(call, lead, at, moment, name):
    application = submitted_at(moment, call, lead, at)

    assert application.round is not None
    assert application.round.name == name
    [version] = db.session.scalars(sa.select(ApplicationVersion))
    assert version.content["round"] == name
    assert ["Relève", name] in receipt_data(version, application.call)["facts"]


def test_a_dossier_of_a_call_of_one_closing_has_no_round(lead, at):
    application = submitted_at(NOW, make_call(opens_at=NOW - DAY, closes_at=LAST), lead, at)

    assert (application.round_id, application.round) == (None, None)
    [content] = db.session.scalars(sa.text("SELECT content FROM application_version"))
    assert "round" not in content


def test_a_dossier_of_a_continuous_call_is_taken_at_any_time(lead, at):
    call = make_call(opens_at=NOW - DAY, kind=CallKind.CONTINUOUS, closes_at=None)

    assert submitted_at(NOW + 3000 * DAY, call, lead, at).status is S.SUBMITTED


def test_complements_keep_the_round(call, lead, at):
    application = submitted_at(FIRST - HOUR, call, lead, at)
    first, last_day = application.round_id, (FIRST + 10 * DAY).date()
    at(FIRST + HOUR)

    with unit_of_work():
        complements.request_changes(
            application, [Section.SOLUTION], "Précisez.", last_day, actor=make_account(Role.OFFICER)
        )
    application = queries.loaded(application.id)
    with unit_of_work():
        version = submission.resubmit(application, actor=lead)

    assert (version.number, application.round_id) == (2, first)
    assert version.content["round"] == "1re relève"


def test_the_banner_counts_to_the_closing_of_the_running_round(call, lead):
    draft = make_application(call=call, lead=lead)

    first, last = awaited(draft, at=FIRST - DAY), awaited(draft, at=FIRST)

    assert (first.until, first.days_left, "1re relève en cours" in first.what) == (FIRST, 1, True)
    assert (last.until, "2e relève en cours" in last.what) == (LAST, True)


def test_the_banner_of_a_continuous_call_counts_nothing(lead):
    call = make_call(opens_at=NOW - DAY, kind=CallKind.CONTINUOUS, closes_at=None)

    told = awaited(make_application(call=call, lead=lead), at=NOW + 900 * DAY)

    assert (told.until, told.days_left) == (None, None)
    assert "clos" not in told.what


def test_teams_are_reminded_before_each_round_once(call, lead, at):
    make_application(call=call, lead=lead)
    told = []
    for moment in (NOW, FIRST - 2 * DAY, FIRST - DAY, FIRST, LAST - 2 * DAY, LAST - DAY):
        at(moment)
        with unit_of_work():
            told.append(reminders.remind_drafts())
        db.session.expire_all()

    assert told == [0, 1, 0, 0, 1, 0]


def test_the_reminder_names_the_round_and_its_closing(call, lead, at, run_outbox):
    make_application(call=call, lead=lead)
    at(FIRST - DAY)
    with unit_of_work():
        reminders.remind_drafts()
    run_outbox()

    subject, body = db.session.execute(sa.select(Email.subject, Email.text_body)).one()
    assert "clôture (1re relève) le" in subject
    assert "sera examiné avec la relève suivante" in body


def test_a_continuous_call_reminds_nobody(lead, at):
    make_application(call=make_call(opens_at=NOW - DAY, kind=CallKind.CONTINUOUS, closes_at=None), lead=lead)
    at(NOW + 100 * DAY)

    with unit_of_work():
        assert reminders.remind_drafts() == 0


# Lists


def test_lists_tell_the_round_and_filter_by_it(client_for, call, lead, at):
    first, last = call.rounds
    for name, one in (("Du premier tour", first), ("Du second tour", last)):
        make_application(call=call, lead=lead, title=name, status=S.SUBMITTED, round_id=one.id)

    for account, address in ((lead, "/dossiers"), (make_account(Role.OFFICER), "/instruction")):
        client = client_for(account)
        whole = client.get(address).get_data(as_text=True)
        assert "1re relève" in whole
        narrowed = client.get(f"{address}?releve={last.id}").get_data(as_text=True)
        assert "Du second tour" in narrowed
        assert "Du premier tour" not in narrowed
        assert client.get(f"{address}?releve=n%27importe").status_code in {200, 422}


def test_lists_without_rounds_do_not_ask_for_one(client_for, lead):
    make_application(lead=lead, status=S.SUBMITTED)

    for account, address in ((lead, "/dossiers"), (make_account(Role.OFFICER), "/instruction")):
        assert 'name="releve"' not in client_for(account).get(address).get_data(as_text=True)


@pytest.mark.parametrize("path", ["/dossiers/{id}", "/instruction/dossiers/{id}"])
def test_pages_of_a_dossier_tell_its_round(client_for, call, lead, path):
    one = make_application(call=call, lead=lead, status=S.SUBMITTED, round_id=call.rounds[0].id)
    account = make_account(Role.OFFICER) if "instruction" in path else lead

    assert "1re relève" in client_for(account).get(path.format(id=one.id)).get_data(as_text=True)


@pytest.mark.parametrize("kind", CallKind)
def test_pages_before_the_submission_tell_until_when(client_for, lead, kind):
    shared = {"opens_at": NOW - DAY, "slug": "celui-ci"}
    if kind is CallKind.ROUNDS:
        call = make_call(rounds=[FIRST, LAST], **shared)
    else:
        call = make_call(kind=kind, closes_at=FIRST if kind is CallKind.DATED else None, **shared)
    draft = make_application(call=call, lead=lead, complete=True)
    client = client_for(lead)
    expected = "nouvel ordre" if kind is CallKind.CONTINUOUS else "3 décembre 2026"

    for address in ("/appels/celui-ci/dossier", f"/dossiers/{draft.id}/depot"):
        answer = client.get(address)
        assert answer.status_code == 200
        assert expected in answer.get_data(as_text=True).replace("\xa0", " ")
    assert client.get("/tableau-de-bord").status_code == 200


# What the database refuses


def test_the_database_refuses_a_round_of_another_call_or_of_a_draft(call, lead):
    other = make_call(opens_at=NOW - DAY, rounds=[LAST])
    handed_in = make_application(call=call, lead=lead, status=S.SUBMITTED)
    draft = make_application(call=call, lead=lead)

    for one, round_id, name in (
        (handed_in, other.rounds[0].id, "fk_application_call_id_round_id"),
        (draft, call.rounds[0].id, "ck_application_round_once_submitted"),
    ):
        with pytest.raises(sa.exc.IntegrityError, match=f'"{name}"'), db.session.begin_nested():
            db.session.execute(sa.update(Application).where(Application.id == one.id).values(round_id=round_id))


# Really at the same time


@pytest.fixture
def app_of_its_own(own_app, monkeypatch):
    monkeypatch.setattr("guichet.core.queue.nudger.put", lambda *_: None)
    app = own_app()
    with app.app_context():
        yield app


def who(account_id):
    return db.session.scalars(accounts.with_rights().where(Account.id == account_id)).unique().one()


def test_a_closing_pushed_back_while_a_team_waits_for_the_lock_is_the_one_that_counts(app_of_its_own):
    """The rounds are read once the call is locked: what they were when the request came does not count."""
    first = clock.now() + HOUR
    call = make_call(rounds=[first, first + DAY])
    lead, officer = make_account(Role.APPLICANT), make_account(Role.OFFICER)
    draft_id = make_application(call=call, lead=lead, complete=True).id
    call_id, lead_id, officer_id, round_id = call.id, lead.id, officer.id, call.rounds[0].id
    db.session.commit()
    extended, answers = threading.Event(), []

    def submit():
        with app_of_its_own.app_context():
            person, application = who(lead_id), queries.loaded(draft_id)
            extended.set()
            # The first closing has passed by a second, as it was announced.
            with clock.travel_to(first + dt.timedelta(seconds=1)), unit_of_work():
                submission.submit(application, actor=person)
            answers.append(application.round_id)
            db.session.remove()

    team = threading.Thread(target=submit)
    with unit_of_work():
        calls.change_round(
            db.session.get_one(Call, call_id),
            round_id,
            calls.RoundTerms(label="", closes_at=first + 2 * HOUR),
            reason="Panne",
            actor=who(officer_id),
        )
        team.start()
        assert extended.wait(timeout=10)
    team.join(timeout=30)

    assert answers == [round_id]


def test_one_second_apart_around_a_closing_each_has_its_round(app_of_its_own):
    first = clock.now() + HOUR
    call, lead = make_call(rounds=[first, first + DAY]), make_account(Role.APPLICANT)
    ids = [make_application(call=call, lead=lead, complete=True).id for _ in range(2)]
    lead_id, rounds = lead.id, [one.id for one in call.rounds]
    db.session.commit()
    start, found = threading.Barrier(2), {}

    def submit(draft_id, moment):
        with app_of_its_own.app_context():
            person, application = who(lead_id), queries.loaded(draft_id)
            start.wait(timeout=10)
            with clock.travel_to(moment), unit_of_work():
                submission.submit(application, actor=person)
            found[draft_id] = application.round_id
            db.session.remove()

    moments = (first - dt.timedelta(seconds=1), first)
    threads = [threading.Thread(target=submit, args=pair) for pair in zip(ids, moments, strict=True)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=30)

    assert [found[one] for one in ids] == rounds


def test_two_schedulers_at_the_hour_open_a_call_once(app_of_its_own):
    due = clock.now()
    call_id = make_call(status=CallStatus.PUBLISHED, opens_at=due, rounds=[due + DAY, due + 2 * DAY]).id
    db.session.commit()
    start, moved = threading.Barrier(2), []

    def run():
        with app_of_its_own.app_context():
            start.wait(timeout=10)
            with unit_of_work():
                moved.append(calls.open_and_close())
            db.session.remove()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=30)

    db.session.expire_all()
    assert sorted(moved) == [0, 1]
    assert db.session.get_one(Call, call_id).status is CallStatus.OPEN
    lines = sa.text("SELECT count(*) FROM audit_entry WHERE subject_id = :call AND action = 'call.open'")
    assert db.session.scalar(lines, {"call": call_id}) == 1
