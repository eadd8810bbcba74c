"""Whatever happens to a dossier, its team and its focal point are told, or there is a reason why not."""

import re

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications import events as applications
from guichet.applications.models import ApplicationStatus
from guichet.applications.workflow import WORKFLOW
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from guichet.notifications import recipients
from guichet.notifications.catalogue import NOTICES
from guichet.notifications.models import Email
from guichet.review import events as review
from guichet.review.services import committee, decision, eligibility
from tests.factories.accounts import make_account
from tests.factories.applications import make_application

S = ApplicationStatus
TEAM_SIDE = {recipients.team, recipients.focal_points, recipients.team_and_focal_points}
# Transition -> the event that tells of it.
TOLD = {
    "request_endorsement": applications.EndorsementRequested,
    "return_to_draft": applications.ReturnedToDraft,
    "endorse": applications.ApplicationSubmitted,
    "submit": applications.ApplicationSubmitted,
    "resubmit": applications.ApplicationSubmitted,
    "withdraw": applications.ApplicationWithdrawn,
    "request_changes": applications.ChangesRequested,
    "cancel_changes": applications.ChangesCancelled,
    "cancel_changes_in_review": applications.ChangesCancelled,
    "declare_eligible": review.EligibilityDecided,
    "declare_ineligible": review.EligibilityDecided,
    "close_without_follow_up": review.ApplicationClosed,
    "reopen_ineligible": review.ApplicationReopened,
    "reopen_rejected": review.ApplicationReopened,
    "return_to_reviewed": review.ApplicationReopened,
    "award": review.DecisionPublished,
    "reject": review.DecisionPublished,
    "waitlist": review.DecisionPublished,
    "defer": review.DecisionPublished,
}
UNTOLD = {
    "open_review": "The mail of eligibility says that reviewers will score the dossier: nothing new, nothing to do.",
    "close_review": "A step of the secretariat: the committee's decision will be told, nothing is awaited of the team.",
}


def test_every_transition_is_told_or_says_why_not():
    assert TOLD.keys() | UNTOLD.keys() == WORKFLOW.keys()
    assert not TOLD.keys() & UNTOLD.keys()


@pytest.mark.parametrize("transition", TOLD)
def test_what_is_told_goes_to_the_ministrys_side(transition):
    assert any(notice.recipients in TEAM_SIDE for notice in NOTICES[TOLD[transition]])


def reopen_ineligible(dossier):
    eligibility.reopen(dossier, "Une pièce a été retrouvée.", actor=make_account(Role.OFFICER))


def reopen_rejected(dossier):
    decision.reopen(dossier, "Une pièce a été retrouvée.", actor=make_account(Role.CHAIR))


def return_to_committee(dossier):
    committee.return_to_committee(dossier, actor=make_account(Role.OFFICER))


@pytest.mark.parametrize(
    ("status", "act", "words", "reason"),
    [
        (S.INELIGIBLE, reopen_ineligible, "sa recevabilité est examinée de nouveau", True),
        (S.REJECTED, reopen_rejected, "À la suite d’un recours", True),
        (S.DEFERRED, return_to_committee, "avait été ajourné", False),
    ],
)
def test_a_dossier_examined_anew_is_told_to_its_team_and_focal_point(
    client_for, run_outbox, status, act, words, reason
):
    lead = make_account(Role.APPLICANT, full_name="Lou Porteuse")
    focal_point = make_account(Role.FOCAL_POINT, organisation=lead.organisation, full_name="Réf Érent")
    dossier = make_application(lead=lead, status=status)
    with unit_of_work():
        act(dossier)
    run_outbox()

    emails = {email.recipient_name: email for email in db.session.scalars(sa.select(Email))}

    assert emails.keys() == {"Lou Porteuse", "Réf Érent"}
    for reader, email in ((lead, emails["Lou Porteuse"]), (focal_point, emails["Réf Érent"])):
        for body in (email.text_body, email.html_body):
            assert words in body
            assert ("Une pièce a été retrouvée." in body) is reason
        path = re.search(r"http://localhost(/dossiers/\S+)", email.text_body).group(1)
        assert client_for(reader).get(path).status_code == 200
        assert email.subject.startswith("[TEST-")
