"""Forgotten passwords and invitations: one link, once, for a short time."""

import datetime as dt
import hashlib
import threading

import pytest
from sqlalchemy import select

from guichet.accounts import passwords, queries, services
from guichet.accounts.models import Account, PasswordReset, ResetKind, Role
from guichet.audit.models import AuditEntry
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import NotFound, RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.notifications.models import Email
from guichet.outbox.models import OutboxMessage
from tests.factories.accounts import PASSWORD, make_account, make_ministry

NEW = "cinq mots pour mon compte"


@pytest.fixture
def account(session):
    return make_account(Role.APPLICANT, password=True, email="camille@ecologie.example")


def ask(account):
    with unit_of_work():
        services.request_reset(account.email)


def link_of(account, session):
    """Ask for a link and write its e-mail, as the worker does: the path it holds."""
    ask(account)
    reset = session.scalars(select(PasswordReset).order_by(PasswordReset.created_at.desc())).first()
    with unit_of_work():
        return services.issue_reset_secret(reset.id)


def choose(client, path, new=NEW, confirmation=None):
    return client.send(path, {"new": new, "confirmation": confirmation or new})


def test_the_answer_is_the_same_for_anybody(client_for, session, account, owed):
    client = client_for(None)
    make_account(email="partie@ecologie.example", active=False)

    answers = [
        client.send("/mot-de-passe-oublie", {"email": email})
        for email in ("camille@ecologie.example", "inconnue@ecologie.example", "partie@ecologie.example")
    ]

    assert {answer.status_code for answer in answers} == {303}
    assert {answer.location for answer in answers} == {"/mot-de-passe-oublie/envoye"}
    assert "Si cette adresse" in client.get("/mot-de-passe-oublie/envoye").get_data(as_text=True)
    assert owed() == [("PasswordResetRequested", "notify")]
    assert session.scalars(select(PasswordReset.account_id)).all() == [account.id]


def test_the_outbox_holds_no_secret_and_the_table_only_its_fingerprint(session, account):
    ask(account)

    message = session.scalars(select(OutboxMessage)).one()
    reset = session.scalars(select(PasswordReset)).one()
    assert set(message.payload) == {"event_id", "account_id", "reset_id"}
    assert reset.token_sha256 is None

    with unit_of_work():
        path = services.issue_reset_secret(reset.id)
    secret = path.removeprefix("/nouveau-mot-de-passe/")
    assert len(secret) >= 40
    assert reset.token_sha256 == hashlib.sha256(secret.encode()).hexdigest()


def test_the_link_of_the_email_lets_choose_a_password(client_for, session, account, run_outbox):
    ask(account)
    run_outbox()
    email = session.scalars(select(Email)).one()
    assert email.recipient_email == account.email
    path = "/nouveau-mot-de-passe/" + email.text_body.split("/nouveau-mot-de-passe/", 1)[1].split()[0]
    client = client_for(None)

    answer = choose(client, path)

    assert answer.status_code == 303
    assert answer.location == "/connexion"
    assert client.send("/connexion", {"email": account.email, "password": NEW}).status_code == 303


def test_opening_the_link_changes_nothing(client_for, session, account):
    path = link_of(account, session)
    before = session.get(Account, account.id).password_hash

    for _ in range(3):
        answer = client_for(None).get(path)
        assert answer.status_code == 200
        assert account.full_name in answer.get_data(as_text=True)
    client_for(None).head(path)

    assert session.get(Account, account.id).password_hash == before
    assert session.scalars(select(PasswordReset.used_at)).one() is None


def test_the_link_serves_once(client_for, session, account):
    path = link_of(account, session)
    client = client_for(None)
    assert choose(client, path).status_code == 303

    again = client.get(path)

    assert again.status_code == 404
    assert "Ce lien ne sert plus" in again.get_data(as_text=True)
    with pytest.raises(NotFound), unit_of_work():
        services.choose_password(path.rpartition("/")[2], "encore une autre phrase")


def test_a_new_link_ends_the_ones_before(client_for, session, account):
    first = link_of(account, session)
    second = link_of(account, session)
    client = client_for(None)

    assert first != second
    assert client.get(first).status_code == 404
    assert client.get(second).status_code == 200


def test_one_link_at_a_time_is_on_its_way(session, account, owed):
    ask(account)
    ask(account)

    assert len(session.scalars(select(PasswordReset)).all()) == 1
    assert owed() == [("PasswordResetRequested", "notify")]


@pytest.mark.parametrize(
    ("kind", "lifetime"), [("forgotten", dt.timedelta(hours=1)), ("invitation", dt.timedelta(days=7))]
)
def test_the_link_lives_from_its_email_on(client_for, session, account, at, kind, lifetime):
    asked = clock.now()
    reset = PasswordReset(account_id=account.id, kind=ResetKind(kind), expires_at=asked + lifetime)
    session.add(reset)
    session.flush()
    written = asked + dt.timedelta(hours=3)
    at(written)
    with unit_of_work():
        path = services.issue_reset_secret(reset.id)
    client = client_for(None)

    at(written + lifetime - dt.timedelta(seconds=1))
    assert client.get(path).status_code == 200
    at(written + lifetime)
    assert client.get(path).status_code == 404


def test_all_sessions_end_and_the_person_is_told(client_for, session, account, owed):
    client = client_for(account)
    path = link_of(account, session)

    choose(client_for(None), path)

    assert client.get("/mon-compte").status_code == 303
    assert ("PasswordChanged", "notify") in owed()
    actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.number)).all()
    assert actions == ["account.password-reset-request", "account.password-change"]


def test_a_closed_account_has_no_link(client_for, session, account):
    path = link_of(account, session)
    account.active = False

    assert client_for(None).get(path).status_code == 404


@pytest.mark.parametrize(
    ("new", "confirmation", "said"),
    [
        ("court", "court", "au moins 12 caractères"),
        ("camille@ecologie", "camille@ecologie", "votre nom"),
        ("motdepasse2026", "motdepasse2026", "plus courants"),
        (NEW, NEW + "!", "ne sont pas les mêmes"),
        ("", "", "obligatoire"),
        ("x" * 500, "x" * 500, "200 caractères au plus"),
    ],
)
def test_a_refused_password_says_why_and_leaves_the_link(client_for, session, account, new, confirmation, said):
    path = link_of(account, session)
    client = client_for(None)

    answer = choose(client, path, new, confirmation)

    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)
    assert choose(client, path).status_code == 303


@pytest.mark.parametrize("secret", ["x", "a" * 100, "é", "%00", "' OR 1=1 --"])
def test_a_forged_link_is_over(client_for, secret):
    assert client_for(None).get(f"/nouveau-mot-de-passe/{secret}").status_code == 404


def test_asking_too_often_waits(client_for, account):
    client = client_for(None)
    for _ in range(5):
        assert client.send("/mot-de-passe-oublie", {"email": account.email}).status_code == 303

    assert client.send("/mot-de-passe-oublie", {"email": account.email}).status_code == 429


def test_change_password_asks_for_the_present_one(client_for, account):
    client = client_for(account)

    answer = client.send("/mon-compte/mot-de-passe", {"current": "au hasard", "new": NEW, "confirmation": NEW})

    assert answer.status_code == 422
    assert "Ce n’est pas votre mot de passe actuel." in answer.get_data(as_text=True)


def test_change_password_refuses_a_weak_one_and_changes_nothing(session, account):
    with pytest.raises(RuleBroken) as refusal, unit_of_work():
        services.change_password(PASSWORD, "court", actor=account)

    assert refusal.value.field == "new"
    assert passwords.matches(PASSWORD, account.password_hash)
    assert session.scalars(select(AuditEntry)).all() == []


def test_my_account_says_who_i_am_and_my_roles(client_for, session, statements):
    ministry = make_ministry("Ministère des essais")
    account = make_account(Role.APPLICANT, Role.OFFICER, full_name="Camille Dupré", organisation=ministry)
    ended = queries.roles_of(account)[0].grant
    ended.last_day = clock.today()
    client = client_for(account)
    session.flush()
    statements.clear()

    page = client.get("/mon-compte").get_data(as_text=True)

    assert "Camille Dupré" in page
    assert "Ministère des essais" in page
    assert "Chargé d’instruction, sur tout le guichet" in page
    assert "Porteur de projet, sur Ministère des essais, jusqu’au" in page
    assert len(statements) == 2


def test_of_six_posts_at_once_one_uses_the_link(own_app):
    app = own_app()
    with app.app_context():
        with unit_of_work():
            account = make_account(password=True)
        ask(account)
        with unit_of_work():
            secret = services.issue_reset_secret(db.session.scalars(select(PasswordReset.id)).one()).rpartition("/")[2]
    outcomes, together = [], threading.Barrier(6)

    def attempt(number):
        with app.app_context():
            together.wait(10)
            try:
                with unit_of_work():
                    services.choose_password(secret, f"cinq mots pour le compte {number}")
                outcomes.append("chosen")
            except NotFound:
                outcomes.append("over")
            finally:
                db.session.remove()

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(outcomes) == ["chosen"] + ["over"] * 5
