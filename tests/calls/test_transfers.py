"""Money that passes from one call to another, and forms sent twice."""

import uuid
from decimal import Decimal

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.calls import ledger, services
from guichet.calls.models import CallStatus, EnvelopeMovement, MovementKind
from guichet.core.errors import Forbidden, RuleBroken
from tests.factories.accounts import make_account
from tests.factories.calls import make_call


@pytest.fixture
def finance(session):
    return make_account(Role.FINANCE)


def test_a_transfer_is_a_line_on_each_side(session, finance):
    source, target = make_call(code="A-1"), make_call(code="B-1", envelope=0)

    services.transfer(source, target, Decimal(60_000), "Report", actor=finance)

    assert (source.envelope_left, target.envelope_left) == (440_000, 60_000)
    assert ledger.left_of(source.id) + ledger.left_of(target.id) == 500_000
    assert [row.reason for row in session.scalars(ledger.ledger_of(target.id))] == ["De A-1 : Report"]


def test_a_transfer_sent_twice_counts_once(session, finance):
    source, target, key = make_call(), make_call(), uuid.uuid4()

    for _ in range(2):
        services.transfer(source, target, Decimal(10), "Report", actor=finance, key=key)

    assert (source.envelope_left, target.envelope_left) == (499_990, 500_010)


def test_a_key_serves_one_movement(session, finance):
    call, key = make_call(), uuid.uuid4()
    services.move_by_hand(call, MovementKind.FREEZE, Decimal(10), "Gel", actor=finance, key=key)

    with pytest.raises(RuleBroken, match="déjà écrit un autre mouvement"):
        services.move_by_hand(call, MovementKind.FREEZE, Decimal(20), "Gel", actor=finance, key=key)


def test_a_transfer_takes_no_more_than_there_is(session, finance):
    source, target = make_call(envelope=100), make_call()

    with pytest.raises(RuleBroken, match="Il reste 100") as refused:
        services.transfer(source, target, Decimal(101), "Report", actor=finance)

    assert refused.value.field == "amount"


@pytest.mark.parametrize("amount", [0, -1])
def test_a_transfer_is_positive(session, finance, amount):
    with pytest.raises(RuleBroken, match="supérieur à zéro"):
        services.transfer(make_call(), make_call(), Decimal(amount), "Report", actor=finance)


def test_a_transfer_goes_elsewhere(session, finance):
    call = make_call()

    for target in (None, call):
        with pytest.raises(RuleBroken, match="Choisissez l’appel"):
            services.transfer(call, target, Decimal(1), "Report", actor=finance)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.FINANCE])
def test_only_the_financial_manager_transfers(session, role):
    with pytest.raises(Forbidden):
        services.transfer(make_call(), make_call(), Decimal(1), "Report", actor=make_account(role))


def test_an_archived_call_gives_and_takes_nothing(session, finance):
    archived, other = make_call(status=CallStatus.ARCHIVED), make_call()

    for pair in ((archived, other), (other, archived)):
        with pytest.raises(Forbidden):
            services.transfer(*pair, Decimal(1), "Report", actor=finance)


def test_the_database_keeps_a_key_once_a_call(session, finance):
    call, key = make_call(), uuid.uuid4()
    services.move_by_hand(call, MovementKind.FREEZE, Decimal(10), "Gel", actor=finance, key=key)

    row = EnvelopeMovement(
        call_id=call.id, kind=MovementKind.OPENING, amount=Decimal(1), reason="x", author_id=finance.id, key=key
    )
    session.add(row)
    with pytest.raises(sa.exc.IntegrityError, match='"uq_envelope_movement_call_id_key"'):
        session.flush()


def test_the_database_knows_the_kinds_of_applicants(session):
    call = make_call()

    with pytest.raises(sa.exc.IntegrityError, match='"ck_call_applicant_kinds_known"'):
        session.execute(sa.text("UPDATE call SET applicant_kinds = '{royaume}' WHERE id = :id"), {"id": call.id})


# Pages


def test_the_page_transfers_once_however_often_it_is_sent(client_for, finance):
    source, target = make_call(slug="source"), make_call(title="Cible")
    client = client_for(finance)
    typed = {"target": str(target.id), "amount": "1 000", "reason": "Report", "key": str(uuid.uuid4())}

    answers = [client.send("/instruction/appels/source/enveloppe/transfert", typed) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert (source.envelope_left, target.envelope_left) == (499_000, 501_000)


@pytest.mark.parametrize("typed", [{"target": ""}, {"target": "zzz"}, {"amount": "600 000"}, {"reason": ""}])
def test_the_page_keeps_what_was_typed_when_it_refuses(client_for, finance, typed):
    make_call(slug="source")
    target = make_call()
    sent = {"target": str(target.id), "amount": "1 000", "reason": "Report", **typed}

    answer = client_for(finance).send("/instruction/appels/source/enveloppe/transfert", sent)

    assert answer.status_code == 422


def test_the_ledger_is_exported_with_its_balances_and_no_formula(client_for, finance):
    call = make_call(slug="source")
    services.move_by_hand(call, MovementKind.FREEZE, Decimal("0.50"), "=1+1", actor=finance)

    lines = client_for(finance).get("/instruction/appels/source/enveloppe.csv").get_data(as_text=True).splitlines()

    assert lines[0] == "\ufeffDate;Mouvement;Montant;Solde;Motif;Auteur"
    assert sorted(";".join(line.split(";")[1:5]) for line in lines[1:]) == [
        "Gel;-0,50;499999,50;'=1+1",
        "Ouverture;500000,00;500000,00;Ouverture",
    ]


@pytest.mark.parametrize("role", [Role.APPLICANT, Role.REVIEWER, Role.FOCAL_POINT])
def test_the_ledger_is_not_for_everybody(client_for, role):
    make_call(slug="source")

    assert client_for(make_account(role)).get("/instruction/appels/source/enveloppe.csv").status_code == 403
