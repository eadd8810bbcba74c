"""What the database refuses of invitations, proposals and leads."""

import datetime as dt

import pytest
from sqlalchemy.exc import IntegrityError

from guichet.accounts.models import Account, Role
from guichet.applications.models import Application, Invitation, LeadTransfer, TeamMember, TeamRole
from guichet.core import clock
from guichet.core.db import db
from tests.factories.accounts import make_account
from tests.factories.applications import make_application


@pytest.fixture
def lead(session) -> Account:
    return make_account(Role.APPLICANT)


@pytest.fixture
def dossier(lead) -> Application:
    return make_application(lead=lead)


def invitation(dossier: Application, lead: Account, **columns) -> Invitation:
    values = {
        "application_id": dossier.id,
        "address": "alix@ministere.example",
        "role": TeamRole.EDITOR,
        "invited_by_id": lead.id,
        "expires_at": clock.now() + dt.timedelta(days=7),
    }
    return Invitation(**{**values, **columns})


def transfer(dossier: Application, lead: Account, **columns) -> LeadTransfer:
    values = {
        "application_id": dossier.id,
        "receiver_id": lead.id,
        "proposed_by_id": lead.id,
        "expires_at": clock.now() + dt.timedelta(days=15),
    }
    return LeadTransfer(**{**values, **columns})


@pytest.mark.parametrize(
    ("broken", "constraint"),
    [
        ({"token_sha256": "z" * 64}, "ck_team_invitation_token_sha256_is_hexadecimal"),
        ({"address": "Alix@ministere.example"}, "ck_team_invitation_address_in_lower_case"),
        ({"address": "alix"}, "ck_team_invitation_address_has_an_at"),
        ({"role": TeamRole.LEAD}, "ck_team_invitation_never_the_lead"),
        ({"declined_at": clock.now(), "withdrawn_at": clock.now()}, "ck_team_invitation_ends_once"),
        ({"accepted_at": clock.now()}, "ck_team_invitation_accepted_by_somebody"),
    ],
)
def test_an_invitation_refuses_what_cannot_be(dossier, lead, broken, constraint):
    db.session.add(invitation(dossier, lead, **broken))

    with pytest.raises(IntegrityError, match=constraint):
        db.session.flush()


def test_an_address_has_one_pending_invitation_to_a_dossier(dossier, lead):
    # Those that ended, another address and another dossier are no obstacle.
    db.session.add_all(
        [
            invitation(dossier, lead),
            invitation(dossier, lead, withdrawn_at=clock.now()),
            invitation(dossier, lead, declined_at=clock.now()),
            invitation(dossier, lead, accepted_at=clock.now(), accepted_by_id=lead.id),
            invitation(dossier, lead, address="sacha@ministere.example"),
            invitation(make_application(lead=lead), lead),
        ]
    )
    db.session.flush()
    db.session.add(invitation(dossier, lead))

    with pytest.raises(IntegrityError, match="uq_team_invitation_one_pending"):
        db.session.flush()


def test_a_secret_opens_one_invitation(dossier, lead):
    db.session.add(invitation(dossier, lead, token_sha256="a" * 64))
    db.session.flush()
    db.session.add(invitation(dossier, lead, address="sacha@ministere.example", token_sha256="a" * 64))

    with pytest.raises(IntegrityError, match="uq_team_invitation_token_sha256"):
        db.session.flush()


def test_a_dossier_has_one_pending_transfer_that_ends_once(dossier, lead):
    ended = transfer(dossier, lead, accepted_at=clock.now(), withdrawn_at=clock.now())
    with pytest.raises(IntegrityError, match="ck_lead_transfer_ends_once"), db.session.begin_nested():
        db.session.add(ended)
    db.session.add_all([transfer(dossier, lead, declined_at=clock.now()), transfer(dossier, lead)])
    db.session.flush()
    db.session.add(transfer(dossier, lead))

    with pytest.raises(IntegrityError, match="uq_lead_transfer_one_pending"):
        db.session.flush()


def test_a_dossier_has_one_lead(dossier):
    other = make_account(Role.APPLICANT, organisation=dossier.organisation)
    db.session.add(TeamMember(application_id=dossier.id, account_id=other.id, role=TeamRole.LEAD))

    with pytest.raises(IntegrityError, match="uq_team_member_one_lead"):
        db.session.flush()
