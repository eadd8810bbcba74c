"""The pages of sessions: who reads them, what they show, what an officer does there."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.applications.models import ApplicationStatus, Recusal
from guichet.core.db import db
from guichet.review.models import CommitteeSession, Outcome, Recommendation, SessionItem, SessionStatus
from guichet.review.queries.committee import READERS
from tests.factories.accounts import make_account
from tests.factories.calls import make_call
from tests.factories.committee import give_opinion, make_decision, make_reviewed, make_session

READ_ONLY = ("", "/classement")
OFFICERS = ("/modifier", "/ajout", "/ordre-du-jour")


@pytest.fixture
def call(session):
    return make_call(envelope=100_000, title="Relève d’automne")


@pytest.fixture
def dossier(call):
    return make_reviewed(call, mean=71, title="Réparer les portables", amount=60_000)


@pytest.fixture
def meeting(call, dossier):
    return make_session(call, dossier, title="Comité de novembre", place="Salle Colbert")


def at_session(meeting, path=""):
    return f"/seances/{meeting.id}{path}"


def text_of(answer):
    # Non-breaking spaces would hide what is looked for.
    return answer.get_data(as_text=True).replace("\u202f", " ").replace("\u00a0", " ")


def order_of(meeting):
    rows = sa.select(SessionItem.application_id).filter_by(session_id=meeting.id).order_by(SessionItem.position)
    return list(db.session.scalars(rows))


@pytest.mark.parametrize("role", Role)
def test_sessions_are_read_by_those_who_prepare_decide_pay_and_audit(client_for, meeting, role):
    client = client_for(make_account(role))
    expected = 200 if role in READERS else 403

    assert client.get("/seances").status_code == expected
    assert client.get(at_session(meeting)).status_code == expected
    # The ranking is made of marks: not for who pays.
    assert client.get(at_session(meeting, "/classement")).status_code == (403 if role is Role.FINANCE else expected)


@pytest.mark.parametrize("role", Role)
def test_agenda_is_composed_by_officers_alone(client_for, meeting, role):
    client = client_for(make_account(role))
    for path in OFFICERS:
        assert client.get(at_session(meeting, path)).status_code == (200 if role is Role.OFFICER else 403)


@pytest.mark.parametrize("role", Role)
def test_close_page_is_the_chairs_alone(client_for, meeting, role):
    answer = client_for(make_account(role)).get(at_session(meeting, "/cloture"))

    assert answer.status_code == (200 if role is Role.CHAIR else 403)


@pytest.mark.parametrize("role", READERS)
def test_sessions_of_other_calls_do_not_exist(client_for, call, meeting, role):
    stranger = make_account(role, call_id=make_call().id)
    client = client_for(stranger)

    assert "Comité de novembre" not in text_of(client.get("/seances"))
    for path in (
        *READ_ONLY,
        *(OFFICERS if role is Role.OFFICER else ()),
        *(("/cloture",) if role is Role.CHAIR else ()),
    ):
        assert client.get(at_session(meeting, path)).status_code == 404
    own = client_for(make_account(role, call_id=call.id))
    assert "Comité de novembre" in text_of(own.get("/seances"))
    assert own.get(at_session(meeting)).status_code == 200


def test_sessions_ask_a_visitor_to_sign_in(client_for, meeting):
    answer = client_for(None).get(at_session(meeting))

    assert (answer.status_code, answer.location.split("?")[0]) == (303, "/connexion")


def test_session_that_does_not_exist_is_404(client_for, meeting):
    client = client_for(make_account(Role.OFFICER))

    assert client.get(f"/seances/{uuid.uuid4()}").status_code == 404
    assert client.get("/seances/1").status_code == 404


def test_sessions_lists_and_filters(client_for, call, meeting):
    make_session(call, title="Comité de juin", status=SessionStatus.HELD)
    client = client_for(make_account(Role.COMMITTEE))

    both = text_of(client.get("/seances"))
    assert "Comité de juin" in both
    assert "Relève d’automne" in both
    planned = text_of(client.get("/seances?etat=planned"))
    assert "Comité de novembre" in planned
    assert "Comité de juin" not in planned
    assert client.get("/seances?etat=nonsense&page=-3").status_code == 200
    assert "Prévoir une séance" not in both


def test_sessions_says_when_there_is_none(client_for, session):
    assert "Aucune séance" in text_of(client_for(make_account(Role.COMMITTEE)).get("/seances"))


def test_session_shows_case_amount_scores_spread_opinions_and_envelope(client_for, call, meeting, dossier):
    give_opinion(dossier, Decimal("80.5"), Recommendation.RESERVED)
    give_opinion(dossier, 60)
    other = make_reviewed(call, mean=None, title="Sans avis")
    db.session.add(SessionItem(session_id=meeting.id, application_id=other.id, position=2))
    make_decision(other, meeting, amount=30_000)
    ministry = dossier.organisation.short_name
    shown = text_of(client_for(make_account(Role.COMMITTEE)).get(at_session(meeting)))

    for words in (
        "Réparer les portables",
        f"{dossier.reference} · {ministry}",
        "60 000 €",
        "70,5 (3 avis)",
        "60 à 80,5",
        "2 favorables, 1 réservé",
        "À décider",
        "Aucun avis",
        "Retenu",
        "30 000 €, préparée",
        "Salle Colbert",
    ):
        assert words in shown
    assert "70 000 €</p>" in shown
    assert "Reste dans l’enveloppe" in shown


def test_session_hides_prepared_decisions_from_finance(client_for, meeting, dossier):
    make_decision(dossier, meeting, amount=30_000)
    for path in (*READ_ONLY, f"/dossiers/{dossier.id}"):
        shown = text_of(client_for(make_account(Role.FINANCE)).get(at_session(meeting, path)))
        assert "Retenu" not in shown
        assert "30 000 €" not in shown
        assert "70 000 €" not in shown
    for path in ("/decisions", "/publication", f"/publications/{uuid.uuid4()}"):
        assert client_for(make_account(Role.FINANCE)).get(at_session(meeting, path)).status_code == 403


@pytest.mark.parametrize("role", [Role.COMMITTEE, Role.CHAIR, Role.OFFICER])
def test_session_hides_the_readers_own_ministry_and_what_she_is_recused_from(client_for, call, meeting, dossier, role):
    mine = make_reviewed(call, title="Dossier du ministère", amount=61_000)
    recused = make_reviewed(call, title="Dossier du conjoint", amount=62_000)
    for place, hidden in enumerate((mine, recused), start=2):
        db.session.add(SessionItem(session_id=meeting.id, application_id=hidden.id, position=place))
        make_decision(hidden, meeting, amount=20_000)
    reader = make_account(role, organisation=mine.organisation)
    db.session.add(Recusal(application_id=recused.id, account_id=reader.id, reason="Conjoint."))
    client = client_for(reader)

    listed = text_of(client.get("/seances"))
    assert '<td class="gu-number">1</td>' in listed
    for path in (*READ_ONLY, "/decisions", *(("/ordre-du-jour",) if role is Role.OFFICER else ())):
        shown = text_of(client.get(at_session(meeting, path)))
        assert "Dossier du ministère" not in shown
        assert "Dossier du conjoint" not in shown
        # Nor by subtraction: what their awards took still counts as left.
        assert "60 000 €</p>" not in shown
        assert "1 dossier" in shown or path == "/decisions"
    assert "100 000 €" in text_of(client.get(at_session(meeting)))
    for hidden in (mine, recused):
        for path in ("", "/avis", "/contenu", f"/pieces/{uuid.uuid4()}"):
            assert client.get(at_session(meeting, f"/dossiers/{hidden.id}{path}")).status_code == 404
    assert client.get(at_session(meeting, f"/dossiers/{dossier.id}")).status_code == 200


def test_session_shows_an_auditor_her_own_ministry_but_not_what_she_is_recused_from(client_for, meeting, dossier):
    auditor = make_account(Role.AUDITOR, organisation=dossier.organisation)
    assert "Réparer les portables" in text_of(client_for(auditor).get(at_session(meeting)))
    db.session.add(Recusal(application_id=dossier.id, account_id=auditor.id, reason="Conjoint."))

    assert "Réparer les portables" not in text_of(client_for(auditor).get(at_session(meeting)))


def test_ranking_draws_the_line_where_the_money_ends(client_for, call, meeting, dossier):
    best = make_reviewed(call, mean=90, title="Meilleure moyenne", amount=40_000)
    last = make_reviewed(call, mean=50, title="Au-delà", amount=10_000)
    for place, other in enumerate((last, best), start=2):
        db.session.add(SessionItem(session_id=meeting.id, application_id=other.id, position=place))
    shown = text_of(client_for(make_account(Role.COMMITTEE)).get(at_session(meeting, "/classement")))

    order = [shown.index(words) for words in ("Meilleure moyenne", "Réparer les portables", "Limite de l’enveloppe")]
    assert order == sorted(order)
    assert shown.index(">Au-delà</a>") > order[-1]
    assert "2 dossiers sur 3" in shown
    assert "110 000 €, au-delà" in shown


def test_ranking_counts_the_same_whatever_is_prepared(client_for, meeting, dossier):
    make_decision(dossier, meeting, amount=50_000)
    shown = text_of(client_for(make_account(Role.COMMITTEE)).get(at_session(meeting, "/classement")))

    assert "peut répartir <strong>100 000 €</strong>" in shown
    assert "50 000 €</td>" in shown


def test_ranking_goes_by_pages_of_twenty(client_for, call):
    dossiers = [make_reviewed(call, mean=mean, title=f"Projet {mean}") for mean in range(50, 73)]
    meeting = make_session(call, *dossiers)
    client = client_for(make_account(Role.AUDITOR))

    first, second = (text_of(client.get(at_session(meeting, f"/classement?page={page}"))) for page in (1, 99))
    assert "Projet 72" in first
    assert "Projet 52<" not in first
    assert "Projet 52<" in second
    # The line, drawn on the first page, is told again on each row of the next.
    assert "Limite de l’enveloppe :" in first
    assert "Limite de l’enveloppe :" not in second
    assert second.count("€, au-delà") == 3


def test_plan_session_writes_the_hour_in_the_zone_of_the_call(client_for, session):
    call = make_call(slug="outre-mer", time_zone="Indian/Reunion")
    client = client_for(make_account(Role.OFFICER))
    assert "Appel" in text_of(client.get("/seances/nouvelle"))
    data = {"title": "Comité de décembre", "held_at": "2026-12-10T14:30", "place": "À distance"}
    answer = client.send("/seances/nouvelle/outre-mer", data)

    meeting = db.session.scalars(sa.select(CommitteeSession).filter_by(call_id=call.id)).one()
    assert (answer.status_code, answer.location) == (303, f"/seances/{meeting.id}/ajout")
    assert meeting.held_at == dt.datetime(2026, 12, 10, 10, 30, tzinfo=dt.UTC)
    assert "10 décembre 2026 à 14 h 30 (heure de La Réunion)" in text_of(client.get(at_session(meeting)))
    assert 'value="2026-12-10T14:30"' in text_of(client.get(at_session(meeting, "/modifier")))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"title": "", "held_at": "2026-12-10T14:30"}, "Ce champ est obligatoire."),
        ({"title": "x" * 10_000, "held_at": "2026-12-10T14:30"}, "200 caractères au plus."),
        ({"title": "Comité", "held_at": "demain"}, "Écrivez une date et une heure"),
        ({"title": "Comité", "held_at": "9999-12-10T14:30"}, "La date doit être comprise entre 2000 et 2100."),
        ({"title": "Comité", "held_at": ""}, "Ce champ est obligatoire."),
    ],
)
def test_plan_session_refuses_and_keeps_what_was_typed(client_for, call, data, words):
    client = client_for(make_account(Role.OFFICER))
    answer = client.send(f"/seances/nouvelle/{call.slug}", {"place": "Salle Ségur", **data})

    assert answer.status_code == 422
    assert words in text_of(answer)
    assert "Salle Ségur" in text_of(answer)
    assert db.session.scalars(sa.select(CommitteeSession)).all() == []


def test_plan_session_knows_only_the_officers_calls(client_for, call):
    other = make_call()
    client = client_for(make_account(Role.OFFICER, call_id=other.id))

    assert call.title not in text_of(client.get("/seances/nouvelle"))
    assert client.get(f"/seances/nouvelle/{call.slug}").status_code == 404
    assert client.get("/seances/nouvelle/inconnu").status_code == 404
    assert client_for(make_account(Role.CHAIR)).get("/seances/nouvelle").status_code == 403


def test_change_session_is_saved_until_it_is_closed(client_for, call, meeting):
    client = client_for(make_account(Role.OFFICER))
    data = {"title": "Comité reporté", "held_at": "2027-01-08T10:00", "place": ""}

    assert client.send(at_session(meeting, "/modifier"), data).status_code == 303
    assert meeting.title == "Comité reporté"
    held = make_session(call, status=SessionStatus.HELD)
    for path in OFFICERS:
        assert client.get(at_session(held, path)).status_code == 409


def test_place_adds_the_dossiers_ticked_or_all(client_for, call, meeting, dossier):
    first, second, third = (make_reviewed(call) for _ in range(3))
    deferred = make_reviewed(call, status=ApplicationStatus.DEFERRED, title="À préciser")
    client = client_for(make_account(Role.OFFICER))
    page = at_session(meeting, "/ajout")
    assert "À préciser" in text_of(client.get(page))
    answer = client.send(page, {"chosen": [str(second.id), str(uuid.uuid4())]})
    assert answer.status_code == 422
    assert client.send(page, {"chosen": str(second.id)}).status_code == 303
    assert client.send(f"{page}/tous", form_at=page).status_code == 303

    # All that await: the deferred one is brought back by hand.
    assert order_of(meeting) == [dossier.id, second.id, first.id, third.id]
    assert client.send(page, {"chosen": str(deferred.id)}).status_code == 303
    assert deferred.status is ApplicationStatus.REVIEWED
    assert "Aucun dossier à inscrire" in text_of(client.get(page))


def test_place_refuses_nothing_ticked_and_forged_dossiers(client_for, call, meeting, dossier):
    make_reviewed(call)
    stranger = make_reviewed(make_call())
    client = client_for(make_account(Role.OFFICER))
    page = at_session(meeting, "/ajout")

    for chosen, words in (([], "Cochez au moins un dossier."), ([str(stranger.id)], "Cochez"), (["x"], "Cochez")):
        answer = client.send(page, {"chosen": chosen})
        assert answer.status_code == 422
        assert words in text_of(answer)
    assert order_of(meeting) == [dossier.id]


def test_agenda_reorders_and_removes(client_for, call, meeting, dossier):
    second, third = make_reviewed(call), make_reviewed(call)
    for place, other in enumerate((second, third), start=2):
        db.session.add(SessionItem(session_id=meeting.id, application_id=other.id, position=place))
    client = client_for(make_account(Role.OFFICER))
    page = at_session(meeting, "/ordre-du-jour")
    places = {f"place_{one.id.hex}": place for place, one in enumerate((dossier, second, third), start=1)}

    assert client.send(page, {**places, f"place_{third.id.hex}": 1}).status_code == 303
    assert order_of(meeting) == [third.id, dossier.id, second.id]
    places = {f"place_{one.id.hex}": place for place, one in enumerate((third, dossier, second), start=1)}
    assert client.send(page, {**places, "chosen": str(dossier.id), "remove": "1"}).status_code == 303
    assert order_of(meeting) == [third.id, second.id]


@pytest.mark.parametrize("place", ["0", "-1", "99", "un", "1" * 500, "NaN", "1e9"])
def test_agenda_refuses_a_place_that_does_not_exist(client_for, meeting, dossier, place):
    client = client_for(make_account(Role.OFFICER))
    answer = client.send(at_session(meeting, "/ordre-du-jour"), {f"place_{dossier.id.hex}": place})

    assert answer.status_code == 422
    assert f"Place du dossier {dossier.reference}" in text_of(answer)
    assert order_of(meeting) == [dossier.id]


def test_agenda_keeps_a_decided_dossier(client_for, meeting, dossier):
    make_decision(dossier, meeting, Outcome.REJECTED)
    client = client_for(make_account(Role.OFFICER))
    page = at_session(meeting, "/ordre-du-jour")
    answer = client.send(page, {f"place_{dossier.id.hex}": 1, "chosen": str(dossier.id), "remove": "1"})
    assert answer.status_code == 422
    assert "Une décision existe déjà" in text_of(answer)
    nothing = client.send(page, {f"place_{dossier.id.hex}": 1, "remove": "1"})
    assert "Cochez au moins un dossier à retirer." in text_of(nothing)
    assert order_of(meeting) == [dossier.id]


def test_close_session_tells_what_is_undecided_and_closes(client_for, meeting):
    client = client_for(make_account(Role.CHAIR))
    page = at_session(meeting, "/cloture")
    assert "1 dossier sans décision" in text_of(client.get(page))

    assert client.send(page).status_code == 303
    assert meeting.status is SessionStatus.HELD
    assert client.get(page).status_code == 409


def test_forms_need_their_token(client_for, meeting, dossier):
    officer, chair = client_for(make_account(Role.OFFICER)), client_for(make_account(Role.CHAIR))
    for client, path in ((officer, "/modifier"), (officer, "/ordre-du-jour"), (chair, "/cloture")):
        answer = client.post(at_session(meeting, path), data={"csrf_token": "forged"})
        assert answer.status_code == 422
        assert "Cette page est restée ouverte trop longtemps" in text_of(answer)
    assert meeting.status is SessionStatus.PLANNED
