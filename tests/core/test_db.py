"""What an error of the database may say: which rule was broken, never whose row broke it."""

import traceback
import uuid

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Account, Role, RoleGrant
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from guichet.outbox import services as outbox
from guichet.outbox.events import Event
from guichet.outbox.models import OutboxMessage
from guichet.outbox.registry import subscribe
from guichet.subscriptions import SUBSCRIPTIONS
from tests.factories.accounts import make_account

SECRET = "alix.secret@ministere.example"


def duplicate_address() -> None:
    make_account(email=SECRET)
    make_account(email=SECRET)


def failing_row() -> None:
    make_account(email=SECRET.upper())


def missing_parent() -> None:
    db.session.add(RoleGrant(account_id=uuid.UUID("12345678-1234-4234-8234-123456789abc"), role=Role.ADMIN))
    db.session.flush()


def malformed_value() -> None:
    db.session.execute(sa.select(sa.cast(sa.literal(SECRET), sa.Uuid(native_uuid=True, as_uuid=False))))


ACCIDENTS = {
    duplicate_address: "uq_account_email",
    failing_row: "ck_account_email_in_lower_case",
    missing_parent: "fk_role_grant_account_id",
    malformed_value: "invalid input syntax for type uuid",
}


@pytest.mark.parametrize("accident", ACCIDENTS)
def test_an_error_names_the_rule_and_no_value(session, accident):
    with pytest.raises(sa.exc.DBAPIError) as caught, session.begin_nested():
        accident()

    told = "".join(traceback.format_exception(caught.value))
    assert ACCIDENTS[accident] in told
    for value in (SECRET, SECRET.upper(), "12345678-1234", "Failing row", "already exists"):
        assert value not in told


def test_the_outbox_keeps_and_logs_no_value(session, caplog):
    class SomethingHappened(Event):
        pass

    subscribe({SomethingHappened: {"fail": lambda _event: duplicate_address()}})
    try:
        with unit_of_work():
            outbox.publish(SomethingHappened())
        outbox.deliver_all_due()
    finally:
        subscribe(SUBSCRIPTIONS)

    error = db.session.scalars(sa.select(OutboxMessage.last_error)).one()
    assert "uq_account_email" in error
    assert SECRET not in error
    logged = caplog.text
    assert "uq_account_email" in logged
    assert SECRET not in logged
    assert db.session.scalar(sa.select(sa.func.count()).where(Account.email == SECRET)) == 0
