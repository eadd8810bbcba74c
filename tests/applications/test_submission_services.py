import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications import queries
from guichet.applications.frozen import sha256_of
from guichet.applications.models import Application, ApplicationStatus, ApplicationVersion
from guichet.applications.services import submission
from guichet.audit.models import AuditEntry
from guichet.calls.models import Call, CallStatus
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Forbidden, InvalidTransition, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.outbox.models import OutboxMessage
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call

S = ApplicationStatus
# The night when the clocks go back: 3 h in summer time is again 2 h in winter time.
WINTER_NIGHT = dt.datetime(2026, 10, 25, 0, 59, 59, tzinfo=dt.UTC)


@pytest.fixture
def lead(session):
    return make_account(Role.APPLICANT)


@pytest.fixture
def complete(lead):
    """A complete dossier, loaded as a page loads it."""
    return loaded(make_application(lead=lead, complete=True))


def loaded(application):
    db.session.flush()
    db.session.expire(application)
    return queries.loaded(application.id)


def nothing_happened(application):
    row = db.session.execute(
        sa.select(Application.status, Application.reference, Application.submitted_at).where(
            Application.id == application.id
        )
    ).one()
    assert row.status in {S.DRAFT, S.AWAITING_ENDORSEMENT, S.CHANGES_REQUESTED}
    counts = [db.session.scalar(sa.select(sa.func.count()).select_from(table)) for table in (OutboxMessage, AuditEntry)]
    versions = sa.select(sa.func.count()).select_from(ApplicationVersion)
    return counts == [0, 0] and db.session.scalar(versions.where(ApplicationVersion.receipt_id.is_(None))) == 0


def test_submit_gives_a_number_freezes_the_content_and_owes_the_receipt_and_the_mail(complete, lead, owed):
    with unit_of_work():
        version = submission.submit(complete, actor=lead)

    assert complete.status is S.SUBMITTED
    assert complete.reference == f"{complete.call.code}-0001"
    assert complete.submitted_at == version.submitted_at
    assert (version.number, version.submitted_by_id) == (1, lead.id)
    assert version.sha256 == sha256_of(version.content)
    assert owed() == [("ApplicationSubmitted", "make_receipt"), ("ApplicationSubmitted", "notify")]
    actions = db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.number)).all()
    assert actions == ["application.submit", "application.freeze"]


def test_submit_freezes_what_the_database_can_give_back_with_the_same_fingerprint(complete, lead):
    with unit_of_work():
        submission.submit(complete, actor=lead)
    db.session.expire_all()

    version = db.session.scalars(sa.select(ApplicationVersion)).one()

    assert sha256_of(version.content) == version.sha256
    told = {field["key"]: field["value"] for section in version.content["sections"] for field in section["fields"]}
    assert told["title"] == "Prolonger la vie des ordinateurs"
    assert told["amount_requested"] == "60000.00"
    assert told["budget_lines"][0][3:6] == ["120000.00", "60000.00"]
    assert told["plan_links"] == ["Réparer les postes (action proposée) : niveau visé, réalisation"]
    assert version.content["organisation"] == complete.organisation.name


def test_submit_refuses_an_incomplete_dossier_naming_all_that_it_lacks(lead):
    application = loaded(make_application(lead=lead, complete=True, summary="", licence="", milestones=[]))

    with pytest.raises(RuleBroken) as refusal, unit_of_work():
        submission.submit(application, actor=lead)

    assert refusal.value.message.startswith("Le dossier est incomplet. ")
    for gap in ("Résumez le projet.", "Indiquez la licence des productions.", "Ajoutez au moins un jalon daté."):
        assert gap in refusal.value.message
    assert nothing_happened(application)


@pytest.mark.parametrize("seconds", [0, 1, 3600])
def test_submit_refuses_from_the_closing_instant_on(lead, at, seconds):
    application = loaded(make_application(lead=lead, complete=True))
    at(application.call.closes_at + dt.timedelta(seconds=seconds))

    with pytest.raises(RuleBroken, match=r"L’appel est clos depuis le .* \(heure de Paris\)"), unit_of_work():
        submission.submit(application, actor=lead)

    assert nothing_happened(application)


def test_submit_takes_the_last_instant_before_the_closing(lead, at):
    application = loaded(make_application(lead=lead, complete=True))
    at(application.call.closes_at - dt.timedelta(microseconds=1))

    with unit_of_work():
        submission.submit(application, actor=lead)

    assert application.status is S.SUBMITTED


@pytest.mark.parametrize(("now", "taken"), [(WINTER_NIGHT, True), (WINTER_NIGHT + dt.timedelta(seconds=1), False)])
def test_submit_judges_the_instant_not_the_face_of_the_clock_when_summer_time_ends(lead, at, now, taken):
    # « 2 h 59 min 59 s » and « 2 h » are an instant apart, and the same hour is shown twice that night.
    closes_at = dt.datetime(2026, 10, 25, 2, 0, tzinfo=ZoneInfo("Europe/Paris"), fold=1).astimezone(dt.UTC)
    call = make_call(opens_at=closes_at - dt.timedelta(days=30), closes_at=closes_at)
    application = loaded(make_application(call=call, lead=lead, complete=True))
    at(now)

    if taken:
        with unit_of_work():
            submission.submit(application, actor=lead)
        assert application.submitted_at == now
    else:
        with pytest.raises(RuleBroken, match="est clos depuis"), unit_of_work():
            submission.submit(application, actor=lead)


def test_submit_refuses_once_the_officer_has_closed_the_call_ahead_of_time(lead):
    call = make_call(status=CallStatus.CLOSED)
    application = loaded(make_application(call=call, lead=lead, complete=True))

    with pytest.raises(RuleBroken, match="ne peut plus être déposé"), unit_of_work():
        submission.submit(application, actor=lead)


def test_submit_refuses_before_the_opening(lead):
    now = clock.now()
    call = make_call(opens_at=now + dt.timedelta(days=1), closes_at=now + dt.timedelta(days=9))
    application = loaded(make_application(call=call, lead=lead, complete=True))

    with pytest.raises(RuleBroken, match="L’appel ouvre le"), unit_of_work():
        submission.submit(application, actor=lead)


def test_submit_refuses_another_ministry_and_a_member_who_is_not_the_lead(complete):
    with pytest.raises(Forbidden), unit_of_work():
        submission.submit(complete, actor=make_account(Role.APPLICANT))

    assert nothing_happened(complete)


def test_submit_refuses_where_the_call_asks_for_an_endorsement(lead):
    call = make_call(endorsement_required=True)
    application = loaded(make_application(call=call, lead=lead, complete=True))

    with pytest.raises(Forbidden), unit_of_work():
        submission.submit(application, actor=lead)


def test_submit_refuses_what_changed_since_it_was_read(complete, lead):
    with pytest.raises(RuleBroken, match="modifié depuis l’ouverture de cette page"), unit_of_work():
        submission.submit(complete, actor=lead, seen=complete.version - 1)

    assert nothing_happened(complete)


def test_submit_refuses_a_second_time(complete, lead):
    with unit_of_work():
        submission.submit(complete, actor=lead)

    with pytest.raises(InvalidTransition), unit_of_work():
        submission.submit(complete, actor=lead)

    assert db.session.scalar(sa.select(sa.func.count()).select_from(ApplicationVersion)) == 1


def test_submit_leaves_nothing_when_the_transaction_is_rolled_back(complete, lead):
    def interrupted():
        with unit_of_work():
            submission.submit(complete, actor=lead)
            db.session.flush()
            raise RuleBroken("Non.")

    with pytest.raises(RuleBroken, match="Non"):
        interrupted()

    assert nothing_happened(complete)
    assert db.session.scalars(sa.select(Call.last_reference)).one() == 0


def test_two_dossiers_of_a_call_take_following_numbers(lead):
    call = make_call()
    first, second = (make_application(call=call, lead=lead, complete=True) for _ in range(2))

    for application in (first, second):
        with unit_of_work():
            submission.submit(loaded(application), actor=lead)

    assert [first.reference, second.reference] == [f"{call.code}-0001", f"{call.code}-0002"]


@pytest.fixture
def endorsed_call(session):
    return make_call(endorsement_required=True)


@pytest.fixture
def focal_point(lead):
    return make_account(Role.FOCAL_POINT, organisation=lead.organisation)


def test_endorsement_is_asked_then_given_and_submits(endorsed_call, lead, focal_point, owed):
    application = loaded(make_application(call=endorsed_call, lead=lead, complete=True))

    with unit_of_work():
        submission.request_endorsement(application, actor=lead)
    assert application.status is S.AWAITING_ENDORSEMENT
    assert owed() == [("EndorsementRequested", "notify")]

    application = loaded(application)
    with unit_of_work():
        submission.endorse(application, actor=focal_point)

    assert application.status is S.SUBMITTED
    version = db.session.scalars(sa.select(ApplicationVersion)).one()
    assert version.content["submitted_by"] == focal_point.full_name


def test_request_endorsement_refuses_an_incomplete_dossier(endorsed_call, lead, focal_point):
    application = loaded(make_application(call=endorsed_call, lead=lead))

    with pytest.raises(RuleBroken, match="Le dossier est incomplet"), unit_of_work():
        submission.request_endorsement(application, actor=lead)


def test_request_endorsement_refuses_when_the_ministry_has_nobody_to_endorse(endorsed_call, lead):
    application = loaded(make_application(call=endorsed_call, lead=lead, complete=True))

    with pytest.raises(RuleBroken, match="n’a pas de référent"), unit_of_work():
        submission.request_endorsement(application, actor=lead)


def test_request_endorsement_refuses_after_the_closing(endorsed_call, lead, focal_point, at):
    application = loaded(make_application(call=endorsed_call, lead=lead, complete=True))
    at(endorsed_call.closes_at)

    with pytest.raises(RuleBroken, match="est clos"), unit_of_work():
        submission.request_endorsement(application, actor=lead)


def test_endorse_refuses_after_the_closing_and_another_ministry_s_focal_point(endorsed_call, lead, focal_point, at):
    application = loaded(make_application(call=endorsed_call, lead=lead, complete=True, status=S.AWAITING_ENDORSEMENT))

    with pytest.raises(Forbidden), unit_of_work():
        submission.endorse(application, actor=make_account(Role.FOCAL_POINT))
    at(endorsed_call.closes_at)
    with pytest.raises(RuleBroken, match="est clos"), unit_of_work():
        submission.endorse(loaded(application), actor=focal_point)


def test_return_to_draft_asks_the_focal_point_why_and_tells_the_team(endorsed_call, lead, focal_point, owed):
    application = loaded(make_application(call=endorsed_call, lead=lead, status=S.AWAITING_ENDORSEMENT))

    with pytest.raises(RuleBroken) as refusal, unit_of_work():
        submission.return_to_draft(application, "  ", actor=focal_point)
    assert refusal.value.field == "reason"

    with unit_of_work():
        submission.return_to_draft(loaded(application), "Budget à revoir.", actor=focal_point)

    assert application.status is S.DRAFT
    payload = db.session.scalars(sa.select(OutboxMessage.payload)).one()
    assert (payload["reason"], payload["by_id"]) == ("Budget à revoir.", str(focal_point.id))


def test_return_to_draft_lets_the_team_take_back_without_a_reason(endorsed_call, lead):
    application = loaded(make_application(call=endorsed_call, lead=lead, status=S.AWAITING_ENDORSEMENT))

    with unit_of_work():
        submission.return_to_draft(application, actor=lead)

    assert application.status is S.DRAFT


def test_withdraw_wants_a_reason_and_tells_it(lead, owed):
    application = loaded(make_application(lead=lead, status=S.SUBMITTED))

    with pytest.raises(RuleBroken) as refusal, unit_of_work():
        submission.withdraw(application, "", actor=lead)
    assert refusal.value.field == "reason"

    with unit_of_work():
        submission.withdraw(loaded(application), "Projet abandonné.", actor=lead)

    assert application.status is S.WITHDRAWN
    assert owed() == [("ApplicationWithdrawn", "clear_withdrawn"), ("ApplicationWithdrawn", "notify")]
    facts = db.session.scalars(sa.select(AuditEntry.facts)).one()
    assert facts["reason"] == "Projet abandonné."
