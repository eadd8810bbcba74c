"""Administering organisations, people and roles."""

import datetime as dt
import re

import pytest
from sqlalchemy import select

from guichet.accounts import services
from guichet.accounts.models import Account, Organisation, OrganisationKind, PasswordReset, ResetKind, Role, RoleGrant
from guichet.audit.models import AuditEntry
from guichet.core import clock
from guichet.core.errors import Forbidden, RuleBroken
from guichet.core.transaction import unit_of_work
from tests.factories.accounts import make_account, make_direction, make_ministry
from tests.factories.calls import make_call

PAGES = [
    "/administration",
    "/administration/personnes",
    "/administration/personnes/nouvelle",
    "/administration/personnes/{person}",
    "/administration/personnes/{person}/modifier",
    "/administration/personnes/{person}/roles/nouveau",
    "/administration/organisations",
    "/administration/organisations/nouvelle",
    "/administration/organisations/{organisation}",
]
BUTTONS = ["desactivation", "activation", "invitation"]


@pytest.fixture
def ministry(session):
    return make_ministry("Ministère de l’Écologie")


@pytest.fixture
def admin(session):
    return make_account(Role.ADMIN)


@pytest.fixture
def person(session, ministry):
    return make_account(organisation=ministry, full_name="Zoé Martin", email="zoe@ecologie.example")


def actions(session):
    return session.scalars(select(AuditEntry.action).order_by(AuditEntry.number)).all()


@pytest.mark.parametrize("page", PAGES)
def test_only_administrators_reach_the_page(client_for, session, person, admin, page):
    address = page.format(person=person.id, organisation=person.organisation_id)

    assert client_for(admin).get(address).status_code == 200
    for role in set(Role) - {Role.ADMIN}:
        assert client_for(make_account(role)).get(address).status_code == 403
    assert client_for(make_account(Role.ADMIN, call_id=make_call().id)).get(address).status_code == 403
    assert client_for(None).get(address).status_code == 303


@pytest.mark.parametrize("button", BUTTONS)
def test_only_administrators_press_the_button(client_for, session, person, button):
    address = f"/administration/personnes/{person.id}/{button}"

    assert client_for(make_account(Role.OFFICER)).post(address).status_code == 403
    assert client_for(None).post(address).status_code == 401
    assert client_for(make_account(Role.ADMIN)).get(address).status_code == 405


@pytest.mark.parametrize("use_case", ["create", "edit", "deactivate", "activate", "invite", "grant", "organisation"])
def test_the_use_case_itself_refuses_others(session, person, ministry, use_case):
    actor = make_account(Role.OFFICER)
    described = {"full_name": "X", "email": "x@y.example", "job_title": "", "organisation": ministry}
    named = {"name": "N", "short_name": "N", "valid_from": clock.today(), "valid_until": None}
    calls = {
        "create": lambda: services.create_account(**described, actor=actor),
        "edit": lambda: services.edit_account(person, **described, actor=actor),
        "deactivate": lambda: services.deactivate(person, actor=actor),
        "activate": lambda: services.activate(person, actor=actor),
        "invite": lambda: services.send_invitation(person, actor=actor),
        "grant": lambda: services.grant_role(person, Role.ADMIN, actor=actor),
        "organisation": lambda: services.edit_organisation(ministry, **named, actor=actor),
    }

    with pytest.raises(Forbidden), unit_of_work():
        calls[use_case]()

    assert actions(session) == []


def test_an_account_is_opened_by_invitation(client_for, session, admin, ministry, owed):
    answer = client_for(admin).send(
        "/administration/personnes/nouvelle",
        {
            "full_name": "Zoé Martin",
            "email": "Zoe.Martin@Ecologie.example",
            "job_title": "Cheffe de projet",
            "organisation": "ministère de l’écologie",
        },
    )

    made = session.scalars(select(Account).where(Account.email == "zoe.martin@ecologie.example")).one()
    assert answer.location == f"/administration/personnes/{made.id}"
    assert made.organisation_id == ministry.id
    assert made.password_hash == "!"
    reset = session.scalars(select(PasswordReset)).one()
    assert (reset.account_id, reset.kind) == (made.id, ResetKind.INVITATION)
    assert owed() == [("AccountInvited", "notify")]
    assert actions(session) == ["account.create"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"full_name": ""}, "obligatoire"),
        ({"full_name": "x" * 201}, "200 caractères au plus"),
        ({"email": "zoe"}, "Écrivez une adresse complète"),
        ({"email": "zoé@ecologie.example"}, "sans accent"),
        ({"email": "ZOE@ecologie.example"}, "Un compte existe déjà"),
        ({"organisation": "Nulle part"}, "Aucune organisation ne porte ce nom"),
        ({"organisation": "DNUM"}, "Plusieurs organisations"),
        ({"organisation": ""}, "obligatoire"),
    ],
)
def test_an_account_is_not_opened_on_wrong_data(client_for, session, admin, person, ministry, typed, said):
    for number in (1, 2):
        make_direction(ministry, f"Direction {number}").short_name = "DNUM"
    good = {"full_name": "Léa", "email": "lea@ecologie.example", "job_title": "", "organisation": ministry.name}
    before = len(session.scalars(select(Account)).all())

    answer = client_for(admin).send("/administration/personnes/nouvelle", good | typed)

    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert said in page
    assert "job_title" in page
    assert len(session.scalars(select(Account)).all()) == before


def test_a_person_is_corrected(client_for, session, admin, person, ministry):
    direction = make_direction(ministry)

    answer = client_for(admin).send(
        f"/administration/personnes/{person.id}/modifier",
        {"full_name": "Zoé Durand", "email": "zoe.durand@ecologie.example", "organisation": direction.name},
    )

    assert answer.status_code == 303
    changed = session.get(Account, person.id)
    assert (changed.full_name, changed.email, changed.organisation_id) == (
        "Zoé Durand",
        "zoe.durand@ecologie.example",
        direction.id,
    )
    assert actions(session) == ["account.edit"]


def test_an_address_already_taken_leaves_the_person_as_she_was(client_for, session, admin, person):
    other = make_account()

    answer = client_for(admin).send(
        f"/administration/personnes/{person.id}/modifier",
        {"full_name": "Zoé Durand", "email": other.email, "organisation": "Ministère de l’Écologie"},
    )

    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "Un compte existe déjà à cette adresse." in page
    assert 'value="Zoé Durand"' in page
    assert session.get(Account, person.id).full_name == "Zoé Martin"


def test_a_person_leaves_her_ministry_without_its_roles(session, admin, ministry):
    account = make_account(Role.APPLICANT, organisation=ministry)
    elsewhere = make_ministry()
    described = {"full_name": "Z", "email": account.email, "job_title": "", "organisation": elsewhere}

    with pytest.raises(RuleBroken) as refusal, unit_of_work():
        services.edit_account(account, **described, actor=admin)

    assert refusal.value.field == "organisation"


def test_a_closed_account_opens_again(client_for, session, admin, person):
    client = client_for(admin)
    page = f"/administration/personnes/{person.id}"
    key = person.session_key

    assert client.send(f"{page}/desactivation", form_at=page).status_code == 303
    closed = session.get(Account, person.id)
    assert not closed.active
    assert closed.session_key != key
    assert "Ce compte est désactivé" in client.get(page).get_data(as_text=True)
    assert client.send(f"{page}/activation", form_at=page).status_code == 303
    assert session.get(Account, person.id).active
    assert actions(session) == ["account.deactivate", "account.activate"]


def test_an_administrator_does_not_lock_herself_out(client_for, session, admin):
    page = f"/administration/personnes/{admin.id}"
    client, grant_id = client_for(admin), admin.grants[0].id

    closing = client.send(f"{page}/desactivation", form_at=page)
    revoking = client.send(f"{page}/roles/{grant_id}/retrait", form_at=page)

    assert closing.status_code == revoking.status_code == 422
    assert "votre propre compte" in closing.get_data(as_text=True)
    assert "demandez-le à un autre administrateur" in revoking.get_data(as_text=True)
    assert actions(session) == []


def test_an_invitation_is_sent_again_until_the_password_is_chosen(client_for, session, admin, person, owed):
    page = f"/administration/personnes/{person.id}"
    client = client_for(admin)

    assert client.send(f"{page}/invitation", form_at=page).status_code == 303
    assert owed() == [("AccountInvited", "notify")]
    person.password_hash = "$argon2id$chosen"
    refused = client.send(f"{page}/invitation", form_at=page)
    assert refused.status_code == 422
    assert "déjà choisi son mot de passe" in refused.get_data(as_text=True)


def test_a_role_is_given_and_taken_back(client_for, session, admin, person, ministry):
    page = f"/administration/personnes/{person.id}"
    client = client_for(admin)
    last_day = clock.today() + dt.timedelta(days=30)

    given = client.send(
        f"{page}/roles/nouveau",
        {"role": "focal_point", "organisation": ministry.name, "call": "", "last_day": last_day.isoformat()},
    )

    assert given.status_code == 303
    grant = session.scalars(select(RoleGrant).where(RoleGrant.account_id == person.id)).one()
    assert (grant.role, grant.organisation_id, grant.last_day) == (Role.FOCAL_POINT, ministry.id, last_day)
    assert "Référent numérique écoresponsable" in client.get(page).get_data(as_text=True)

    taken = client.send(f"{page}/roles/{grant.id}/retrait", form_at=page)

    assert taken.status_code == 303
    assert session.scalars(select(RoleGrant).where(RoleGrant.account_id == person.id)).all() == []
    assert actions(session) == ["account.role-grant", "account.role-revoke"]


def test_a_role_given_again_only_changes_its_last_day(session, admin, person):
    call = make_call()
    day = clock.today()

    for last_day in (None, day):
        with unit_of_work():
            services.grant_role(person, Role.REVIEWER, call_id=call.id, last_day=last_day, actor=admin)

    grant = session.scalars(select(RoleGrant).where(RoleGrant.account_id == person.id)).one()
    assert grant.last_day == day


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"role": "emperor"}, "Choisissez une valeur de la liste."),
        ({"role": ""}, "obligatoire"),
        ({"role": "applicant"}, "Indiquez sur quelle organisation."),
        ({"role": "applicant", "organisation": "Autre ministère"}, "pas du ministère de la personne"),
        ({"role": "focal_point", "organisation": "Direction A"}, "pour tout son ministère"),
        ({"role": "officer", "organisation": "Direction A"}, "ne se donne pas sur une organisation"),
        ({"role": "officer", "call": "00000000-0000-0000-0000-000000000000"}, "valid"),
        ({"role": "officer", "call": "x"}, "valid"),
        ({"role": "officer", "last_day": "2001-01-01"}, "déjà passé"),
        ({"role": "officer", "last_day": "demain"}, "Écrivez une date"),
        ({"role": "admin", "call": "this"}, "sur tout le guichet"),
        ({"role": "applicant", "organisation": "Direction A", "call": "this"}, "pas sur un appel"),
    ],
)
def test_a_role_out_of_its_scope_is_refused_at_its_field(client_for, session, admin, person, ministry, typed, said):
    make_direction(ministry, "Direction A")
    make_ministry("Autre ministère")
    call = make_call()
    typed = {key: str(call.id) if value == "this" else value for key, value in typed.items()}

    answer = client_for(admin).send(f"/administration/personnes/{person.id}/roles/nouveau", {"call": "", **typed})

    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert session.scalars(select(RoleGrant).where(RoleGrant.account_id == person.id)).all() == []


def test_a_grant_of_somebody_else_is_not_found(client_for, session, admin, person):
    other = make_account(Role.OFFICER)
    page = f"/administration/personnes/{person.id}"

    answer = client_for(admin).send(f"{page}/roles/{other.grants[0].id}/retrait", form_at=page)

    assert answer.status_code == 404


@pytest.mark.parametrize("page", PAGES[3:6])
def test_an_unknown_person_is_not_found(client_for, admin, page):
    nobody = "00000000-0000-0000-0000-000000000000"

    assert client_for(admin).get(page.format(person=nobody)).status_code == 404
    assert client_for(admin).get(f"/administration/organisations/{nobody}").status_code == 404


def test_an_organisation_is_added_under_another(client_for, session, admin, ministry):
    answer = client_for(admin).send(
        "/administration/organisations/nouvelle",
        {
            "name": "Direction du numérique",
            "short_name": "DNUM",
            "kind": "direction",
            "parent": ministry.short_name,
            "valid_from": "2026-01-01",
            "valid_until": "",
        },
    )

    assert answer.status_code == 303
    made = session.scalars(select(Organisation).where(Organisation.short_name == "DNUM")).one()
    assert (made.parent_id, made.ministry_id, made.kind) == (ministry.id, ministry.id, OrganisationKind.DIRECTION)
    assert actions(session) == ["organisation.create"]


def test_a_ministry_is_its_own_root(session, admin):
    with unit_of_work():
        made = services.create_organisation(
            name="Ministère neuf",
            short_name="MN",
            kind=OrganisationKind.MINISTRY,
            parent=None,
            valid_from=clock.today(),
            valid_until=None,
            actor=admin,
        )

    assert made.ministry_id == made.id


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": "Ministère de l’Écologie"}, "porte déjà ce nom"),
        ({"kind": "direction", "parent": ""}, "les autres en ont une"),
        ({"kind": "ministry", "parent": "Ministère de l’Écologie"}, "pas d’organisation de rattachement"),
        ({"kind": "club"}, "Choisissez une valeur de la liste."),
        ({"parent": "Nulle part"}, "Aucune organisation"),
        ({"valid_until": "2026-01-01"}, "La fin doit venir après le début."),
        ({"valid_from": "1999-01-01"}, "entre 2000 et 2100"),
        ({"short_name": "x" * 61}, "60 caractères au plus"),
    ],
)
def test_an_organisation_is_refused_at_its_field(client_for, session, admin, ministry, typed, said):
    good = {"name": "N", "short_name": "N", "kind": "ministry", "parent": "", "valid_from": "2026-01-01"}

    answer = client_for(admin).send("/administration/organisations/nouvelle", good | typed)

    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert session.scalars(select(Organisation).where(Organisation.name == "N")).all() == []


def test_an_organisation_is_corrected_and_closed(client_for, session, admin, ministry):
    client = client_for(admin)
    typed = {"name": "Ministère vert", "short_name": "MV", "valid_from": "2020-01-01", "valid_until": "2026-01-01"}

    assert client.send(f"/administration/organisations/{ministry.id}", typed).status_code == 303

    changed = session.get(Organisation, ministry.id)
    assert (changed.name, changed.valid_until) == ("Ministère vert", dt.date(2026, 1, 1))
    assert "Disparue" in client.get("/administration/organisations?q=vert").get_data(as_text=True)
    refused = client.send(f"/administration/organisations/{ministry.id}", typed | {"valid_until": "2019-01-01"})
    assert refused.status_code == 422


def test_lists_are_paged_light_and_of_constant_cost(client_for, session, admin, statements):
    ministry = make_ministry()
    for number in range(25):
        make_account(
            Role.OFFICER, Role.REVIEWER, organisation=make_direction(ministry), full_name=f"Personne {number:02}"
        )
    client = client_for(admin)
    counts = {}
    for address in ("/administration/personnes", "/administration/organisations"):
        session.flush()
        statements.clear()
        page = client.get(address).get_data(as_text=True)
        counts[address] = len(statements)
        assert "page 1 sur 2" in page
        assert page.count("<tr>") == 21
        assert page.count("<") - page.count("</") - page.count("<!") <= 380
    assert counts["/administration/personnes"] <= 5
    assert counts["/administration/organisations"] <= 3
    assert "Personne 24" in client.get("/administration/personnes?q=personne&page=2").get_data(as_text=True)


@pytest.mark.parametrize(
    "query", ["q=zzz", "page=999&q=%00", "role=emperor", "ministere=x", "q=" + "a" * 5000, "page=-1", "page=1e9"]
)
def test_lists_take_any_filter(client_for, admin, query):
    client = client_for(admin)

    assert client.get(f"/administration/personnes?{query}").status_code == 200
    assert client.get(f"/administration/organisations?{query}&kind=club").status_code == 200


def test_an_empty_list_says_so(client_for, admin):
    client = client_for(admin)

    assert "Personne ne répond à ces critères" in client.get("/administration/personnes?q=zzz").get_data(as_text=True)
    assert "Aucune organisation ne répond" in client.get("/administration/organisations?q=zzz").get_data(as_text=True)


def test_the_menu_offers_administration_to_administrators(client_for, admin):
    page = client_for(admin).get("/administration/personnes").get_data(as_text=True)

    assert re.search(r'<a href="/administration"\s+aria-current="\w+">Administration</a>', page)
    assert "/administration" not in client_for(make_account(Role.OFFICER)).get("/mon-compte").get_data(as_text=True)


def test_the_first_administrator_comes_from_the_command_line(session, owed):
    with unit_of_work():
        account = services.create_admin("Prem@guichet.example", "Première Personne")

    assert account.has_role(Role.ADMIN)
    assert account.email == "prem@guichet.example"
    assert owed() == [("AccountInvited", "notify")]
    assert actions(session) == ["account.create"]
