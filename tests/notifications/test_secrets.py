"""A one-time link leaves no trace: neither in the database once its e-mail has left or is given up, nor in the logs."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from guichet.accounts import services as accounts
from guichet.accounts.models import Role
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.notifications import services
from guichet.notifications.models import Email, EmailStatus
from guichet.notifications.smtp import Mailer
from tests.factories.accounts import make_account
from tests.sink import Sink


@pytest.fixture
def sink():
    with Sink() as sink:
        yield sink


@pytest.fixture
def mailer(sink):
    mailer = Mailer(sink.url, "Guichet <ne-pas-repondre@guichet.example>")
    yield mailer
    mailer.close()


@pytest.fixture
def asked(session, run_outbox):
    """An e-mail that waits with its link, and the secret of that link."""
    account = make_account(password=True)
    with unit_of_work():
        accounts.request_reset(account.email)
    run_outbox()
    email = db.session.scalars(sa.select(Email)).one()
    secret = re.search(r"/nouveau-mot-de-passe/(\S+)", email.text_body).group(1)
    return email, secret, account


def rows_that_hold(secret: str) -> list[str]:
    found = []
    for table in db.metadata.sorted_tables:
        row = sa.literal_column(f'"{table.name}"::text')
        held = sa.select(sa.func.count()).select_from(table).where(row.contains(secret))
        found += [table.name] if db.session.scalar(held) else []
    return found


def test_the_secret_waits_with_its_email(asked):
    _, secret, _ = asked

    assert rows_that_hold(secret) == ["email"]


@pytest.mark.parametrize(("answer", "status"), [("250 OK", EmailStatus.SENT), ("554 Refusé", EmailStatus.FAILED)])
def test_the_secret_goes_with_its_email(asked, sink, mailer, caplog, answer, status):
    email, secret, _ = asked
    sink.answer = answer

    services.send_queued(mailer)

    assert email.status is status
    assert rows_that_hold(secret) == []
    assert secret not in caplog.text


def test_the_secret_goes_after_the_last_attempt(asked, sink, mailer, at):
    email, secret, _ = asked
    sink.answer = "451 Revenez plus tard"
    for _ in range(services.MOST_ATTEMPTS):
        # The link itself lasts as long as its e-mail is tried.
        db.session.execute(sa.text("UPDATE password_reset SET expires_at = now() + interval '1 year'"))
        assert rows_that_hold(secret) == ["email"]
        at(email.next_attempt_at + dt.timedelta(seconds=1))
        services.send_queued(mailer)

    assert email.status is EmailStatus.FAILED
    assert rows_that_hold(secret) == []


def test_a_link_that_is_over_does_not_leave(asked, sink, mailer, at):
    email, secret, _ = asked
    at(clock.now() + dt.timedelta(hours=1, seconds=1))

    services.send_queued(mailer)

    assert (email.status, sink.messages) == (EmailStatus.CANCELLED, [])
    assert rows_that_hold(secret) == []


def test_a_link_of_a_closed_account_does_not_leave(asked, sink, mailer):
    email, secret, account = asked
    account.active = False

    services.send_queued(mailer)

    assert (email.status, sink.messages) == (EmailStatus.CANCELLED, [])
    assert rows_that_hold(secret) == []


def test_an_erased_link_is_not_sent_again(client_for, asked, sink, mailer):
    email, _, _ = asked
    sink.answer = "554 Refusé"
    services.send_queued(mailer)
    admin = make_account(Role.ADMIN)

    with pytest.raises(RuleBroken, match="lien à usage unique"), unit_of_work():
        services.resend(email, actor=admin)

    page = client_for(admin).get(f"/supervision/courriels/{email.id}").text
    assert "Renvoyer ce courriel" not in page
    assert "Pour en avoir un nouveau" in page
