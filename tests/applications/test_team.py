"""Who writes a dossier: added, taken off, handed over; by the lead or the focal point."""

import uuid

import pytest

from guichet.accounts.models import Account, Role
from guichet.applications import queries
from guichet.applications.models import Application, ApplicationStatus, Recusal, TeamMember, TeamRole
from guichet.applications.services import lead as leading
from guichet.applications.services import team
from guichet.audit import queries as audit
from guichet.core.db import db
from guichet.core.errors import Forbidden, NotFound, RuleBroken
from guichet.core.transaction import unit_of_work
from tests.applications.page_reader import read
from tests.factories.accounts import make_account, make_direction
from tests.factories.applications import make_application


@pytest.fixture
def lead(session) -> Account:
    return make_account(Role.APPLICANT, full_name="Camille Porteur")


@pytest.fixture
def colleague(lead) -> Account:
    return make_account(Role.APPLICANT, organisation=make_direction(lead.organisation), full_name="Dominique Collègue")


@pytest.fixture
def dossier(lead) -> Application:
    return make_application(lead=lead, change_requests=[])


def join(dossier: Application, account: Account) -> None:
    dossier.team.append(TeamMember(account=account, account_id=account.id, role=TeamRole.EDITOR))
    db.session.flush()


def members(dossier: Application) -> dict[str, str]:
    db.session.expire_all()
    return {member.account.full_name: member.role.value for member in queries.loaded(dossier.id).team}


def test_bring_in_lets_a_colleague_write(dossier, lead, colleague, owed):
    with unit_of_work():
        team.bring_in(dossier, email=f" {colleague.email.upper()} ", actor=lead)

    assert members(dossier) == {"Camille Porteur": "lead", "Dominique Collègue": "editor"}
    entry = audit.history_of(dossier)[0]
    assert (entry.action, entry.facts) == ("application.add-member", {"member": "Dominique Collègue"})
    assert owed() == [("MemberAdded", "notify")]


def test_whoever_is_already_there_or_has_a_conflict_is_refused(dossier, lead, colleague):
    db.session.add(Recusal(application_id=dossier.id, account_id=colleague.id, reason="Parenté."))

    for email, message in ((lead.email, "déjà dans l’équipe"), (colleague.email, "ne peut pas rejoindre")):
        with pytest.raises(RuleBroken, match=message) as refusal, unit_of_work():
            team.bring_in(dossier, email=email, actor=lead)
        assert refusal.value.field == "email"

    assert members(dossier) == {"Camille Porteur": "lead"}


@pytest.mark.parametrize("who", ["unknown", "other ministry", "no role", "closed account"])
def test_any_other_address_is_invited_alike(client_for, dossier, lead, who):
    address = {
        "unknown": lambda: "personne@ministere.example",
        "other ministry": lambda: make_account(Role.APPLICANT).email,
        "no role": lambda: make_account(organisation=lead.organisation).email,
        "closed account": lambda: make_account(Role.APPLICANT, organisation=lead.organisation, active=False).email,
    }[who]()
    browser, url = client_for(lead), f"/dossiers/{dossier.id}/equipe"

    assert browser.send(url, {"email": address, "role": "editor"}).location == url

    # An account of another ministry is not told from no account at all.
    page = read(browser.get(url))
    assert f"Invitations en attente Adresse Rôle Invitée par Réponse avant le Actions {address}" in page.text
    assert members(dossier) == {"Camille Porteur": "lead"}


def test_the_team_is_composed_by_its_lead_or_the_focal_point(dossier, lead, colleague):
    join(dossier, colleague)
    focal_point = make_account(Role.FOCAL_POINT, organisation=lead.organisation)
    newcomer = make_account(Role.APPLICANT, organisation=lead.organisation, full_name="Sacha Nouveau")

    with pytest.raises(Forbidden), unit_of_work():
        team.bring_in(dossier, email=newcomer.email, actor=colleague)
    with unit_of_work():
        team.bring_in(dossier, email=newcomer.email, actor=focal_point)
    with pytest.raises(Forbidden), unit_of_work():
        team.remove_member(dossier, newcomer.id, actor=colleague)

    assert members(dossier)["Sacha Nouveau"] == "editor"


def test_remove_member_takes_a_colleague_off(dossier, lead, colleague):
    join(dossier, colleague)

    with unit_of_work():
        team.remove_member(dossier, colleague.id, actor=lead)

    assert members(dossier) == {"Camille Porteur": "lead"}
    assert audit.history_of(dossier)[0].action == "application.remove-member"


def test_a_colleague_may_leave_and_the_lead_may_not(dossier, lead, colleague):
    join(dossier, colleague)
    with pytest.raises(RuleBroken, match="transmettez d’abord"), unit_of_work():
        team.remove_member(dossier, lead.id, actor=lead)

    with unit_of_work():
        team.remove_member(dossier, colleague.id, actor=colleague)

    assert members(dossier) == {"Camille Porteur": "lead"}


def test_a_stranger_cannot_be_removed_nor_made_lead(dossier, lead):
    for use_case in (team.remove_member, leading.propose):
        with pytest.raises(NotFound), unit_of_work():
            use_case(dossier, uuid.uuid4(), actor=lead)


# The page


def test_the_page_lists_the_team_and_offers_what_the_reader_may_do(client_for, dossier, lead, colleague):
    join(dossier, colleague)
    url = f"/dossiers/{dossier.id}/equipe"

    as_lead, as_colleague = read(client_for(lead).get(url)), read(client_for(colleague).get(url))

    assert (
        "Camille Porteur Porteur Dominique Collègue Co-porteur Lecture seule Transmettre le dossier Retirer"
        in as_lead.text
    )
    assert "Ajouter à l’équipe" in as_lead.text
    assert "Quitter l’équipe" in as_colleague.text
    assert "Ajouter à l’équipe" not in as_colleague.text


def test_the_page_adds_changes_the_role_and_lets_leave(client_for, dossier, lead, colleague):
    browser, url = client_for(lead), f"/dossiers/{dossier.id}/equipe"

    assert browser.send(url, {"email": colleague.email, "role": "editor"}).location == url
    assert browser.send(f"{url}/{colleague.id}/role", {"role": "reader"}, form_at=url).location == url
    assert members(dossier) == {"Camille Porteur": "lead", "Dominique Collègue": "reader"}
    assert browser.send(f"{url}/{colleague.id}/role", {"role": "lead"}, form_at=url).status_code == 422

    gone = client_for(colleague)
    assert gone.send(f"{url}/{colleague.id}/retrait", form_at=url).location == "/dossiers"
    assert members(dossier) == {"Camille Porteur": "lead"}
    assert gone.get(url).status_code == 404


def test_a_reader_reads_and_writes_nothing(client_for, dossier, lead, colleague):
    dossier.team.append(TeamMember(account=colleague, account_id=colleague.id, role=TeamRole.READER))
    db.session.flush()
    reader, url = client_for(colleague), f"/dossiers/{dossier.id}"

    for page in (url, f"{url}/contenu", f"{url}/equipe", f"{url}/exports", f"{url}/pieces"):
        answer = reader.get(page)
        assert answer.status_code in {200, 404}
        assert "rubriques/" not in answer.text
    token = reader.csrf(f"{url}/equipe")
    for address in (f"{url}/equipe", f"{url}/equipe/{lead.id}/role", f"{url}/equipe/{colleague.id}/proposition"):
        data = {"csrf_token": token, "email": "alix@ministere.example", "role": "editor"}
        assert reader.post(address, data=data).status_code == 403
    assert members(dossier) == {"Camille Porteur": "lead", "Dominique Collègue": "reader"}


def test_the_page_keeps_a_refused_address(client_for, dossier, lead):
    url = f"/dossiers/{dossier.id}/equipe"
    for typed, message in (("", "obligatoire"), ("inconnu", "adresse complète"), ("é" * 300, "254")):
        answer = client_for(lead).send(url, {"email": typed, "role": "reader"})

        page = read(answer)
        assert answer.status_code == 422
        assert message in page.text
        assert page.fields["email"] == typed


def test_the_page_tells_a_refused_removal(client_for, dossier, lead):
    url = f"/dossiers/{dossier.id}/equipe"

    answer = client_for(lead).send(f"{url}/{lead.id}/retrait", form_at=url)

    assert answer.status_code == 422
    assert "transmettez d’abord le dossier" in read(answer).text


def test_no_action_without_its_token_nor_by_get(client_for, dossier, lead, colleague):
    join(dossier, colleague)
    browser, url = client_for(lead), f"/dossiers/{dossier.id}/equipe/{colleague.id}"

    assert browser.post(f"{url}/retrait").status_code == 422
    assert browser.get(f"{url}/retrait").status_code == 405
    assert "Dominique Collègue" in members(dossier)


@pytest.mark.parametrize(
    ("role", "inside", "status"),
    [
        (Role.FOCAL_POINT, True, 200),
        (Role.AUDITOR, False, 200),
        (Role.APPLICANT, True, 404),
        (Role.OFFICER, False, 404),
    ],
)
def test_the_page_follows_the_right_to_read(client_for, dossier, lead, role, inside, status):
    reader = make_account(role, organisation=lead.organisation if inside else None)

    assert client_for(reader).get(f"/dossiers/{dossier.id}/equipe").status_code == status


def test_an_auditor_reads_and_changes_nothing(client_for, lead, colleague):
    dossier = make_application(lead=lead, status=ApplicationStatus.SUBMITTED)
    url = f"/dossiers/{dossier.id}/equipe"
    auditor = client_for(make_account(Role.AUDITOR))
    token = (
        auditor.csrf("/mon-compte") if 'name="csrf_token"' in auditor.get("/mon-compte").get_data(as_text=True) else ""
    )

    answer = auditor.post(url, data={"csrf_token": token, "email": colleague.email, "role": "editor"})

    assert answer.status_code == 403
    assert members(dossier) == {"Camille Porteur": "lead"}
