"""The demonstration's data: its figures, and that it tells a story that the rules of the house allow."""

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from guichet.accounts import passwords
from guichet.accounts import queries as accounts
from guichet.accounts.models import Account, Organisation, OrganisationKind
from guichet.applications import messages
from guichet.applications import queries as applications
from guichet.applications.completeness import missing
from guichet.applications.differences import between
from guichet.applications.listing import YEAR
from guichet.applications.models import (
    NEVER_SUBMITTED,
    Application,
    ApplicationStatus,
    ApplicationVersion,
    BudgetLine,
    ChangeRequest,
    Message,
)
from guichet.audit.models import AuditEntry
from guichet.calls.dating import CallKind
from guichet.calls.models import Call, CallStatus, Criterion, EnvelopeMovement, MovementKind
from guichet.calls.policies import is_open, round_at
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.demo.accounts import ACCOUNTS
from guichet.demo.seed import PASSWORD, seed_demo
from guichet.demo.seed.identifiers import steady_identifiers
from guichet.demo.seed.planning import intents_of
from guichet.demo.seed.stage import monday
from guichet.demo.seed.texts import window
from guichet.documents import storage
from guichet.documents.models import Document
from guichet.notifications.models import Email, EmailStatus
from guichet.outbox.models import MessageStatus, OutboxMessage
from guichet.plans.models import (
    ActionChange,
    ActionFunding,
    ActionPlan,
    ChangedField,
    ChangeState,
    PlanAction,
    Progress,
    Theme,
)
from guichet.review.models import (
    AssignmentStatus,
    CommitteeSession,
    Decision,
    DecisionStatus,
    SessionItem,
    SessionStatus,
)
from guichet.review.queries import evaluations

S = ApplicationStatus


def account(name):
    found = accounts.by_email(f"{name}@demo.example")
    assert found is not None
    return found


def statuses_of(rows):
    return applications.tally(rows, YEAR)[0]


def test_plans_give_the_public_figures(story, count):
    assert count(Organisation, Organisation.kind == OrganisationKind.MINISTRY) == 11
    assert set(db.session.scalars(sa.select(PlanAction.theme).distinct())) == set(Theme)
    assert count(PlanAction) == 330
    assert count(PlanAction, PlanAction.progress == Progress.DONE) * 100 == 30 * count(PlanAction)


def test_plans_tell_what_the_awards_brought(story):
    granted = db.session.scalar(sa.select(sa.func.sum(Application.amount_granted)))
    assert db.session.scalar(sa.select(sa.func.sum(ActionFunding.amount))) == granted
    proposed = db.session.scalars(sa.select(PlanAction).where(PlanAction.proposed_by_application_id.is_not(None))).all()
    assert [action.title for action in proposed] == ["Changer la batterie plutôt que l’ordinateur de terrain"]


def test_dossiers_are_in_every_status(story):
    counts = statuses_of(sa.select(Application))
    assert set(counts) == set(ApplicationStatus)
    assert sum(counts.values()) >= 60


def test_dossiers_tell_different_projects(story):
    solutions = set(db.session.scalars(sa.select(Application.solution).where(Application.solution != "")))
    titles = list(db.session.scalars(sa.select(Application.title)))
    assert len(solutions) >= 25
    assert len(set(titles)) >= 55


def test_texts_leave_no_name_between_braces(story):
    for column in ("summary", "problem", "solution", "stakeholders", "impact_method", "own_footprint", "risks"):
        written = db.session.scalars(sa.select(getattr(Application, column)))
        assert [text for text in written if "{" in text or "}" in text] == []


def test_every_submitted_dossier_is_complete(story):
    for application_id in db.session.scalars(sa.select(Application.id).where(Application.submitted_at.is_not(None))):
        application = applications.loaded(application_id)
        assert missing(application) == [], application.title
        db.session.expunge_all()


def test_budgets_add_up_to_half_of_the_cost_at_most(story):
    totals = sa.select(
        BudgetLine.application_id,
        sa.func.sum(BudgetLine.amount).label("amount"),
        sa.func.sum(BudgetLine.amount_requested).label("requested"),
    ).group_by(BudgetLine.application_id)
    sums = totals.subquery()
    rows = db.session.execute(
        sa.select(Application.total_cost, Application.amount_requested, sums.c.amount, sums.c.requested).join(
            sums, sums.c.application_id == Application.id
        )
    ).all()
    assert len(rows) >= 60
    for total, requested, amount, asked in rows:
        assert (total, requested) == (amount, asked)
        assert requested * 2 <= total


def test_calls_are_open_deliberating_and_past(story):
    calls = {call.status: call for call in db.session.scalars(sa.select(Call).where(Call.kind == CallKind.DATED))}
    assert set(calls) == {CallStatus.OPEN, CallStatus.DELIBERATING, CallStatus.RESULTS_PUBLISHED}
    assert is_open(calls[CallStatus.OPEN], at=clock.now())
    assert calls[CallStatus.OPEN].closes_at - clock.now() > dt.timedelta(days=25)


def test_calls_are_dated_in_each_way(story):
    kinds = {call.kind: call for call in db.session.scalars(sa.select(Call).where(Call.status == CallStatus.OPEN))}
    assert set(kinds) == set(CallKind)
    assert kinds[CallKind.CONTINUOUS].closes_at is None
    running = round_at(kinds[CallKind.ROUNDS], at=clock.now())
    assert (running.number if running else None, len(kinds[CallKind.ROUNDS].rounds)) == (2, 3)
    rows = sa.select(Application).join(Application.call).options(contains_eager(Application.call))
    handed_in = db.session.scalars(rows.where(Call.kind == CallKind.ROUNDS, Application.submitted_at.is_not(None)))
    assert {one.round.number for one in handed_in} == {1, 2}


def test_main_call_carries_the_public_rules(story):
    call = db.session.scalars(sa.select(Call).where(Call.code.startswith("NER"), Call.status == CallStatus.OPEN)).one()
    assert (call.amount_min, call.amount_max, call.max_rate) == (Decimal(25_000), Decimal(250_000), Decimal(50))
    weights = db.session.scalars(sa.select(Criterion.weight).where(Criterion.call_id == call.id)).all()
    assert len(weights) == 9
    assert sum(weights) == 100
    assert "celles du guichet public de mars 2024" in call.description
    assert "ceux de cette démonstration" in call.description


def test_ledgers_say_what_envelopes_have_left(story):
    sums = sa.select(EnvelopeMovement.call_id, sa.func.sum(EnvelopeMovement.amount)).group_by(EnvelopeMovement.call_id)
    left = dict(db.session.execute(sums).all())
    assert left == {call.id: call.envelope_left for call in db.session.scalars(sa.select(Call))}
    assert set(db.session.scalars(sa.select(EnvelopeMovement.kind).distinct())) >= {
        MovementKind.OPENING,
        MovementKind.FREEZE,
        MovementKind.THAW,
        MovementKind.AWARD,
    }


def test_everybody_signs_in_with_the_one_password(story):
    hashes = set(db.session.scalars(sa.select(Account.password_hash)))
    assert len(hashes) == 1
    assert passwords.matches(PASSWORD, hashes.pop())
    for one in ACCOUNTS:
        holder = account(one.name)
        assert passwords.weakness(PASSWORD, holder) == ""
        assert holder.roles


def test_applicant_has_a_draft_complements_and_an_award(story):
    assert statuses_of(applications.mine(account("porteur"))) == {S.DRAFT: 2, S.CHANGES_REQUESTED: 1, S.AWARDED: 1}


def test_focal_point_has_dossiers_to_endorse(story):
    assert statuses_of(applications.mine(account("referent")))[S.AWAITING_ENDORSEMENT] == 2


def test_officer_has_dossiers_to_examine(story):
    counts = statuses_of(applications.for_processing(account("instruction")))
    assert counts[S.SUBMITTED] >= 4
    assert counts[S.ELIGIBLE] >= 2


def test_reviewers_have_something_to_do_in_each_state(story):
    people = [account(name) for name in ("evaluateur", "evaluateur2", "evaluateur3")]
    states = [set(evaluations.counts(person, evaluations.Wanted())[0]) for person in people]
    for state in states:
        assert state & {AssignmentStatus.ASSIGNED, AssignmentStatus.ACCEPTED}
    assert states[0] >= {AssignmentStatus.ASSIGNED, AssignmentStatus.ACCEPTED, AssignmentStatus.COMPLETED}


def test_chair_has_a_session_whose_envelope_does_not_suffice(story):
    session = db.session.scalars(
        sa.select(CommitteeSession).where(CommitteeSession.status == SessionStatus.PLANNED)
    ).one()
    left = db.session.get_one(Call, session.call_id).envelope_left
    undecided = ~sa.exists().where(
        Decision.application_id == Application.id, Decision.status == DecisionStatus.PREPARED
    )
    wanted = db.session.scalar(
        sa.select(sa.func.sum(Application.amount_requested))
        .join(SessionItem, SessionItem.application_id == Application.id)
        .where(SessionItem.session_id == session.id, undecided)
    )
    assert session.held_at > clock.now()
    assert 0 < left < wanted


def test_every_decision_published_has_its_letter_and_every_version_its_receipt(story, count):
    assert count(Decision, Decision.status == DecisionStatus.PUBLISHED) >= 20
    assert count(Decision, Decision.status == DecisionStatus.PUBLISHED, Decision.letter_id.is_(None)) == 0
    assert count(ApplicationVersion) > count(Application, Application.status.not_in(NEVER_SUBMITTED))
    assert count(ApplicationVersion, ApplicationVersion.receipt_id.is_(None)) == 0
    assert all(storage.holds(identifier) for identifier in db.session.scalars(sa.select(Document.id)))


def test_outbox_owes_nothing_and_no_mail_failed(story, count):
    assert count(OutboxMessage, OutboxMessage.status != MessageStatus.DONE) == 0
    assert count(Email, Email.status.not_in([EmailStatus.SENT, EmailStatus.QUEUED])) == 0


def test_only_the_last_mails_wait_for_the_worker(story, count, demonstration):
    queued = db.session.scalars(sa.select(Email.created_at).where(Email.status == EmailStatus.QUEUED)).all()
    assert 1 <= len(queued) <= 20
    assert count(Email, Email.status == EmailStatus.SENT, Email.created_at > min(queued)) == 0
    kept = list((demonstration.extensions["settings"].demo_mailbox / "new").iterdir())
    assert 20 <= len(kept) < count(Email)


def test_journal_is_in_order_and_ends_before_the_anchor(story):
    moments = db.session.scalars(sa.select(AuditEntry.created_at).order_by(AuditEntry.number)).all()
    assert moments == sorted(moments)
    assert moments[-1] < monday() <= clock.now()


def test_seed_refuses_a_database_in_use(story):
    with pytest.raises(RuleBroken, match="contient déjà des données"):
        seed_demo()


def test_seed_refuses_real_use(own_app):
    with own_app().app_context():
        with pytest.raises(RuleBroken, match="que dans une démonstration"):
            seed_demo()
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Account)) == 0


def test_identifiers_and_plans_are_the_same_each_time():
    def drawn():
        with steady_identifiers():
            return [Organisation().id for _ in range(3)]

    assert drawn() == drawn()
    assert Organisation().id is None
    ministry = window().ministries[0]
    assert list(intents_of(ministry, 0)) == list(intents_of(ministry, 0))


def test_three_dossiers_have_messages_some_of_which_wait_to_be_read(story):
    threads = db.session.execute(sa.select(Message.application_id, Message.audience).distinct()).all()
    assert len({application_id for application_id, _ in threads}) == 3
    assert len(threads) == 5
    for name, number in {"porteur": 1, "instruction": 2}.items():
        unread = sa.select(sa.func.sum(messages.unread(account(name))))
        assert db.session.scalar(unread.select_from(Application)) == number


def test_focal_points_confirmed_some_changes_and_have_others_to_settle(story):
    rows = (
        sa.select(ActionChange.state)
        .join(ActionChange.action)
        .join(PlanAction.plan)
        .where(ActionChange.field != ChangedField.FUNDING)
    )
    assert set(db.session.scalars(rows)) == {ChangeState.APPLIED, ChangeState.CONFIRMED}
    ministry_id = account("referent").organisation.ministry_id
    assert set(db.session.scalars(rows.where(ActionPlan.ministry_id == ministry_id))) == {ChangeState.APPLIED}


def test_complements_were_given_more_time_and_changed_a_text_by_its_words(story):
    extended = db.session.scalars(sa.select(ChangeRequest).where(ChangeRequest.extended_from.is_not(None))).all()
    assert {request.is_open for request in extended} == {True, False}
    answered = next(request for request in extended if not request.is_open)
    versions = sa.select(ApplicationVersion.content).where(ApplicationVersion.application_id == answered.application_id)
    before, after = db.session.scalars(versions.order_by(ApplicationVersion.number))
    marks = {piece.kind for change in between(before, after) for piece in change.pieces}
    assert marks == {"same", "gone", "new"}
