"""The order that a ministry's focal points give to its dossiers of one call."""

import datetime as dt
import re
import threading

import pytest
import sqlalchemy as sa

from guichet.accounts import queries as accounts
from guichet.accounts.models import Account, Role
from guichet.applications import priorities
from guichet.applications.models import Application, ApplicationStatus, Recusal
from guichet.applications.services import priorities as services
from guichet.audit.models import AuditEntry
from guichet.calls.dating import CallKind
from guichet.calls.models import Call
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Conflict, DomainError, Forbidden, NotFound, RuleBroken
from guichet.core.transaction import unit_of_work
from tests.applications.page_reader import read
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call

S = ApplicationStatus


@pytest.fixture
def call(session):
    return make_call()


@pytest.fixture
def lead(session):
    return make_account(Role.APPLICANT)


@pytest.fixture
def focal_point(lead):
    return make_account(Role.FOCAL_POINT, organisation=lead.organisation)


@pytest.fixture
def three(call, lead):
    """Begun one after the other: that is the order until somebody gives one."""
    begun = clock.now()
    return [
        make_application(
            call=call, lead=lead, title=title, status=status, created_at=begun + dt.timedelta(minutes=minute)
        )
        for minute, (title, status) in enumerate([("Un", S.DRAFT), ("Deux", S.SUBMITTED), ("Trois", S.UNDER_REVIEW)])
    ]


def who(account):
    """The account as a page loads it: a request before made the loaded one forget."""
    return db.session.scalars(accounts.with_rights().where(Account.id == account.id)).unique().one()


def address(call, account):
    return f"/dossiers/priorites/{call.slug}/{account.organisation_id}"


def lines_of(actor, call):
    return priorities.lines(who(actor), call.id, actor.organisation_id)


def order_of(actor, call):
    return [(line.title, line.rank) for line in lines_of(actor, call)]


def seen_by(actor, call):
    return priorities.fingerprint(lines_of(actor, call))


def move(actor, call, application, steps, seen=None):
    ministry_id = actor.organisation_id
    with unit_of_work():
        return services.move(call, ministry_id, application.id, steps, seen=seen or seen_by(actor, call), actor=actor)


def words(answer):
    return re.sub(r"[\s\u00a0\u202f]+", " ", answer.get_data(as_text=True))


def test_a_dossier_goes_up_and_down_as_far_as_the_order_goes(call, focal_point, three):
    assert order_of(focal_point, call) == [("Un", None), ("Deux", None), ("Trois", None)]

    move(focal_point, call, three[2], -1)
    assert order_of(focal_point, call) == [("Un", 1), ("Trois", 2), ("Deux", 3)]
    move(focal_point, call, three[2], -5)
    move(focal_point, call, three[1], 9)
    assert order_of(focal_point, call) == [("Trois", 1), ("Un", 2), ("Deux", 3)]


def test_the_order_does_not_count_as_a_change_of_content(call, focal_point, three):
    before = three[0].version
    move(focal_point, call, three[0], 1)

    db.session.expire(three[0])
    assert (three[0].version, three[0].ministry_rank) == (before, 2)


def test_the_journal_holds_the_order_before_and_after(call, focal_point, three):
    move(focal_point, call, three[1], -1)

    entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "call-priorities.order")).one()
    un, deux, trois = (str(one.id) for one in three)
    assert entry.actor_id == focal_point.id
    assert entry.facts["before"] == [{"id": one, "rank": None} for one in (un, deux, trois)]
    assert entry.facts["after"] == [{"id": deux, "rank": 1}, {"id": un, "rank": 2}, {"id": trois, "rank": 3}]


def test_a_dossier_that_the_committee_has_or_that_is_hidden_keeps_its_rank(call, lead, focal_point, three):
    make_application(call=call, lead=lead, title="Évalué", status=S.REVIEWED, ministry_rank=2)
    hidden = make_application(call=call, lead=lead, title="Caché", status=S.SUBMITTED, ministry_rank=4)
    db.session.add(Recusal(application_id=hidden.id, account_id=focal_point.id, reason="Parent du porteur"))

    move(focal_point, call, three[2], -1)

    assert order_of(focal_point, call) == [("Un", 1), ("Trois", 3), ("Deux", 5)]
    with pytest.raises(NotFound):
        move(focal_point, call, hidden, -1)


def test_nothing_moves_once_the_call_is_closed(call, focal_point, three, at):
    seen = seen_by(focal_point, call)
    at(call.closes_at)

    with pytest.raises(RuleBroken, match="il ne change plus"):
        move(focal_point, call, three[0], 1, seen)


def test_only_the_ministry_s_focal_point_orders(call, lead, focal_point, three):
    other = make_account(Role.FOCAL_POINT)
    for actor in (lead, other):
        with pytest.raises(Forbidden), unit_of_work():
            services.move(
                call, lead.organisation.ministry_id, three[0].id, 1, seen=seen_by(focal_point, call), actor=actor
            )


def test_an_order_that_is_not_the_one_shown_is_a_conflict(call, focal_point, three):
    seen = seen_by(focal_point, call)
    move(focal_point, call, three[2], -1, seen)

    with pytest.raises(Conflict, match="a changé depuis"):
        move(focal_point, call, three[2], -1, seen)
    assert order_of(focal_point, call) == [("Un", 1), ("Trois", 2), ("Deux", 3)]


def test_what_is_shown_counts_the_submitted_dossiers_that_stand(call, lead, three):
    for rank, dossier in enumerate(three, start=1):
        dossier.ministry_rank = rank
    gone = make_application(call=call, lead=lead, status=S.WITHDRAWN, ministry_rank=7)
    elsewhere = make_application(call=call, status=S.SUBMITTED, ministry_rank=1)
    unplaced = make_application(call=call, lead=lead, status=S.SUBMITTED)
    db.session.flush()

    asked = [*three, gone, elsewhere, unplaced]
    shown = priorities.shown_of([dossier.id for dossier in asked])

    assert {dossier.title: shown[dossier.id].label for dossier in three if dossier.id in shown} == {
        "Deux": "Priorité 1 sur 2 du ministère",
        "Trois": "Priorité 2 sur 2 du ministère",
    }
    assert shown[elsewhere.id].label == "Priorité 1 sur 1 du ministère"
    assert {gone.id, unplaced.id}.isdisjoint(shown)


def test_the_order_of_a_round_is_fixed_when_it_closes(lead, focal_point, at):
    begun = clock.now()
    call = make_call(rounds=(begun + dt.timedelta(days=5), begun + dt.timedelta(days=20)))
    first, second = call.rounds
    early = [
        make_application(
            call=call, lead=lead, title=title, status=S.UNDER_REVIEW, round_id=first.id, ministry_rank=rank
        )
        for title, rank in (("Un", 1), ("Deux", 2))
    ]
    late = [
        make_application(call=call, lead=lead, title=title, status=S.SUBMITTED, round_id=second.id, ministry_rank=rank)
        for title, rank in (("Trois", 3), ("Quatre", 4))
    ]
    told = priorities.shown_of([dossier.id for dossier in early])

    at(begun + dt.timedelta(days=6))
    assert [line.title for line in lines_of(focal_point, call)] == ["Trois", "Quatre"]
    move(focal_point, call, late[1], -1)

    assert order_of(focal_point, call) == [("Quatre", 3), ("Trois", 4)]
    assert priorities.shown_of([dossier.id for dossier in early]) == told
    assert told[early[1].id].label == "Priorité 2 sur 2 du ministère"


def test_in_a_continuous_call_a_dossier_found_eligible_keeps_its_place(lead, focal_point):
    call = make_call(kind=CallKind.CONTINUOUS, closes_at=None)
    for title, status in (("Un", S.SUBMITTED), ("Deux", S.ELIGIBLE), ("Trois", S.UNDER_REVIEW)):
        make_application(call=call, lead=lead, title=title, status=status)

    assert [line.title for line in lines_of(focal_point, call)] == ["Un"]


# The page


def test_the_page_orders_by_buttons_without_any_script(client_for, call, focal_point, three):
    client = client_for(focal_point)
    url = address(call, focal_point)
    fields = read(client.get(url)).fields

    answer = client.post(url, data={**fields, "up": str(three[2].id)})

    assert answer.status_code == 303
    page = words(client.get(answer.location))
    assert "« Trois » est maintenant en priorité 2." in page
    assert page.index("Un</a>") < page.index("Trois</a>") < page.index("Deux</a>")
    fields = read(client.get(url)).fields
    assert client.post(url, data={**fields, "down": str(three[2].id)}).status_code == 303
    assert order_of(focal_point, call) == [("Un", 1), ("Deux", 2), ("Trois", 3)]


def test_the_page_keeps_the_order_as_shown(client_for, call, focal_point, three):
    client = client_for(focal_point)
    url = address(call, focal_point)
    page = client.get(url)
    assert "Enregistrer l’ordre affiché" in words(page)

    assert client.post(url, data={**read(page).fields, "keep": ""}).status_code == 303

    assert order_of(focal_point, call) == [("Un", 1), ("Deux", 2), ("Trois", 3)]
    assert "Enregistrer l’ordre affiché" not in words(client.get(url))


def test_the_page_tells_a_conflict_and_shows_the_present_order(client_for, call, focal_point, three):
    client = client_for(focal_point)
    url = address(call, focal_point)
    fields = read(client.get(url)).fields
    client.post(url, data={**fields, "up": str(three[2].id)})

    answer = client.post(url, data={**fields, "up": str(three[2].id)})

    assert answer.status_code == 409
    page = words(answer)
    assert "une autre personne a ordonné les dossiers" in page
    assert read(answer).fields["seen"] == seen_by(focal_point, call)


def test_the_page_says_that_the_order_is_fixed(client_for, call, focal_point, three, at):
    client = client_for(focal_point)
    url = address(call, focal_point)
    fields = read(client.get(url)).fields
    at(call.closes_at)

    page = words(client.get(url))
    assert "L’appel est clos : cet ordre est fixé" in page
    assert "Monter" not in page
    answer = client.post(url, data={**fields, "up": str(three[2].id)})
    assert answer.status_code == 422
    assert order_of(focal_point, call) == [("Un", None), ("Deux", None), ("Trois", None)]


@pytest.mark.parametrize("typed", ["", "abc", "0" * 500, "00000000-0000-0000-0000-000000000000"])
def test_the_page_survives_forged_buttons(client_for, call, focal_point, three, typed):
    client = client_for(focal_point)
    url = address(call, focal_point)
    fields = read(client.get(url)).fields

    answer = client.post(url, data={**fields, "up": typed})

    assert answer.status_code in {303, 404}


def test_the_page_is_the_ministry_s_own(client_for, call, lead, focal_point, three):
    other = make_account(Role.FOCAL_POINT)

    assert client_for(other).get(address(call, focal_point)).status_code == 404
    assert client_for(other).post(address(call, focal_point)).status_code == 404
    assert client_for(lead).get(address(call, focal_point)).status_code == 403
    assert client_for(focal_point).get(f"/dossiers/priorites/inconnu/{focal_point.organisation_id}").status_code == 404


def test_the_page_and_the_list_lead_to_it(client_for, call, focal_point, three):
    client = client_for(focal_point)

    assert address(call, focal_point) in words(client.get("/dossiers"))


def test_the_page_is_light_and_costs_the_same_for_many_dossiers(client_for, call, lead, focal_point, three, statements):
    client = client_for(focal_point)
    client.get(address(call, focal_point))
    statements.clear()
    client.get(address(call, focal_point))
    few = len(statements)
    for number in range(30):
        make_application(call=call, lead=who(lead), title=f"Dossier {number}")
    db.session.flush()
    statements.clear()

    page = read(client.get(address(call, focal_point)))

    assert len(statements) <= few
    assert page.elements <= 380


# What others read


def test_officers_read_the_place_once_submitted_and_the_team_does_not(client_for, call, lead, focal_point, three):
    move(focal_point, call, three[1], -1)
    officer = client_for(make_account(Role.OFFICER))

    assert "Priorité 1 sur 2 du ministère" in words(officer.get("/instruction"))
    assert "Priorité 1 sur 2 du ministère" in words(officer.get(f"/instruction/dossiers/{three[1].id}"))
    assert "Priorité 1 sur 2 du ministère" in words(client_for(focal_point).get(f"/dossiers/{three[1].id}"))
    assert "Priorité" not in words(client_for(lead).get(f"/dossiers/{three[1].id}"))


# At the same moment


def test_two_focal_points_at_once_one_wins_and_the_other_is_told(own_app, monkeypatch):
    monkeypatch.setattr("guichet.core.queue.nudger.put", lambda *_: None)
    app = own_app()
    with app.app_context():
        call, lead = make_call(), make_account(Role.APPLICANT)
        actors = [make_account(Role.FOCAL_POINT, organisation=lead.organisation) for _ in range(2)]
        dossiers = [make_application(call=call, lead=lead, title=title) for title in ("Un", "Deux")]
        db.session.commit()
        seen = seen_by(actors[0], call)
        identifiers = [actor.id for actor in actors]
        ids = (call.id, lead.organisation.ministry_id, dossiers[0].id)
        db.session.remove()
    start, told = threading.Barrier(2), [""] * 2

    def run(number):
        with app.app_context():
            start.wait(timeout=10)
            try:
                with unit_of_work():
                    rows = accounts.with_rights().where(Account.id == identifiers[number])
                    actor = db.session.scalars(rows).unique().one()
                    services.move(db.session.get_one(Call, ids[0]), ids[1], ids[2], 1, seen=seen, actor=actor)
                    told[number] = "moved"
            except DomainError as refusal:
                told[number] = type(refusal).__name__
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert sorted(told) == ["Conflict", "moved"]
    with app.app_context():
        ranks = db.session.execute(sa.select(Application.title, Application.ministry_rank).order_by("ministry_rank"))
        assert [tuple(row) for row in ranks] == [("Deux", 1), ("Un", 2)]
        db.session.remove()
