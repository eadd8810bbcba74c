"""The load-test set: as many dossiers as asked, which pages and rules take for real ones."""

import re

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from guichet.accounts import passwords
from guichet.accounts import queries as accounts
from guichet.accounts.models import Organisation, OrganisationKind, Role
from guichet.applications import queries as applications
from guichet.applications.completeness import missing
from guichet.applications.frozen import reading_of, sha256_of
from guichet.applications.listing import YEAR
from guichet.applications.models import NEVER_SUBMITTED, Application, ApplicationStatus, ApplicationVersion, Section
from guichet.audit.models import AuditEntry
from guichet.calls.models import Call, CallStatus, EnvelopeMovement
from guichet.calls.policies import is_open
from guichet.cli import main
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.demo.accounts import PASSWORD
from guichet.demo.bulk import PEOPLE, fill
from guichet.plans.models import ActionPlan
from guichet.review.models import Assignment, AssignmentStatus, Decision, DecisionStatus, Evaluation
from tests.demo.conftest import LOAD

S = ApplicationStatus
DECIDED = {S.AWARDED, S.REJECTED, S.WAITLISTED, S.DEFERRED}


def test_fill_makes_as_many_dossiers_as_asked_and_says_so(load, count):
    assert count(Application) == LOAD
    said = dict(reversed(part.split(" ")) for part in load.split(", "))
    assert said["application"] == str(LOAD)
    assert said["account"] == str(count(accounts.Account))
    assert "\n" not in load


def test_organisations_are_those_of_eleven_ministries(load, count):
    assert count(Organisation, Organisation.kind == OrganisationKind.MINISTRY) == 11
    assert count(Organisation) >= 50
    assert count(ActionPlan) == 11


def test_dossiers_are_in_every_status(load):
    assert set(applications.tally(sa.select(Application), YEAR)[0]) == set(ApplicationStatus)


def test_people_of_the_benchmarks_hold_their_role_and_the_known_password(load):
    for role, email in PEOPLE.items():
        holder = accounts.by_email(email)
        assert holder is not None
        assert holder.roles == {role}
    assert PEOPLE[Role.OFFICER] == "bench-officer@demo.example"
    assert passwords.matches(PASSWORD, holder.password_hash)


def test_reviewed_dossiers_have_three_opinions_and_decided_ones_a_decision(load, count):
    reviewed = count(Application, Application.status.in_({S.REVIEWED, *DECIDED}))
    assert count(Assignment, Assignment.status == AssignmentStatus.COMPLETED) == 3 * reviewed
    assert count(Evaluation, Evaluation.mean.is_not(None)) == 3 * reviewed
    decided = count(Application, Application.status.in_(DECIDED))
    assert count(Decision, Decision.status == DecisionStatus.PUBLISHED) == decided


def test_drafts_are_ready_to_be_submitted(load):
    call = db.session.scalars(sa.select(Call).where(Call.status == CallStatus.OPEN)).one()
    assert is_open(call, at=clock.now())
    draft = db.session.scalars(sa.select(Application.id).where(Application.status == S.DRAFT)).first()
    assert missing(applications.loaded(draft)) == []


def test_versions_hold_what_was_submitted(load, count):
    assert count(ApplicationVersion) == count(Application, Application.status.not_in(NEVER_SUBMITTED))
    version = db.session.scalars(sa.select(ApplicationVersion)).first()
    assert version.sha256 == sha256_of(version.content)
    assert [section.slug for section in reading_of(version.content)] == [
        section.value for section in Section if section is not Section.ATTACHMENTS
    ]


def test_histories_lead_to_where_dossiers_are(load):
    last = (
        sa.select(AuditEntry.facts["after"].astext)
        .where(AuditEntry.subject_id == Application.id, AuditEntry.facts.has_key("after"))
        .order_by(AuditEntry.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = db.session.execute(sa.select(Application.status, last).where(Application.submitted_at.is_not(None))).all()
    assert [(status, after) for status, after in rows if status != after] == []


def test_ledgers_say_what_envelopes_have_left(load):
    sums = sa.select(EnvelopeMovement.call_id, sa.func.sum(EnvelopeMovement.amount)).group_by(EnvelopeMovement.call_id)
    left = dict(db.session.execute(sums).all())
    assert left == {call.id: call.envelope_left for call in db.session.scalars(sa.select(Call))}


def test_references_are_numbered_after_the_dossier(load):
    references = db.session.scalars(sa.select(Application.reference).where(Application.reference.is_not(None)))
    assert all(re.fullmatch(r"CHARGE-\d{6}", reference) for reference in references)


def test_fill_refuses_a_database_with_dossiers(load, count):
    with pytest.raises(RuleBroken, match="La base sert déjà"):
        fill(1)
    assert count(Application) == LOAD


def test_seed_command_refuses_a_used_database_in_one_line(own_app):
    app = own_app()
    runner, environment = CliRunner(), app.extensions["environment"]
    opened = runner.invoke(main, ["create-admin", "admin@exemple.gouv.fr", "Camille Admin"], env=environment)
    refused = runner.invoke(main, ["seed", "--applications", "3"], env=environment)

    assert opened.exit_code == 0, opened.output
    assert refused.exit_code == 1
    assert refused.output == "Error: La base sert déjà : le jeu de charge ne se verse que dans une base neuve.\n"
