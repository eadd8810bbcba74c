"""Asking an address to join: what the link tells and to whom, who may say yes, and that the secret is nowhere."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from guichet.accounts import queries as accounts
from guichet.accounts.models import Account, Role
from guichet.applications import joining, queries
from guichet.applications.models import Application, Invitation, Recusal, TeamMember, TeamRole
from guichet.applications.services import invitations, team
from guichet.audit.models import AuditEntry
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Forbidden, InvalidTransition, NotFound, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.notifications import services as notifications
from guichet.notifications.models import Email, EmailStatus
from guichet.notifications.smtp import Mailer
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.sink import Sink

ADDRESS = "alix.invitee@ministere.example"


@pytest.fixture
def lead(session) -> Account:
    return make_account(Role.APPLICANT, full_name="Camille Porteur")


@pytest.fixture
def dossier(lead) -> Application:
    return make_application(lead=lead, title="Titre à taire", change_requests=[])


@pytest.fixture
def invited(dossier, lead) -> Invitation:
    with unit_of_work():
        found = team.bring_in(dossier, email=f" {ADDRESS.upper()} ", role=TeamRole.READER, actor=lead)
    assert found is not None
    return found


@pytest.fixture
def run_outbox(run_outbox, dossier, lead):
    """The same, and what the test holds is read again."""

    def deliver() -> None:
        run_outbox()
        again(lead)
        queries.loaded(dossier.id)

    return deliver


def again(account: Account) -> Account:
    """With her rights: a page, or the delivery of events, forgets what was loaded."""
    found = accounts.active(account.id)
    assert found is not None
    return found


def guest(lead: Account) -> Account:
    return make_account(Role.APPLICANT, organisation=again(lead).organisation, email=ADDRESS)


def mail_to_her() -> Email:
    return db.session.scalars(sa.select(Email).where(Email.recipient_email == ADDRESS)).one()


def link() -> str:
    return re.search(r"http://localhost(/invitations/\S+)", mail_to_her().text_body).group(1)


def role_of(account: Account) -> str | None:
    return db.session.scalar(sa.select(TeamMember.role).where(TeamMember.account_id == account.id))


def test_inviting_twice_is_one_invitation_and_one_mail_until_it_is_written(dossier, lead, invited, owed, run_outbox):
    for _ in range(2):
        with unit_of_work():
            again = team.bring_in(dossier, email=ADDRESS, actor=lead)
        assert again is invited
    assert owed() == [("TeamInvited", "notify")]
    run_outbox()
    first = invited.token_sha256
    with unit_of_work():
        team.bring_in(dossier, email=ADDRESS, actor=lead)
    assert owed() == [("TeamInvited", "notify")]
    run_outbox()
    db.session.refresh(invited)

    assert invited.token_sha256 not in {None, first}
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Invitation)) == 1


@pytest.mark.parametrize("typed", ["alix", "é@ministere.example", "a b@c.example", "@c.example", "a@b"])
def test_what_is_no_address_is_refused_at_its_field(dossier, lead, typed):
    with pytest.raises(RuleBroken) as refusal, unit_of_work():
        team.bring_in(dossier, email=typed, actor=lead)
    assert refusal.value.field == "email"


def test_a_team_is_no_crowd(dossier, lead):
    for number in range(15):
        with unit_of_work():
            team.bring_in(dossier, email=f"agent{number}@ailleurs.example", actor=lead)
    with pytest.raises(RuleBroken, match="16 personnes"), unit_of_work():
        team.bring_in(dossier, email=ADDRESS, actor=lead)


def test_the_link_tells_nothing_before_the_address_signs_in(client_for, dossier, lead, invited, run_outbox):
    run_outbox()
    path, other = link(), make_account(Role.APPLICANT, organisation=lead.organisation)

    for account, status in ((None, 200), (other, 403), (lead, 403)):
        answer = client_for(account).get(path)
        assert answer.status_code == status
        assert "Titre à taire" not in answer.text
        assert "Camille Porteur" not in answer.text or account is lead
    assert client_for(other).send(f"/invitations/{invited.id}/acceptation", form_at="/deconnexion").status_code == 404
    assert role_of(other) is None


@pytest.mark.parametrize("why", ["other ministry", "no role", "recused"])
def test_who_may_not_be_of_this_team_does_not_learn_of_the_dossier(client_for, dossier, lead, invited, run_outbox, why):
    run_outbox()
    path = link()
    ministry = None if why == "other ministry" else lead.organisation
    account = make_account(*(() if why == "no role" else (Role.APPLICANT,)), organisation=ministry, email=ADDRESS)
    if why == "recused":
        db.session.add(Recusal(application_id=dossier.id, account_id=account.id, reason="Parenté."))
        db.session.flush()
    browser = client_for(account)

    for address in (path, "/dossiers"):
        assert "Titre à taire" not in browser.get(address).text
    answer = browser.send(f"/invitations/{invited.id}/acceptation", form_at="/deconnexion")
    assert (answer.status_code, role_of(account)) == (403, None)
    assert "Titre à taire" not in answer.text


def test_opening_changes_nothing_and_a_click_joins_once(client_for, dossier, lead, invited, run_outbox):
    run_outbox()
    path, account = link(), guest(lead)
    browser = client_for(account)

    for _ in range(2):
        assert "Titre à taire" in browser.get(path).text
    assert role_of(account) is None
    assert "Rejoindre l’équipe" in browser.get("/dossiers").text
    address = f"/invitations/{invited.id}/acceptation"
    assert browser.get(address).status_code == 405
    for _ in range(2):
        assert browser.send(address, form_at="/deconnexion").location == f"/dossiers/{dossier.id}"
    assert role_of(account) == "reader"
    assert browser.get(path).location == f"/dossiers/{dossier.id}"
    assert client_for(None).get(path).status_code == 404


@pytest.mark.parametrize("end", ["withdrawn", "declined", "expired"])
def test_an_invitation_that_is_over_says_so_neutrally(client_for, dossier, lead, invited, run_outbox, at, end):
    run_outbox()
    path, account = link(), guest(lead)
    with unit_of_work():
        if end == "withdrawn":
            invitations.withdraw(dossier, invited.id, actor=lead)
        if end == "declined":
            invitations.decline(joining.invitation_to(account, invited.id), actor=account)
    if end == "expired":
        at(clock.now() + invitations.LIFETIME)
    with pytest.raises(InvalidTransition), unit_of_work():
        invitations.accept(joining.invitation_to(account, invited.id), actor=account)

    answer = client_for(account).get(path)
    assert answer.status_code == 404
    assert "Cette invitation ne sert plus" in answer.text
    assert "Titre à taire" not in answer.text


def test_only_who_composes_the_team_withdraws(dossier, lead, invited):
    member = guest(lead)
    with pytest.raises(Forbidden), unit_of_work():
        invitations.withdraw(dossier, invited.id, actor=member)
    with pytest.raises(NotFound), unit_of_work():
        invitations.withdraw(make_application(lead=lead, change_requests=[]), invited.id, actor=lead)


def test_the_mail_of_a_withdrawn_invitation_does_not_leave(dossier, lead, invited, run_outbox):
    run_outbox()
    with unit_of_work():
        invitations.withdraw(dossier, invited.id, actor=lead)
    with Sink() as sink:
        mailer = Mailer(sink.url, "Guichet <ne-pas-repondre@guichet.example>")
        notifications.send_queued(mailer)
        mailer.close()
        assert sink.messages == []
    assert mail_to_her().status is EmailStatus.CANCELLED


def test_the_secret_and_the_address_are_where_they_must_be_only(client_for, dossier, invited, run_outbox, caplog):
    run_outbox()
    path = link()
    client_for(None).get(path)
    with Sink() as sink:
        mailer = Mailer(sink.url, "Guichet <ne-pas-repondre@guichet.example>")
        notifications.send_queued(mailer)
        mailer.close()
    secret = path.rpartition("/")[2]
    holders = {
        word: {
            table.name
            for table in db.metadata.sorted_tables
            if db.session.scalar(
                sa.select(sa.func.count())
                .select_from(table)
                .where(sa.literal_column(f'"{table.name}"::text').contains(word))
            )
        }
        for word in (secret, ADDRESS)
    }

    assert holders == {secret: set(), ADDRESS: {"team_invitation", "email"}}
    assert mail_to_her().text_body == notifications.ERASED
    assert secret not in caplog.text
    assert ADDRESS not in caplog.text
    assert ADDRESS not in str(db.session.scalars(sa.select(AuditEntry.facts)).all())


def test_an_address_without_account_is_told_to_the_administrators(client_for, dossier, lead, invited, run_outbox):
    admin = make_account(Role.ADMIN)
    run_outbox()
    told = db.session.scalars(sa.select(Email).where(Email.recipient_id == admin.id)).one()

    assert (told.notice, ADDRESS in told.text_body) == ("account_wanted", False)
    assert ADDRESS in client_for(admin).get("/administration/comptes-demandes").text
    guest(lead)
    assert ADDRESS not in client_for(admin).get("/administration/comptes-demandes").text
    assert client_for(lead).get("/administration/comptes-demandes").status_code == 403


def test_old_invitations_are_forgotten(invited, at):
    at(clock.now() + invitations.LIFETIME + invitations.KEPT + dt.timedelta(seconds=1))
    with unit_of_work():
        assert invitations.forget() == 1
        assert invitations.forget() == 0
