"""The pages of calls by rounds and of continuous calls: those of officers, and what everybody reads."""

import datetime as dt

import pytest

from guichet.accounts.models import Role
from guichet.calls import queries
from guichet.calls.dating import CallKind
from guichet.calls.models import CallStatus
from guichet.core import clock
from tests.calls.test_management_views import rules
from tests.factories.accounts import make_account
from tests.factories.calls import make_call

S = CallStatus
NOW = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
ROUNDS = "/instruction/appels/releves/releves"
FIRST = dt.datetime(2026, 12, 4, 16, tzinfo=dt.UTC)
LAST = dt.datetime(2027, 4, 2, 15, tzinfo=dt.UTC)


@pytest.fixture
def officer(session, at):
    at(NOW)
    return make_account(Role.OFFICER)


@pytest.fixture
def draft(officer):
    return make_call(slug="releves", title="Par relèves", status=S.DRAFT, opens_at=NOW + DAY, rounds=[FIRST, LAST])


@pytest.fixture
def running(officer):
    return make_call(slug="releves", title="Par relèves", opens_at=NOW - DAY, rounds=[FIRST, LAST])


def text_of(answer):
    return answer.get_data(as_text=True).replace("\xa0", " ").replace("\u202f", " ")


def fresh():
    return queries.by_slug("releves")


# Officers


def test_an_officer_creates_a_call_by_rounds_then_writes_them(client_for, officer):
    client = client_for(officer)

    created = client.send("/instruction/appels/nouveau", rules(title="Releves", kind="rounds", closes_at=""))
    assert created.status_code == 303
    assert "Ajoutez au moins une relève." in text_of(client.get("/instruction/appels/releves"))

    added = client.send(ROUNDS, {"closes_at": "2027-02-26T17:00", "label": ""})
    assert (added.status_code, added.location) == (303, ROUNDS)
    shown = text_of(client.get(ROUNDS))
    assert "1re relève" in shown
    assert "26 février 2027" in shown
    assert fresh().closes_at == dt.datetime(2027, 2, 26, 16, tzinfo=dt.UTC)


def test_an_officer_creates_a_continuous_call(client_for, officer):
    answer = client_for(officer).send(
        "/instruction/appels/nouveau", rules(title="Releves", kind="continuous", closes_at="")
    )

    assert answer.status_code == 303
    assert (fresh().kind, fresh().closes_at) == (CallKind.CONTINUOUS, None)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"kind": "dated", "closes_at": ""}, "Indiquez la clôture"),
        ({"kind": "rounds"}, "clôt avec sa dernière relève"),
        ({"kind": "sometimes"}, "Choisissez une valeur de la liste."),
        ({"closes_at": "2027-03-28T02:30"}, "Cette heure n’existe pas"),
        ({"closes_at": "2027-10-31T02:30"}, "Cette heure existe deux fois"),
    ],
)
def test_wrong_dates_are_refused_at_their_field(client_for, officer, typed, message):
    answer = client_for(officer).send("/instruction/appels/nouveau", rules(**typed))

    assert answer.status_code == 422
    assert message in text_of(answer)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"closes_at": "2026-11-01T10:00"}, "Cette date est passée"),
        ({"closes_at": "2026-12-01T10:00"}, "doit suivre celle de la relève précédente"),
        ({"closes_at": "2027-03-28T02:30"}, "Cette heure n’existe pas"),
        ({"closes_at": "bientôt"}, "Écrivez une date et une heure"),
        ({"closes_at": ""}, "Ce champ est obligatoire."),
        ({"closes_at": "2027-06-01T10:00", "label": "x" * 61}, "60 caractères au plus."),
    ],
)
def test_a_wrong_round_is_refused_and_what_was_typed_stays(client_for, officer, draft, typed, message):
    answer = client_for(officer).send(ROUNDS, {"label": "La mienne", **typed})

    assert answer.status_code == 422
    assert message in text_of(answer)
    assert typed.get("label", "La mienne") in text_of(answer)
    assert len(fresh().rounds) == 2


def test_a_round_of_a_draft_is_rewritten_then_removed(client_for, officer, draft):
    client, first = client_for(officer), draft.rounds[0].id

    assert client.send(f"{ROUNDS}/{first}", {"closes_at": "2026-12-11T17:00", "label": "Hiver"}).status_code == 303
    assert (fresh().rounds[0].name, fresh().rounds[0].closes_at) == ("Hiver", FIRST + 7 * DAY)

    assert "Retirer « Hiver »" in text_of(client.get(f"{ROUNDS}/{first}/suppression"))
    assert client.send(f"{ROUNDS}/{first}/suppression").status_code == 303
    assert [one.name for one in fresh().rounds] == ["1re relève"]


def test_a_published_call_gets_more_time_told_on_its_page(client_for, officer, running):
    client, last = client_for(officer), running.rounds[1].id

    refused = client.send(f"{ROUNDS}/{last}", {"closes_at": "2027-04-09T17:00", "reason": ""})
    assert refused.status_code == 422
    sooner = client.send(f"{ROUNDS}/{last}", {"closes_at": "2027-03-09T17:00", "reason": "Motif"})
    assert "le délai ne peut être réduit" in text_of(sooner)
    assert (
        client.send(f"{ROUNDS}/{last}", {"closes_at": "2027-04-09T17:00", "reason": "<b>Panne</b>"}).status_code == 303
    )
    assert client.send(ROUNDS, {"closes_at": "2027-06-04T17:00", "reason": "Enveloppe complétée"}).status_code == 303

    told = text_of(client_for(None).get("/appels/releves"))
    assert "Délais prolongés" in told
    assert "2e relève : clôture portée au vendredi 9 avril 2027" in told or "9 avril 2027" in told
    assert "&lt;b&gt;Panne&lt;/b&gt;" in told
    assert "3e relève" in told
    assert client.get(f"{ROUNDS}/{last}/suppression").status_code == 403


def test_one_closing_is_pushed_back(client_for, officer):
    make_call(slug="seul", opens_at=NOW - DAY, closes_at=FIRST)
    client, url = client_for(officer), "/instruction/appels/seul/report"

    assert "Reporter la clôture" in text_of(client.get("/instruction/appels/seul"))
    assert client.send(url, {"closes_at": "2026-12-03T17:00", "reason": "Motif"}).status_code == 422
    assert client.send(url, {"closes_at": "2026-12-11T17:00", "reason": "Panne"}).status_code == 303
    assert queries.by_slug("seul").closes_at == FIRST + 7 * DAY


@pytest.mark.parametrize("path", ["releves", "releves/{id}", "releves/{id}/suppression", "report"])
def test_pages_of_another_kind_of_call_are_not_found(client_for, officer, draft, path):
    make_call(slug="continu", opens_at=NOW - DAY, kind=CallKind.CONTINUOUS, closes_at=None)
    address = f"/instruction/appels/continu/{path.format(id=draft.rounds[0].id)}"

    assert client_for(officer).get(address).status_code == (403 if "suppression" in path else 404)


@pytest.mark.parametrize("role", [Role.FINANCE, Role.AUDITOR, Role.APPLICANT, Role.REVIEWER, Role.CHAIR])
@pytest.mark.parametrize("path", ["releves/releves", "seul/report"])
def test_only_who_runs_calls_dates_them(client_for, running, role, path):
    make_call(slug="seul", opens_at=NOW - DAY, closes_at=FIRST)

    assert client_for(make_account(role)).get(f"/instruction/appels/{path}").status_code == 403


def test_a_copy_keeps_the_kind_and_no_date(client_for, officer, running):
    client = client_for(officer)
    copy = {"title": "Copie", "code": "COPIE", "opens_at": "2027-09-01T09:00"}

    assert "closes_at" not in text_of(client.get("/instruction/appels/releves/copie"))
    assert client.send("/instruction/appels/releves/copie", copy).status_code == 303
    copied = queries.by_slug("copie")
    assert (copied.kind, copied.rounds, copied.closes_at) == (CallKind.ROUNDS, (), None)


def test_the_file_of_a_call_by_rounds_makes_the_same_call(client_for, officer, running):
    client = client_for(officer)
    file = client.get("/instruction/appels/releves/configuration.yaml").get_data(as_text=True)
    assert "calendrier: releves" in file

    text = file.replace(running.code, "AUTRE").replace("Par relèves", "Autre appel")
    assert client.send("/instruction/appels/importation", {"text": text}).status_code == 303
    assert [one.closes_at for one in queries.by_slug("autre-appel").rounds] == [FIRST, LAST]


def test_faults_of_the_rounds_of_a_file_are_told_with_their_lines(client_for, officer, running):
    client = client_for(officer)
    file = (
        client.get("/instruction/appels/releves/configuration.yaml").get_data(as_text=True).replace(running.code, "A")
    )
    number = next(n for n, line in enumerate(file.splitlines(), 1) if "2027-04-02" in line)

    for written, message in (
        ("2026-12-01T10:00:00+01:00", "doit suivre l’ouverture et la relève précédente"),
        ("2027-03-28T02:30:00", "cette heure n’existe pas"),
        ("2027-10-31T02:30:00", "précisez le décalage"),
    ):
        old = next(line.split(": ", 1)[1] for line in file.splitlines() if "2027-04-02" in line)
        answer = client.send("/instruction/appels/importation", {"text": file.replace(old, written)})
        assert answer.status_code == 422
        assert f"ligne {number} : " in text_of(answer)
        assert message in text_of(answer)


# Everybody


def test_the_page_tells_all_rounds_and_which_one_is_running(client_for, running, at):
    client = client_for(None)

    text = text_of(client.get("/appels/releves"))
    assert "1re relève en cours." in text
    assert "4 décembre 2026 à 17 h (heure de Paris)" in text or "4 décembre 2026" in text
    assert text.count("2e relève") >= 1
    assert "1re relève : jusqu’au" in text_of(client.get("/appels"))
    assert "1re relève : jusqu’au" in text_of(client.get("/"))

    at(FIRST)
    assert "2e relève en cours." in text_of(client.get("/appels/releves"))
    at(LAST)
    assert "est clos depuis" in text_of(client.get("/appels/releves"))


def test_a_continuous_call_is_plainly_said(client_for, officer):
    make_call(slug="continu", opens_at=NOW - DAY, kind=CallKind.CONTINUOUS, closes_at=None)
    client = client_for(None)

    assert "l’appel reste ouvert jusqu’à nouvel ordre" in text_of(client.get("/appels/continu"))
    for address in ("/appels", "/"):
        assert "<strong>Appel continu</strong>, ouvert jusqu’à nouvel ordre" in text_of(client.get(address))
    assert "Sans date" in text_of(client_for(officer).get("/instruction/appels"))


def test_lists_put_the_nearest_closing_first(client_for, officer):
    make_call(title="Continu", kind=CallKind.CONTINUOUS, opens_at=NOW - DAY, closes_at=None)
    make_call(title="Seul", opens_at=NOW - DAY, closes_at=FIRST + DAY)
    make_call(title="Bientôt", opens_at=NOW - DAY, rounds=[FIRST, LAST])

    text = text_of(client_for(None).get("/appels"))

    assert text.index("Bientôt") < text.index("Seul") < text.index("Continu")


def test_the_page_of_many_rounds_stays_light(client_for, officer):
    make_call(slug="longue", opens_at=NOW - DAY, rounds=[NOW + number * DAY for number in range(1, 13)])

    for client, address in (
        (client_for(None), "/appels/longue"),
        (client_for(officer), "/instruction/appels/longue/releves"),
    ):
        text = text_of(client.get(address))
        assert text.count("<") - text.count("</") < 380
    assert clock.now() == NOW
