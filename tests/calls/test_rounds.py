"""Calls by rounds and continuous calls: what officers may write, what time does to them, what the database refuses."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.audit import queries as audit
from guichet.calls import deadlines, policies, queries, services
from guichet.calls.completeness import missing
from guichet.calls.dating import CallKind
from guichet.calls.models import Call, CallRound, CallStatus
from guichet.calls.services import RoundTerms
from guichet.core.db import db
from guichet.core.errors import Forbidden, NotFound, RuleBroken
from guichet.core.transaction import unit_of_work
from tests.calls.test_services import terms
from tests.factories.accounts import make_account
from tests.factories.calls import make_call

S = CallStatus
NOW = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
DAY, SECOND = dt.timedelta(days=1), dt.timedelta(seconds=1)
FIRST, SECOND_CLOSING, LAST = NOW + 10 * DAY, NOW + 20 * DAY, NOW + 30 * DAY


@pytest.fixture(autouse=True)
def truths_of_rounds(session):
    """The trigger judges at the end of a transaction, and a test's never ends: it is asked before the test does."""
    yield
    session.execute(sa.text("SET CONSTRAINTS ALL IMMEDIATE"))


@pytest.fixture
def officer(session, at):
    at(NOW)
    return make_account(Role.OFFICER)


def by_rounds(status=S.OPEN, opens_at=NOW - DAY, closings=(FIRST, SECOND_CLOSING, LAST), **columns):
    return make_call(status=status, opens_at=opens_at, rounds=closings, **columns)


def in_draft(*closings):
    if closings:
        return by_rounds(S.DRAFT, NOW + DAY, closings)
    return make_call(status=S.DRAFT, opens_at=NOW + DAY, kind=CallKind.ROUNDS, closes_at=None)


def asked(closes_at, label=""):
    return RoundTerms(label=label, closes_at=closes_at)


def closings_of(call):
    return [one.closes_at for one in call.rounds]


# Writing them


def test_rounds_are_added_one_after_the_other_and_the_last_one_closes_the_call(officer):
    call = in_draft()

    with unit_of_work():
        services.add_round(call, asked(FIRST), actor=officer)
        services.add_round(call, asked(LAST, "Relève d’hiver"), actor=officer)

    assert [(one.number, one.name, one.closes_at) for one in call.rounds] == [
        (1, "1re relève", FIRST),
        (2, "Relève d’hiver", LAST),
    ]
    assert call.closes_at == LAST
    assert [entry.action for entry in audit.history_of(call)] == ["call-round.add", "call-round.add"]


@pytest.mark.parametrize(
    ("closing", "message"),
    [
        (NOW, "Cette date est passée"),
        (NOW - DAY, "Cette date est passée"),
        (NOW + DAY, "doit suivre l’ouverture de l’appel"),
        (FIRST, "doit suivre celle de la relève précédente"),
        (FIRST - SECOND, "doit suivre celle de la relève précédente"),
    ],
)
def test_a_round_that_does_not_fit_is_refused_at_its_closing(officer, closing, message):
    call = in_draft(FIRST)

    with pytest.raises(RuleBroken, match=message) as refusal, unit_of_work():
        services.add_round(call, asked(closing), actor=officer)

    assert refusal.value.field == "closes_at"
    assert closings_of(call) == [FIRST]


def test_a_round_stays_between_its_neighbours(officer):
    call = in_draft(FIRST, SECOND_CLOSING, LAST)

    with pytest.raises(RuleBroken, match="doit précéder celle de la relève suivante"), unit_of_work():
        services.change_round(call, call.rounds[1].id, asked(LAST), actor=officer)
    with unit_of_work():
        services.change_round(call, call.rounds[1].id, asked(LAST - SECOND, "Juste avant"), actor=officer)

    assert closings_of(call) == [FIRST, LAST - SECOND, LAST]
    assert call.rounds[1].name == "Juste avant"


def test_those_that_follow_a_removed_round_move_up(officer):
    call = in_draft(FIRST, SECOND_CLOSING, LAST)

    with unit_of_work():
        services.remove_round(call, call.rounds[0].id, actor=officer)
    assert [(one.number, one.closes_at) for one in call.rounds] == [(1, SECOND_CLOSING), (2, LAST)]

    with unit_of_work():
        services.remove_round(call, call.rounds[1].id, actor=officer)
        services.remove_round(call, call.rounds[0].id, actor=officer)
    assert (call.rounds, call.closes_at) == ((), None)


def test_a_call_counts_its_rounds(officer):
    call = in_draft(*(NOW + number * DAY for number in range(2, 14)))

    with pytest.raises(RuleBroken, match="12 relèves au plus"), unit_of_work():
        services.add_round(call, asked(NOW + 20 * DAY), actor=officer)


def test_a_round_of_another_call_is_not_found(officer):
    call, other = in_draft(FIRST), in_draft(FIRST)

    with pytest.raises(NotFound), unit_of_work():
        services.remove_round(call, other.rounds[0].id, actor=officer)


def test_a_call_of_one_closing_takes_no_round(officer):
    call = make_call(status=S.DRAFT, opens_at=NOW + DAY)

    with pytest.raises(RuleBroken, match="ne se fait pas par relèves"), unit_of_work():
        services.add_round(call, asked(LAST), actor=officer)


@pytest.mark.parametrize(
    ("kind", "closes_at", "field"),
    [
        (CallKind.DATED, None, "closes_at"),
        (CallKind.ROUNDS, LAST, "closes_at"),
        (CallKind.CONTINUOUS, NOW - DAY, "closes_at"),
    ],
)
def test_a_kind_and_its_closing_go_together(officer, kind, closes_at, field):
    with pytest.raises(RuleBroken) as refusal, unit_of_work():
        services.create(terms(kind=kind, closes_at=closes_at), opening=None, actor=officer)

    assert refusal.value.field == field


def test_the_rules_of_a_draft_keep_its_rounds(officer):
    call = in_draft(FIRST, LAST)
    said = {"kind": CallKind.ROUNDS, "opens_at": NOW + 2 * DAY, "closes_at": None}

    with unit_of_work():
        services.update(call, terms(**said), actor=officer)
    assert (call.closes_at, closings_of(call)) == (LAST, [FIRST, LAST])

    with pytest.raises(RuleBroken) as late, unit_of_work():
        services.update(call, terms(**{**said, "opens_at": FIRST}), actor=officer)
    with pytest.raises(RuleBroken) as other, unit_of_work():
        services.update(call, terms(**{**said, "kind": CallKind.DATED, "closes_at": LAST}), actor=officer)
    assert (late.value.field, other.value.field) == ("opens_at", "kind")


def test_publishing_asks_for_a_round(officer):
    call = in_draft()

    with pytest.raises(RuleBroken) as refusal, unit_of_work():
        services.publish(call, actor=officer)

    assert refusal.value.field == "rounds"
    db.session.refresh(call)
    with unit_of_work():
        services.add_round(call, asked(FIRST), actor=officer)
        services.publish(call, actor=officer)
    assert call.status is S.PUBLISHED


def test_a_continuous_call_lacks_no_closing(officer):
    call = make_call(status=S.DRAFT, opens_at=NOW + DAY, kind=CallKind.CONTINUOUS, closes_at=None)

    assert missing(queries.with_lists(call.id), at=NOW) == []


# More time, once published


def test_a_published_call_takes_one_more_round_for_a_reason_told_to_all(officer):
    call = by_rounds()

    with pytest.raises(RuleBroken) as refusal, unit_of_work():
        services.add_round(call, asked(LAST + DAY), reason=" ", actor=officer)
    assert refusal.value.field == "reason"

    with unit_of_work():
        services.add_round(call, asked(LAST + DAY), reason="L’enveloppe a été complétée.", actor=officer)

    assert (call.closes_at, len(call.rounds)) == (LAST + DAY, 4)
    [told] = queries.reading_of(call.slug, None).extensions
    assert (told.round, told.closes_at, told.reason) == ("4e relève", LAST + DAY, "L’enveloppe a été complétée.")


def test_a_closing_is_pushed_back_and_never_brought_forward(officer):
    call = by_rounds()
    second = call.rounds[1]

    with pytest.raises(RuleBroken, match="ne peut être réduit"), unit_of_work():
        services.change_round(call, second.id, asked(SECOND_CLOSING - SECOND), reason="Motif", actor=officer)
    with unit_of_work():
        services.change_round(call, second.id, asked(SECOND_CLOSING + DAY, "Autre"), reason="Panne", actor=officer)

    assert closings_of(call) == [FIRST, SECOND_CLOSING + DAY, LAST]
    assert call.rounds[1].name == "2e relève"


def test_what_is_closed_stays_closed(officer, at):
    call, single = by_rounds(), make_call(opens_at=NOW - DAY, closes_at=FIRST)
    at(FIRST)

    with pytest.raises(RuleBroken, match="ne peut plus être reportée"), unit_of_work():
        services.change_round(call, call.rounds[0].id, asked(FIRST + DAY), reason="Motif", actor=officer)
    with pytest.raises(RuleBroken, match="déjà clos"), unit_of_work():
        services.postpone(single, LAST, reason="Motif", actor=officer)


def test_the_one_closing_of_a_published_call_is_pushed_back(officer):
    call = make_call(opens_at=NOW - DAY, closes_at=FIRST)

    with unit_of_work():
        services.postpone(call, LAST, reason="Panne du guichet le 3 décembre", actor=officer)

    assert call.closes_at == LAST
    [entry] = audit.history_of(call)
    assert (entry.action, entry.facts["reason"]) == ("call.extend", "Panne du guichet le 3 décembre")


@pytest.mark.parametrize("status", [S.DRAFT, S.CLOSED, S.DELIBERATING, S.ARCHIVED])
def test_only_a_published_call_that_is_not_closed_gets_more_time(officer, status):
    call = make_call(status=status, opens_at=NOW - DAY, closes_at=FIRST)

    with pytest.raises(Forbidden), unit_of_work():
        services.postpone(call, LAST, reason="Motif", actor=officer)


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.OFFICER, Role.ADMIN}])
def test_only_who_runs_the_call_gives_more_time(officer, role):
    with pytest.raises(Forbidden), unit_of_work():
        services.add_round(by_rounds(), asked(LAST + DAY), reason="Motif", actor=make_account(role))


def test_rounds_of_a_published_call_are_not_removed(officer):
    call = by_rounds()

    with pytest.raises(Forbidden), unit_of_work():
        services.remove_round(call, call.rounds[2].id, actor=officer)


# The passing of time


@pytest.mark.parametrize(
    ("instant", "number", "closing"),
    [
        (NOW, 1, FIRST),
        (FIRST - SECOND, 1, FIRST),
        (FIRST, 2, SECOND_CLOSING),
        (LAST - SECOND, 3, LAST),
        (LAST, None, LAST),
    ],
)
def test_the_closing_of_a_round_is_already_the_next_ones(officer, instant, number, closing):
    call = by_rounds()

    running = policies.round_at(call, at=instant)

    assert (running.number if running else None) == number
    assert policies.next_closing(call, at=instant) == closing
    assert policies.is_open(call, at=instant) is (instant < LAST)
    in_sql = sa.select(deadlines.next_closing(instant), deadlines.still_to_close(instant)).where(Call.id == call.id)
    assert db.session.execute(in_sql).one() == (closing, instant < LAST)


def test_a_continuous_call_has_neither_deadline_nor_days(officer):
    call = make_call(opens_at=NOW - DAY, kind=CallKind.CONTINUOUS, closes_at=None)
    far = NOW + 4000 * DAY

    assert policies.window_of(call, at=far) == policies.Window(S.OPEN, True, None, None, None)
    with unit_of_work():
        assert services.open_and_close() == 0


def test_closing_by_hand_ends_the_running_round_and_those_to_come_never_take_place(officer, at):
    call = by_rounds()
    at(FIRST + DAY)

    with unit_of_work():
        services.close_now(call, actor=officer)

    assert (call.status, call.closes_at) == (S.CLOSED, FIRST + DAY)
    assert closings_of(call) == [FIRST, FIRST + DAY]
    assert "call-round.remove" in {entry.action for entry in audit.history_of(call)}


def test_closing_by_hand_at_the_instant_a_round_begins_leaves_no_empty_round(officer, at):
    call = by_rounds()
    at(FIRST)

    with unit_of_work():
        services.close_now(call, actor=officer)

    assert (call.closes_at, closings_of(call)) == (FIRST, [FIRST])


def test_an_officer_closes_a_continuous_call(officer):
    call = make_call(opens_at=NOW - DAY, kind=CallKind.CONTINUOUS, closes_at=None)

    with unit_of_work():
        services.close_now(call, actor=officer)

    assert (call.status, call.closes_at) == (S.CLOSED, NOW)


@pytest.mark.parametrize("instant", [FIRST, FIRST + SECOND, SECOND_CLOSING, LAST - SECOND])
def test_the_clock_leaves_a_call_open_between_its_rounds(officer, at, instant):
    call = by_rounds()
    at(instant)

    with unit_of_work():
        assert services.open_and_close() == 0
    assert call.status is S.OPEN


@pytest.mark.parametrize(
    ("zone", "local"),
    [
        ("Europe/Paris", dt.datetime(2026, 10, 25, 2, 30, fold=0)),  # noqa: DTZ001 - a clock on a wall
        ("Europe/Paris", dt.datetime(2026, 10, 25, 2, 30, fold=1)),  # noqa: DTZ001
        ("Europe/Paris", dt.datetime(2027, 3, 28, 1, 59, 59)),  # noqa: DTZ001
        ("Europe/Paris", dt.datetime(2027, 3, 28, 3, 0)),  # noqa: DTZ001
        ("Indian/Reunion", dt.datetime(2026, 10, 25, 2, 30)),  # noqa: DTZ001
        ("America/Martinique", dt.datetime(2027, 3, 28, 23, 59, 59)),  # noqa: DTZ001
    ],
)
def test_the_clock_opens_and_closes_at_the_instant_meant_by_the_wall(session, at, zone, local):
    instant = local.replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)
    opening = make_call(status=S.PUBLISHED, opens_at=instant, closes_at=instant + DAY, time_zone=zone)
    closing = make_call(opens_at=instant - DAY, closes_at=instant, time_zone=zone)
    moved = []
    for moment in (instant - SECOND, instant - dt.timedelta(microseconds=1), instant, instant + SECOND):
        at(moment)
        with unit_of_work():
            moved.append(services.open_and_close())

    assert moved == [0, 0, 2, 0]
    assert [db.session.get_one(Call, one.id).status for one in (opening, closing)] == [S.OPEN, S.CLOSED]
    assert [len(audit.history_of(one)) for one in (opening, closing)] == [1, 1]


# What the database refuses


def refuses(name):
    return pytest.raises(sa.exc.IntegrityError, match=f'"{name}"')


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("UPDATE call_round SET closes_at = '2026-12-01 00:00+00' WHERE number = 3", "closings_in_order"),
        ("UPDATE call SET opens_at = '2026-12-05 00:00+00'", "inside_window"),
        ("UPDATE call SET closes_at = closes_at + interval '1 day'", "inside_window"),
        ("UPDATE call SET kind = 'dated'", "only_by_rounds"),
        ("DELETE FROM call_round WHERE number = 3", "inside_window"),
    ],
)
def test_the_database_holds_what_rounds_must_be_together(officer, statement, name):
    by_rounds()
    db.session.execute(sa.text("SET CONSTRAINTS ALL IMMEDIATE"))

    with refuses(f"ck_call_round_{name}"):
        db.session.execute(sa.text(statement))
    db.session.rollback()


@pytest.mark.parametrize(
    ("columns", "name"),
    [({"number": 0}, "ck_call_round_number_sensible"), ({"number": 1}, "uq_call_round_call_id_number")],
)
def test_the_database_refuses_a_round(officer, columns, name):
    call = by_rounds()

    with refuses(name):
        db.session.execute(
            sa.update(CallRound).where(CallRound.call_id == call.id, CallRound.number == 2).values(**columns)
        )
    db.session.rollback()


@pytest.mark.parametrize(
    ("columns", "name"),
    [
        ({"closes_at": None}, "ck_call_closes_unless_continuous"),
        ({"kind": sa.literal_column("'never'")}, "ck_call_callkind"),
    ],
)
def test_the_database_refuses_a_call_without_its_closing(officer, columns, name):
    call = make_call(opens_at=NOW - DAY, closes_at=LAST)

    with refuses(name):
        db.session.execute(sa.update(Call).where(Call.id == call.id).values(**columns))
    db.session.rollback()
