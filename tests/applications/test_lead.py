"""Passing a dossier on: proposed, accepted, declined, withdrawn, imposed; one lead whatever happens at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from guichet.accounts import queries as accounts
from guichet.accounts.models import Account, Role, RoleGrant
from guichet.applications import joining, queries
from guichet.applications.models import Application, Invitation, LeadTransfer, Recusal, TeamMember, TeamRole
from guichet.applications.services import invitations, lead, team
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import DomainError, Forbidden, InvalidTransition, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.notifications.models import Email
from tests.factories.accounts import make_account
from tests.factories.applications import make_application


def make_team() -> tuple[Application, Account, Account]:
    head = make_account(Role.APPLICANT, full_name="Camille Porteur")
    colleague = make_account(Role.APPLICANT, organisation=head.organisation, full_name="Dominique Collègue")
    dossier = make_application(lead=head, change_requests=[])
    dossier.team.append(TeamMember(account=colleague, account_id=colleague.id, role=TeamRole.READER))
    db.session.flush()
    return dossier, head, colleague


@pytest.fixture
def cast(session):
    return make_team()


def leads(dossier: Application) -> list[str]:
    rows = sa.select(Account.full_name).join(TeamMember, TeamMember.account_id == Account.id)
    rows = rows.where(TeamMember.application_id == dossier.id, TeamMember.role == TeamRole.LEAD)
    return list(db.session.scalars(rows))


def propose(dossier, colleague, head) -> LeadTransfer:
    with unit_of_work():
        lead.propose(dossier, colleague.id, actor=head)
    return joining.transfer_to(colleague, db.session.scalars(sa.select(LeadTransfer.id)).one())


def told() -> set[tuple[str, str]]:
    return {(notice, name) for notice, name in db.session.execute(sa.select(Email.notice, Email.recipient_name))}


def test_the_receiver_accepts_before_anything_changes(cast, run_outbox):
    dossier, head, colleague = cast
    make_account(Role.FOCAL_POINT, organisation=head.organisation, full_name="Rose Référente")
    transfer = propose(dossier, colleague, head)
    with unit_of_work():
        lead.propose(dossier, colleague.id, actor=head)
    run_outbox()
    assert leads(dossier) == ["Camille Porteur"]
    for _ in range(2):
        with unit_of_work():
            lead.accept(transfer, actor=colleague)
    run_outbox()

    assert leads(dossier) == ["Dominique Collègue"]
    assert told() == {
        ("lead_proposed", "Dominique Collègue"),
        ("lead_proposed_told", "Camille Porteur"),
        ("lead_proposed_told", "Rose Référente"),
        *(("lead_transferred", name) for name in ("Camille Porteur", "Dominique Collègue", "Rose Référente")),
    }


def test_one_proposal_at_a_time_that_may_be_withdrawn_or_declined(cast):
    dossier, head, colleague = cast
    other = make_account(Role.APPLICANT, organisation=head.organisation)
    with unit_of_work():
        team.bring_in(dossier, email=other.email, actor=head)
    transfer = propose(dossier, colleague, head)
    with pytest.raises(RuleBroken, match="déjà proposé"), unit_of_work():
        lead.propose(dossier, other.id, actor=head)
    with unit_of_work():
        lead.withdraw(dossier, actor=head)
    for answer in (lead.accept, lead.decline):
        with pytest.raises(InvalidTransition), unit_of_work():
            answer(transfer, actor=colleague)
    with pytest.raises(InvalidTransition), unit_of_work():
        lead.withdraw(dossier, actor=head)
    assert leads(dossier) == ["Camille Porteur"]


def test_a_proposal_lasts_fifteen_days(cast, at):
    dossier, head, colleague = cast
    transfer = propose(dossier, colleague, head)
    at(clock.now() + lead.LIFETIME)
    with pytest.raises(InvalidTransition), unit_of_work():
        lead.accept(transfer, actor=colleague)


@pytest.mark.parametrize("why", ["recused", "role ended", "account closed"])
def test_never_to_who_may_not_hold_the_dossier(cast, why):
    dossier, head, colleague = cast
    transfer = propose(dossier, colleague, head)
    if why == "recused":
        db.session.add(Recusal(application_id=dossier.id, account_id=colleague.id, reason="Parenté."))
    if why == "role ended":
        db.session.execute(sa.delete(RoleGrant).where(RoleGrant.account_id == colleague.id))
    if why == "account closed":
        colleague.active = False
    db.session.flush()

    with pytest.raises(Forbidden), unit_of_work():
        lead.accept(transfer, actor=colleague)
    with unit_of_work():
        lead.withdraw(dossier, actor=head)
    with pytest.raises(RuleBroken, match="ne peut pas être le porteur"), unit_of_work():
        lead.propose(dossier, colleague.id, actor=head)
    assert leads(dossier) == ["Camille Porteur"]


@pytest.mark.parametrize("role", [Role.FOCAL_POINT, Role.ADMIN])
def test_a_lead_who_left_is_replaced_at_once_and_no_other(client_for, cast, role):
    dossier, head, colleague = cast
    ministry = head.organisation if role is Role.FOCAL_POINT else None
    keeper = make_account(role, organisation=ministry)
    with pytest.raises(RuleBroken, match="toujours là"), unit_of_work():
        lead.impose(dossier, colleague.id, actor=keeper)
    with pytest.raises(Forbidden), unit_of_work():
        lead.impose(dossier, colleague.id, actor=head)
    head.active = False
    browser, url = client_for(keeper), f"/dossiers/{dossier.id}/equipe"

    assert "Ce dossier n’a plus de porteur" in browser.get(url).text
    if role is Role.ADMIN:
        assert dossier.title in browser.get("/administration/dossiers-sans-porteur").text
        assert browser.get(f"/dossiers/{dossier.id}").status_code == 404
    assert browser.send(f"{url}/{colleague.id}/porteur", form_at=url).location == url
    assert leads(dossier) == ["Dominique Collègue"]


def test_the_receiver_answers_on_her_list_and_on_the_dossier(client_for, cast):
    dossier, head, colleague = cast
    transfer = propose(dossier, colleague, head)
    browser = client_for(colleague)
    for page in ("/dossiers", f"/dossiers/{dossier.id}"):
        assert "Devenir porteur" in browser.get(page).text
    assert "Retirer la proposition" in client_for(head).get(f"/dossiers/{dossier.id}").text
    other = client_for(head).send(f"/transmissions/{transfer.id}/acceptation", form_at="/dossiers/" + str(dossier.id))
    assert other.status_code == 404
    assert browser.get(f"/transmissions/{transfer.id}/acceptation").status_code == 405
    answer = browser.send(f"/transmissions/{transfer.id}/acceptation", form_at="/dossiers")
    assert answer.location == f"/dossiers/{dossier.id}"
    assert leads(dossier) == ["Dominique Collègue"]


# At the same moment


@pytest.fixture
def app(own_app, monkeypatch):
    monkeypatch.setattr("guichet.core.queue.nudger.put", lambda *_: None)
    app = own_app()
    with app.app_context():
        yield app
        db.session.remove()


def at_once(app, *acts) -> list[str]:
    """Each act in a request of its own, together; the names of the refusals."""

    def run(act):
        with app.app_context():
            try:
                with unit_of_work():
                    act()
            except DomainError as refusal:
                return type(refusal).__name__
            finally:
                db.session.remove()
        return "done"

    with ThreadPoolExecutor() as pool:
        return sorted(pool.map(run, acts))


def test_two_acceptances_at_once_join_once(app):
    dossier, head, _ = make_team()
    guest = make_account(Role.APPLICANT, organisation=head.organisation, email="alix@ministere.example")
    invitation = Invitation(
        application_id=dossier.id,
        address=guest.email,
        role=TeamRole.EDITOR,
        invited_by_id=head.id,
        expires_at=clock.now() + invitations.LIFETIME,
    )
    db.session.add(invitation)
    db.session.commit()
    invitation_id, guest_id = invitation.id, guest.id

    def accept():
        account = accounts.active(guest_id)
        invitations.accept(joining.invitation_to(account, invitation_id), actor=account)

    assert at_once(app, accept, accept, accept) == ["done"] * 3
    joined = sa.select(sa.func.count()).where(TeamMember.account_id == guest_id)
    assert db.session.scalar(joined) == 1


@pytest.mark.parametrize("rival", ["withdrawn", "receiver removed"])
def test_what_is_accepted_while_it_is_taken_back_ends_one_way(app, rival):
    dossier, head, colleague = make_team()
    with unit_of_work():
        lead.propose(dossier, colleague.id, actor=head)
    transfer_id = db.session.scalars(sa.select(LeadTransfer.id)).one()
    dossier_id, head_id, colleague_id = dossier.id, head.id, colleague.id
    db.session.remove()

    def accept():
        account = accounts.active(colleague_id)
        lead.accept(joining.transfer_to(account, transfer_id), actor=account)

    def take_back():
        account = accounts.active(head_id)
        application = queries.loaded(dossier_id)
        if rival == "withdrawn":
            lead.withdraw(application, actor=account)
        else:
            team.remove_member(application, colleague_id, actor=account)

    assert at_once(app, accept, take_back).count("done") == 1
    rows = sa.select(TeamMember.account_id).where(TeamMember.application_id == dossier_id)
    assert len(db.session.scalars(rows.where(TeamMember.role == TeamRole.LEAD)).all()) == 1
