"""More time, a request taken back, a reminder; and a rewriting that is never handed in leaves nothing in the dossier."""

import datetime as dt
import io
from decimal import Decimal

import pytest
import sqlalchemy as sa

from guichet.accounts import queries as accounts
from guichet.accounts.models import Role
from guichet.applications import tasks
from guichet.applications.frozen import content_of
from guichet.applications.models import (
    Application,
    ApplicationStatus,
    Attachment,
    ChangeRequest,
    Milestone,
    RequestClosure,
    Section,
)
from guichet.applications.rewriting import kept
from guichet.applications.services import attachments, complements, drafting, reminders, submission
from guichet.audit import queries as audit
from guichet.audit.models import Audience
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Forbidden, InvalidTransition, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.notifications.models import Email
from guichet.review.services import eligibility
from tests.factories.accounts import make_account
from tests.factories.applications import make_application, make_cofunding
from tests.factories.calls import make_call
from tests.factories.files import PDF
from tests.factories.submission import join, loaded, make_submitted

S = ApplicationStatus
ALL = (*Section,)


@pytest.fixture
def lead(session):
    return make_account(Role.APPLICANT, full_name="Lou Porteuse")


@pytest.fixture
def officer(session):
    return make_account(Role.OFFICER)


def ask(application, officer, *, days=20, sections=ALL):
    with unit_of_work():
        due_on = clock.today(application.call.time_zone) + dt.timedelta(days=days)
        return complements.request_changes(loaded(application), sections, "Précisez.", due_on, actor=officer)


@pytest.fixture
def rewritten(lead, officer):
    """Handed in with a file; complements asked on everything; everything rewritten and nothing handed in."""
    application = make_submitted(lead)
    ask(application, officer)
    rewrite(application, lead)
    return loaded(application)


def rewrite(application, lead):
    dossier = loaded(application)
    with unit_of_work():
        attachments.replace(dossier, dossier.attachments[0].id, io.BytesIO(PDF + b"%"), name="autre.pdf", actor=lead)
    join(application, lead, name="annexe.txt", content=b"Annexe")
    dossier = loaded(application)
    dossier.title, dossier.summary = "Titre récrit", "Résumé récrit"
    dossier.total_cost, dossier.amount_requested = Decimal(90_000), Decimal(40_000)
    dossier.is_digital_service, dossier.deliverables = True, "Tout autre chose."
    dossier.priority_actions = []
    make_cofunding(dossier)
    dossier.milestones.append(Milestone(position=2, label="Fin", due_on=dt.date(2030, 1, 1)))
    dossier.budget_lines[0].label = "Ligne récrite"
    dossier.indicators.clear()
    dossier.plan_links[0].proposed_title = "Autre action"
    db.session.commit()


def said(application):
    """All that the dossier says, but the instants of its rewriting."""
    dossier = loaded(application)
    return content_of(dossier, number=1, at=dossier.submitted_at, by=dossier.team[0].account)


def cancel(application, officer):
    complements.cancel(loaded(application), "Demande faite par erreur.", actor=officer)


def withdraw(application, officer):
    submission.withdraw(loaded(application), "Projet abandonné.", actor=loaded(application).team[0].account)


def close(application, officer):
    eligibility.close_without_follow_up(loaded(application), "Sans réponse.", actor=officer)


ENDINGS = [
    (cancel, S.SUBMITTED, RequestClosure.CANCELLED),
    (withdraw, S.WITHDRAWN, RequestClosure.WITHDRAWN),
    (close, S.CLOSED, RequestClosure.CLOSED),
]


@pytest.mark.parametrize(("end", "status", "closure"), ENDINGS)
def test_what_was_submitted_stands_again_when_nothing_is_handed_in(rewritten, officer, end, status, closure):
    first = rewritten.versions[0].content

    with unit_of_work():
        end(rewritten, officer)

    dossier = loaded(rewritten)
    assert dossier.status is status
    assert said(dossier) == first
    assert [piece.document.name for piece in dossier.attachments if piece.removed_at is None] == ["lettre.pdf"]
    assert (dossier.title, dossier.submitted_title) == ("Prolonger la vie des ordinateurs",) * 2
    (request,) = dossier.change_requests
    assert (request.is_open, request.closure, request.answered_at) == (False, closure, None)
    assert request.ended_at is not None


@pytest.mark.parametrize(("end", "closure"), [(end, closure) for end, _, closure in ENDINGS])
def test_what_the_team_had_written_is_kept_for_it(rewritten, officer, end, closure):
    with unit_of_work():
        end(rewritten, officer)

    (unsent,) = db.session.scalars(sa.select(ChangeRequest.unsent))
    assert unsent["title"] == "Titre récrit"
    assert {piece["name"] for piece in unsent["attachments"]} == {"autre.pdf", "annexe.txt"}
    # The snapshot has served.
    assert db.session.scalars(sa.select(ChangeRequest.before)).all() == [None]


def test_nothing_is_kept_of_a_rewriting_that_changed_nothing(lead, officer):
    application = make_submitted(lead)
    ask(application, officer)

    with unit_of_work():
        cancel(application, officer)

    assert db.session.scalars(sa.select(ChangeRequest.unsent)).all() == [None]


def test_a_file_put_back_may_be_replaced_again(rewritten, lead, officer):
    with unit_of_work():
        cancel(rewritten, officer)
    ask(rewritten, officer)
    dossier = loaded(rewritten)
    former = next(piece for piece in dossier.attachments if piece.removed_at is None)

    with unit_of_work():
        attachments.replace(dossier, former.id, io.BytesIO(PDF + b"%%"), name="encore.pdf", actor=lead)

    names = [piece.document.name for piece in loaded(rewritten).attachments if piece.removed_at is None]
    assert names == ["encore.pdf"]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Attachment)) == 4


def test_the_snapshot_holds_every_row_as_it_was(rewritten, officer):
    (before,) = db.session.scalars(sa.select(ChangeRequest.before))
    assert kept(loaded(rewritten)) != before

    with unit_of_work():
        cancel(rewritten, officer)

    assert kept(loaded(rewritten)) == before


def test_the_words_submitted_are_those_of_the_last_version_while_the_team_writes(rewritten):
    dossier = loaded(rewritten)

    assert (dossier.title, dossier.known_title) == ("Titre récrit", "Prolonger la vie des ordinateurs")
    assert (dossier.submitted_amount, dossier.submitted_cost) == (Decimal(60_000), Decimal(120_000))
    assert (dossier.submitted_digital, dossier.is_digital_service) == (False, True)
    assert dossier.submitted_summary != "Résumé récrit"


def test_the_words_submitted_move_when_complements_are_handed_in(lead, officer):
    application = make_submitted(lead)
    ask(application, officer)
    loaded(application).title = "Titre récrit"

    with unit_of_work():
        submission.resubmit(loaded(application), actor=lead)

    assert loaded(application).submitted_title == "Titre récrit"


def test_a_cancelled_request_gives_its_review_back(lead, officer, owed):
    application = make_application(lead=lead, status=S.UNDER_REVIEW)
    request = ask(application, officer)
    assert request.asked_from is S.UNDER_REVIEW

    with unit_of_work():
        cancel(application, officer)

    assert loaded(application).status is S.UNDER_REVIEW
    assert ("ChangesCancelled", "notify") in owed()
    entry = next(one for one in audit.history_of(application, Audience.TEAM) if "cancel" in one.action)
    assert (entry.action, entry.facts["reason"]) == (
        "application.cancel_changes_in_review",
        "Demande faite par erreur.",
    )


def test_cancelling_needs_a_reason_the_right_and_an_open_request(lead, officer):
    application = make_submitted(lead)
    with pytest.raises(InvalidTransition), unit_of_work():
        cancel(application, officer)
    ask(application, officer)
    with pytest.raises(RuleBroken) as refusal, unit_of_work():
        complements.cancel(loaded(application), "  ", actor=officer)
    assert refusal.value.field == "reason"
    for stranger in (lead, make_account(Role.OFFICER, organisation=lead.organisation), make_account(Role.ADMIN)):
        with pytest.raises(Forbidden), unit_of_work():
            cancel(application, stranger)
    with unit_of_work():
        cancel(application, officer)
    with pytest.raises(InvalidTransition), unit_of_work():
        cancel(application, officer)


def extend(application, officer, days, reason="Un document manque encore."):
    until = clock.today(application.call.time_zone) + dt.timedelta(days=days)
    with unit_of_work():
        return complements.extend(loaded(application), until, reason, actor=officer)


def test_an_extension_moves_the_last_day_tells_the_team_and_leaves_its_trace(lead, officer, owed):
    application = make_submitted(lead)
    before = ask(application, officer, days=5).due_on

    request = extend(application, officer, 30)

    assert (request.extended_from, request.due_on - before) == (before, dt.timedelta(days=25))
    assert ("ChangesExtended", "notify") in owed()
    (entry,) = (one for one in audit.history_of(application, Audience.TEAM) if one.action.endswith("extend_changes"))
    assert entry.facts["reason"] == "Un document manque encore."
    assert loaded(application).status is S.CHANGES_REQUESTED


@pytest.mark.parametrize(
    ("days", "reason", "field"),
    [(5, "Motif", "due_on"), (4, "Motif", "due_on"), (61, "Motif", "due_on"), (9, " ", "reason")],
)
def test_an_extension_is_refused_at_its_field(lead, officer, days, reason, field):
    application = make_submitted(lead)
    ask(application, officer, days=5)

    with pytest.raises(RuleBroken) as refusal:
        extend(application, officer, days, reason)

    assert refusal.value.field == field


def test_an_extension_is_for_the_officer_and_an_open_request(lead, officer):
    application = make_submitted(lead)
    with pytest.raises(InvalidTransition):
        extend(application, officer, 9)
    ask(application, officer, days=5)
    for stranger in (lead, make_account(Role.ADMIN), make_account(Role.OFFICER, organisation=lead.organisation)):
        with pytest.raises(Forbidden):
            extend(application, stranger, 9)


def test_late_complements_may_be_given_more_time(lead, officer, at):
    application = make_submitted(lead)
    due_on = ask(application, officer, days=3).due_on
    at(clock.midnight(due_on + dt.timedelta(days=10), application.call.time_zone))

    assert extend(application, officer, 5).due_on == due_on + dt.timedelta(days=15)


# Reminders


def remind():
    with unit_of_work():
        return reminders.remind_complements()


def days_before(request, number, zone="Europe/Paris"):
    return clock.midnight(request.due_on - dt.timedelta(days=number), zone) + dt.timedelta(hours=8)


def test_the_team_is_reminded_a_week_and_a_day_before_once_each(lead, officer, at, owed):
    application = make_submitted(lead)
    request = ask(application, officer, days=20)
    told = []
    for number in (8, 7, 7, 5, 1, 1, 0):
        at(days_before(request, number))
        told.append(remind())

    assert told == [0, 1, 0, 0, 1, 0, 0]
    assert owed().count(("ChangesDueSoon", "notify")) == 2
    actions = [entry.action for entry in audit.history_of(application, Audience.TEAM)]
    assert actions.count("application.remind_complements") == 2


def test_a_request_of_a_few_days_is_not_reminded_at_once(lead, officer, at):
    request = ask(make_submitted(lead), officer, days=6)

    assert remind() == 0
    at(days_before(request, 1))
    assert remind() == 1


def test_a_worker_that_was_away_a_week_reminds_once(lead, officer, at):
    request = ask(make_submitted(lead), officer, days=20)
    at(days_before(request, 0))

    assert [remind(), remind()] == [1, 0]


def test_an_extension_has_its_own_reminders(lead, officer, at):
    application = make_submitted(lead)
    request = ask(application, officer, days=20)
    at(days_before(request, 7))
    assert remind() == 1
    request = extend(application, officer, 40)
    assert remind() == 0
    at(days_before(request, 7))

    assert remind() == 1


def test_nobody_is_reminded_who_answered_or_of_whom_nothing_is_awaited(lead, officer, at):
    answered, cancelled = make_submitted(lead), make_submitted(make_account(Role.APPLICANT))
    request = ask(answered, officer, days=20)
    ask(cancelled, officer, days=20)
    with unit_of_work():
        submission.resubmit(loaded(answered), actor=lead)
        cancel(cancelled, officer)
    at(days_before(request, 1))

    assert remind() == 0


def test_the_last_day_is_that_of_the_zone_of_the_call(lead, officer, at):
    application = make_submitted(lead, call=make_call(time_zone="Pacific/Noumea"))
    request = ask(application, officer, days=20)
    week = clock.midnight(request.due_on - dt.timedelta(days=7), "Pacific/Noumea")
    at(week - dt.timedelta(minutes=1))
    assert remind() == 0
    at(week)

    assert remind() == 1


def test_a_reminder_names_the_day_and_is_not_sent_to_who_answered_meanwhile(lead, officer, at, run_outbox):
    application = make_submitted(lead)
    request = ask(application, officer, days=20)
    run_outbox()
    at(days_before(request, 7))
    tasks.remind_complements.run()
    run_outbox()
    (email,) = db.session.scalars(sa.select(Email).where(Email.notice == "changes_due_soon"))
    assert email.recipient_name == "Lou Porteuse"
    assert "Précisez." in email.text_body
    at(days_before(request, 1))
    remind()
    with unit_of_work():
        submission.resubmit(loaded(application), actor=accounts.by_email(lead.email))
    run_outbox()

    assert db.session.scalar(sa.select(sa.func.count()).where(Email.notice == "changes_due_soon")) == 1


@pytest.mark.parametrize(
    ("act", "notice", "words"),
    [
        (
            lambda application, officer: extend(application, officer, 30),
            "changes_extended",
            "Un document manque encore.",
        ),
        (
            lambda application, officer: _cancelled(application, officer),
            "changes_cancelled",
            "Demande faite par erreur.",
        ),
    ],
)
def test_the_team_and_its_focal_point_are_told_why(lead, officer, run_outbox, act, notice, words):
    make_account(Role.FOCAL_POINT, organisation=lead.organisation, full_name="Réf Érent")
    application = make_submitted(lead)
    ask(application, officer)
    act(application, officer)
    run_outbox()

    emails = db.session.scalars(sa.select(Email).where(Email.notice == notice)).all()

    assert {email.recipient_name for email in emails} == {"Lou Porteuse", "Réf Érent"}
    assert all(words in email.text_body for email in emails)


def _cancelled(application, officer):
    with unit_of_work():
        cancel(application, officer)


def test_saving_a_section_after_a_cancellation_is_refused(rewritten, lead, officer):
    with unit_of_work():
        cancel(rewritten, officer)

    with pytest.raises(Forbidden), unit_of_work():
        drafting.save_section(loaded(rewritten), Section.OPENNESS, {}, seen="", actor=lead)
    assert db.session.scalar(sa.select(Application.title)) == "Prolonger la vie des ordinateurs"
