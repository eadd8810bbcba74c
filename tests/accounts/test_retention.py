"""What the page on personal data promises of accounts is done, and no more."""

import datetime as dt
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from guichet.accounts import passwords, services
from guichet.accounts.models import Account, PasswordReset, Role, RoleGrant
from guichet.accounts.services import retention
from guichet.accounts.tasks import forget
from guichet.audit.models import AuditEntry
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.documents.models import Document
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call
from tests.factories.review import make_assignment

A_YEAR = dt.timedelta(days=365)


@pytest.fixture
def admin(session):
    return make_account(Role.ADMIN)


@pytest.fixture
def person(session):
    return make_account(
        Role.APPLICANT, password=True, full_name="Camille Partie", email="camille@ecologie.example", job_title="Cheffe"
    )


def close(person: Account, admin: Account, *, ago: dt.timedelta = A_YEAR + dt.timedelta(days=1)) -> None:
    with clock.travel_to(clock.now() - ago), unit_of_work():
        services.deactivate(person, actor=admin)


def actions() -> list[str]:
    return list(db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.number)))


def test_an_account_closed_a_year_ago_is_forgotten(session, person, admin):
    person.last_signed_in_at = clock.now()
    close(person, admin)

    forget.run()

    session.refresh(person)
    assert (person.full_name, person.job_title, person.last_signed_in_at) == (retention.ANONYMOUS_NAME, "", None)
    assert person.email == f"{person.id}@anonyme.invalid"
    assert person.password_hash == passwords.NONE
    assert session.scalar(sa.select(sa.func.count()).where(RoleGrant.account_id == person.id)) == 0
    assert actions() == ["account.deactivate", "account.anonymise"]
    held = sa.select(sa.func.count()).select_from(Account).where(sa.literal_column("account::text").contains("camille"))
    assert session.scalar(held) == 0


def test_forgetting_twice_is_once(session, person, admin):
    close(person, admin)
    forget.run()
    forget.run()

    assert actions().count("account.anonymise") == 1


def test_an_account_closed_later_or_open_is_kept(session, person, admin):
    close(person, admin, ago=A_YEAR - dt.timedelta(days=1))
    forget.run()
    assert person.full_name == "Camille Partie"

    with unit_of_work():
        services.activate(person, actor=admin)
    with clock.travel_to(clock.now() + A_YEAR):
        forget.run()
    assert person.full_name == "Camille Partie"


def test_an_account_closed_anew_counts_from_the_last_time(session, person, admin):
    close(person, admin, ago=3 * A_YEAR)
    with unit_of_work():
        services.activate(person, actor=admin)
    close(person, admin, ago=dt.timedelta(days=10))

    forget.run()

    assert person.full_name == "Camille Partie"


def on_a_team(person: Account) -> None:
    make_application(lead=person)


def as_reviewer(person: Account) -> None:
    make_assignment(reviewer=person)


def as_author_of_a_file(person: Account) -> None:
    db.session.add(
        Document(name="a.pdf", media_type="application/pdf", size=1, sha256="0" * 64, stored_by_id=person.id)
    )


def as_author_of_a_movement(person: Account) -> None:
    make_call(author=person)


@pytest.mark.parametrize("take_part", [on_a_team, as_reviewer, as_author_of_a_file, as_author_of_a_movement])
def test_who_took_part_in_something_keeps_her_name(session, person, admin, take_part):
    take_part(person)
    session.flush()
    close(person, admin)

    forget.run()

    assert person.full_name == "Camille Partie"


def test_a_forgotten_account_opens_no_more(client_for, session, person, admin):
    close(person, admin)
    forget.run()
    session.refresh(person)

    with pytest.raises(RuleBroken, match="rendu anonyme"), unit_of_work():
        services.activate(person, actor=admin)
    url = f"/administration/personnes/{person.id}"
    assert client_for(admin).get(url).status_code == 200
    assert client_for(None).send("/connexion", {"email": person.email, "password": "!"}).status_code == 422


def test_requests_for_a_password_go_a_month_after_their_end(session, person):
    for email_age in (dt.timedelta(days=40), dt.timedelta(days=20)):
        with clock.travel_to(clock.now() - email_age), unit_of_work():
            session.add(PasswordReset(account_id=person.id, expires_at=clock.now()))

    forget.run()
    forget.run()

    assert session.scalar(sa.select(sa.func.count()).select_from(PasswordReset)) == 1
    assert actions() == ["password_reset.purge"]


def test_two_workers_forget_once(own_app, monkeypatch):
    monkeypatch.setattr("guichet.core.queue.nudger.put", lambda *_: None)
    app = own_app()
    with app.app_context():
        admin, people = make_account(Role.ADMIN), [make_account(Role.APPLICANT) for _ in range(5)]
        for person in people:
            close(person, admin)
        db.session.commit()
        together = threading.Barrier(2)

        def work():
            with app.app_context():
                together.wait(timeout=20)
                forget.run()

        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(work), pool.submit(work)]:
                done.result(timeout=30)
        forget.run()
        assert actions().count("account.anonymise") == len(people)
