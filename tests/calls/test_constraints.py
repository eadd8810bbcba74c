"""What the database itself refuses of calls."""

import datetime as dt
from decimal import Decimal

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.calls.models import (
    AttachmentKind,
    Call,
    Criterion,
    EnvelopeMovement,
    MovementKind,
    PriorityAction,
    ProjectFamily,
)
from tests.factories.accounts import make_account
from tests.factories.calls import make_call


def refuses(session, name):
    return pytest.raises(sa.exc.IntegrityError, match=f'"{name}"')


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"slug": "Pas un slug"}, "ck_call_slug_in_kebab_case"),
        ({"slug": "-bord"}, "ck_call_slug_in_kebab_case"),
        ({"code": "ner 2026"}, "ck_call_code_in_capitals"),
        ({"closes_at": dt.datetime(2000, 1, 1, tzinfo=dt.UTC)}, "ck_call_closes_after_it_opens"),
        ({"envelope_left": Decimal("-0.01")}, "ck_call_envelope_never_exceeded"),
        ({"amount_min": Decimal(0)}, "ck_call_amounts_in_order"),
        ({"amount_min": Decimal(300_000)}, "ck_call_amounts_in_order"),
        ({"max_rate": Decimal(0)}, "ck_call_rate_is_a_percentage"),
        ({"max_rate": Decimal("100.01")}, "ck_call_rate_is_a_percentage"),
        ({"reviews_required": 0}, "ck_call_reviews_required_sensible"),
        ({"reviews_required": 11}, "ck_call_reviews_required_sensible"),
        ({"decision_delay_days": 0}, "ck_call_decision_delay_sensible"),
        ({"decision_delay_days": 731}, "ck_call_decision_delay_sensible"),
        ({"last_reference": -1}, "ck_call_last_reference_not_negative"),
        ({"status": "lost"}, "ck_call_callstatus"),
    ],
)
def test_call(session, columns, name):
    call = make_call()

    with refuses(session, name):
        session.execute(sa.update(Call).where(Call.id == call.id).values(**_raw(columns)))


def _raw(columns):
    # A status that the type would refuse by itself goes to the database as it is.
    return {key: sa.literal_column(f"'{value}'") if key == "status" else value for key, value in columns.items()}


@pytest.mark.parametrize("column", ["slug", "code"])
def test_call_has_its_own_address_and_code(session, column):
    first, second = make_call(), make_call()

    with refuses(session, f"uq_call_{column}"):
        session.execute(sa.update(Call).where(Call.id == second.id).values({column: getattr(first, column)}))


@pytest.mark.parametrize("model", [PriorityAction, ProjectFamily])
def test_code_of_a_list_is_unique(session, model):
    session.add_all([model(code="double", label="Un"), model(code="double", label="Deux")])

    with refuses(session, f"uq_{model.__tablename__}_code"):
        session.flush()


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"weight": Decimal(0)}, "ck_criterion_weight_positive"),
        ({"highest_mark": 0}, "ck_criterion_highest_mark_sensible"),
        ({"highest_mark": 21}, "ck_criterion_highest_mark_sensible"),
        ({"position": 1}, "uq_criterion_call_id_position"),
        ({"applicability": sa.literal_column("'never'")}, "ck_criterion_applicability"),
    ],
)
def test_criterion(session, columns, name):
    call = make_call()
    second = sa.and_(Criterion.call_id == call.id, Criterion.position == 2)

    with refuses(session, name):
        session.execute(sa.update(Criterion).where(second).values(**columns))


def test_attachment_kind_is_asked_once(session):
    call = make_call()
    session.add_all([AttachmentKind(call_id=call.id, position=n, label="Devis") for n in (1, 2)])

    with refuses(session, "uq_attachment_kind_call_id_label"):
        session.flush()


@pytest.mark.parametrize(
    ("kind", "amount", "name"),
    [
        (MovementKind.OPENING, 0, "ck_envelope_movement_amount_not_zero"),
        (MovementKind.OPENING, -1, "ck_envelope_movement_sign_follows_kind"),
        (MovementKind.FREEZE, 1, "ck_envelope_movement_sign_follows_kind"),
        (MovementKind.THAW, -1, "ck_envelope_movement_sign_follows_kind"),
        (MovementKind.AWARD, 1, "ck_envelope_movement_sign_follows_kind"),
        (MovementKind.RETURN, -1, "ck_envelope_movement_sign_follows_kind"),
    ],
)
def test_movement(session, kind, amount, name):
    call, author = make_call(), make_account(Role.FINANCE)
    session.add(
        EnvelopeMovement(call_id=call.id, kind=kind, amount=Decimal(amount), reason="Essai", author_id=author.id)
    )

    with refuses(session, name):
        session.flush()


@pytest.mark.parametrize("statement", ["UPDATE envelope_movement SET amount = 1", "DELETE FROM envelope_movement"])
def test_ledger_is_append_only(session, statement):
    make_call()

    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        session.execute(sa.text(statement))
