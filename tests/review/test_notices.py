"""What reviewers and officers are told by e-mail leads each of them to a page that she may open."""

import datetime as dt
import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Account, Role
from guichet.applications.models import ApplicationStatus
from guichet.core import clock
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from guichet.notifications.models import Email
from guichet.review.models import Assignment, AssignmentStatus, Recommendation
from guichet.review.services import assignment as assigning
from guichet.review.services import eligibility, scoring
from guichet.review.services.scoring import Opinion
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.review import make_assignment

S = ApplicationStatus


def assigned(officer: Account, reviewer: Account) -> None:
    day = clock.today() + dt.timedelta(days=9)
    assigning.assign(make_application(status=S.ELIGIBLE), reviewer, day, actor=officer)


def declined(_officer: Account, reviewer: Account) -> None:
    scoring.decline(make_assignment(reviewer=reviewer), "Trop de dossiers.", actor=reviewer)


def in_conflict(_officer: Account, reviewer: Account) -> None:
    scoring.declare_conflict(make_assignment(reviewer=reviewer), "Parenté.", actor=reviewer)


def completed(_officer: Account, reviewer: Account) -> None:
    assignment: Assignment = make_assignment(reviewer=reviewer, status=AssignmentStatus.ACCEPTED)
    criteria = assignment.application.call.criteria
    opinion = Opinion({one.id: (3, "Oui.") for one in criteria}, Recommendation.FAVOURABLE, "", "")
    scoring.hand_in(assignment.evaluation, opinion, version=1, actor=reviewer)


@pytest.mark.parametrize(
    ("act", "who"), [(assigned, "reviewer"), (declined, "officer"), (in_conflict, "officer"), (completed, "officer")]
)
def test_the_person_concerned_is_told_once_and_reaches_the_page(
    client_for, run_outbox, act: Callable[[Account, Account], None], who: str
):
    people = {
        "officer": make_account(Role.OFFICER, full_name="Dominique Instruit"),
        "reviewer": make_account(Role.REVIEWER, full_name="Alix Évalue"),
    }
    with unit_of_work():
        act(people["officer"], people["reviewer"])
    run_outbox()

    told = db.session.scalars(sa.select(Email).where(Email.recipient_id.in_([one.id for one in people.values()]))).all()

    assert [email.recipient_id for email in told] == [people[who].id]
    path = re.search(r"http://localhost(/(?:instruction|evaluations)/\S+)", told[0].text_body).group(1)
    assert client_for(people[who]).get(path).status_code == 200


@pytest.mark.parametrize(
    "use_case", [eligibility.declare_ineligible, eligibility.close_without_follow_up], ids=["ineligible", "closed"]
)
def test_the_team_reads_the_reason_in_the_mail_and_on_its_dossier(client_for, run_outbox, use_case):
    application, officer = make_application(status=S.SUBMITTED), make_account(Role.OFFICER)
    application_id, lead = application.id, application.team[0].account
    with unit_of_work():
        use_case(application, "Hors des familles de l’appel.", actor=officer)
    run_outbox()

    email = db.session.scalars(sa.select(Email).where(Email.recipient_id == lead.id)).one()

    assert "Hors des familles de l’appel." in email.text_body
    page = client_for(lead).get(f"/dossiers/{application_id}").get_data(as_text=True)
    assert "Hors des familles de l’appel." in page
