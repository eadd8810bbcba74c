import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications import policies
from guichet.applications.differences import between
from guichet.applications.models import ApplicationStatus, ApplicationVersion, ChangeRequest, Section
from guichet.applications.services import complements, submission
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Forbidden, InvalidTransition, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.review.services import eligibility
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.submission import join, loaded, make_submitted

S = ApplicationStatus


@pytest.fixture
def lead(session):
    return make_account(Role.APPLICANT)


@pytest.fixture
def officer(session):
    return make_account(Role.OFFICER)


@pytest.fixture
def submitted(lead):
    return make_submitted(lead)


def ask(application, officer, *, sections=(Section.SOLUTION,), days=10, message="Précisez les livrables."):
    with unit_of_work():
        due_on = today_of(application) + dt.timedelta(days=days)
        return complements.request_changes(application, sections, message, due_on, actor=officer)


def today_of(application):
    return clock.now().astimezone(ZoneInfo(application.call.time_zone)).date()


def test_request_changes_reopens_the_named_sections_only_and_tells_the_team(submitted, lead, officer, owed):
    request = ask(submitted, officer, sections=[Section.ATTACHMENTS, Section.SOLUTION, Section.SOLUTION])

    assert submitted.status is S.CHANGES_REQUESTED
    assert request.sections == ["solution", "attachments"]
    assert ("ChangesRequested", "notify") in owed()
    application = loaded(submitted)
    opened = [section for section in Section if policies.can_edit_section(lead, application, section)]
    assert opened == [Section.SOLUTION, Section.ATTACHMENTS]


@pytest.mark.parametrize(
    ("broken", "field"),
    [
        ({"sections": ()}, "sections"),
        ({"message": "  "}, "message"),
        ({"days": 0}, "due_on"),
        ({"days": -3}, "due_on"),
        ({"days": 61}, "due_on"),
    ],
)
def test_request_changes_refuses_at_its_field_what_makes_no_sense(submitted, officer, broken, field):
    with pytest.raises(RuleBroken) as refusal:
        ask(submitted, officer, **broken)

    assert refusal.value.field == field
    assert db.session.scalars(sa.select(ChangeRequest)).all() == []


def test_request_changes_takes_sixty_days(submitted, officer):
    assert ask(submitted, officer, days=60).due_on == today_of(submitted) + dt.timedelta(days=60)


def test_request_changes_refuses_the_team_and_a_second_request(submitted, lead, officer):
    with pytest.raises(Forbidden):
        ask(submitted, lead)
    ask(loaded(submitted), officer)
    with pytest.raises(InvalidTransition):
        ask(loaded(submitted), officer)


def test_request_changes_refuses_an_officer_of_the_same_ministry(submitted, lead):
    with pytest.raises(Forbidden):
        ask(submitted, make_account(Role.OFFICER, organisation=lead.organisation))


def test_request_changes_interrupts_a_review_and_the_answer_is_examined_anew(lead, officer):
    application = loaded(make_application(lead=lead, status=S.UNDER_REVIEW))
    ask(application, officer)

    with unit_of_work():
        submission.resubmit(loaded(application), actor=lead)

    assert application.status is S.SUBMITTED


def test_resubmit_makes_a_second_version_and_closes_the_request(submitted, lead, officer, owed):
    reference, submitted_at = submitted.reference, submitted.submitted_at
    ask(submitted, officer, sections=[Section.SOLUTION, Section.ATTACHMENTS])
    application = loaded(submitted)
    application.deliverables = "Un atelier et trois guides."
    join(application, lead, name="annexe.txt", content=b"Annexe")

    with unit_of_work():
        version = submission.resubmit(loaded(application), actor=lead)

    assert (version.number, application.status) == (2, S.SUBMITTED)
    assert (application.reference, application.submitted_at) == (reference, submitted_at)
    assert db.session.scalars(sa.select(ChangeRequest.answered_at)).one() == version.submitted_at
    first, second = db.session.scalars(sa.select(ApplicationVersion).order_by(ApplicationVersion.number))
    text, files = between(first.content, second.content)
    assert (text.section, text.label) == ("Besoin et solution", "Livrables")
    assert (text.before, text.after) == ("Un atelier, un guide, un tableau de suivi.", "Un atelier et trois guides.")
    assert files.section == "Pièces jointes"
    assert [line.text.split(",")[0] for line in files.lines] == ["Autre pièce : annexe.txt (6\u00a0octets"]
    assert owed().count(("ApplicationSubmitted", "make_receipt")) == 2


def test_resubmit_refuses_what_the_answer_emptied(submitted, lead, officer):
    ask(submitted, officer)
    application = loaded(submitted)
    application.deliverables = ""
    db.session.flush()

    with pytest.raises(RuleBroken, match="Listez les livrables"), unit_of_work():
        submission.resubmit(loaded(application), actor=lead)

    assert db.session.scalars(sa.select(ApplicationVersion.number)).all() == [1]


def test_resubmit_is_taken_after_the_last_day_until_the_officer_closes(submitted, lead, officer, at):
    due_on = ask(submitted, officer).due_on
    at(clock.midnight(due_on + dt.timedelta(days=4), submitted.call.time_zone))
    with unit_of_work():
        submission.resubmit(loaded(submitted), actor=lead)

    assert submitted.status is S.SUBMITTED
    ask(loaded(submitted), officer)
    with unit_of_work():
        eligibility.close_without_follow_up(loaded(submitted), "Sans réponse.", actor=officer)
    with pytest.raises(InvalidTransition), unit_of_work():
        submission.resubmit(loaded(submitted), actor=lead)


def test_resubmit_keeps_its_own_date_after_the_call_closed(submitted, lead, officer, at):
    at(submitted.call.closes_at - dt.timedelta(hours=1))
    ask(submitted, officer, days=30)
    at(submitted.call.closes_at + dt.timedelta(days=5))

    with unit_of_work():
        submission.resubmit(loaded(submitted), actor=lead)

    assert submitted.status is S.SUBMITTED


def test_resubmit_refuses_an_editor_who_is_not_the_lead(submitted, officer):
    ask(submitted, officer)

    with pytest.raises(Forbidden), unit_of_work():
        submission.resubmit(loaded(submitted), actor=make_account(Role.APPLICANT))
