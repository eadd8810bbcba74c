"""Projects already funded: what is public of them, found by their words in French, and close to a draft."""

import datetime as dt
import re
import time
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from guichet.accounts.models import Role
from guichet.applications import funded
from guichet.applications.funded import Order, Wanted
from guichet.applications.models import Application, ApplicationStatus, Recusal
from guichet.calls.models import CallStatus
from guichet.core import clock
from guichet.core.db import db
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call, make_priority_action

S = ApplicationStatus


@pytest.fixture
def past(session):
    return make_call(status=CallStatus.RESULTS_PUBLISHED, title="Appel de 2025")


def publish(call, title="Réparer les ordinateurs", **columns) -> Application:
    columns.setdefault("summary", "Des postes qui durent.")
    columns.setdefault("status", S.AWARDED)
    columns.setdefault("outcome_published_at", clock.now())
    return make_application(call=call, title=title, **columns)


def titles(**wanted) -> list[str]:
    rows = funded.found(wanted.pop("reader", None), Wanted(**wanted))
    return [row.title for row in db.session.execute(rows)]


# What is public


@pytest.mark.parametrize("status", sorted(set(S) - {S.AWARDED}))
def test_only_awarded_projects_are_found(past, status):
    publish(past, status=status, amount_granted=None)

    assert titles() == []


@pytest.mark.parametrize("status", sorted(set(CallStatus) - {CallStatus.RESULTS_PUBLISHED, CallStatus.ARCHIVED}))
def test_only_published_results_are_found(session, status):
    hidden = publish(make_call(status=status))

    assert titles() == []
    with pytest.raises(funded.NotFound):
        funded.one(None, hidden.id)


def test_a_decision_that_is_not_published_is_not_found(past):
    publish(past, outcome_published_at=None)

    assert titles(words="ordinateurs") == []


def test_a_recused_person_finds_nothing_of_the_dossier_anywhere(past, client_for):
    hidden = publish(past)
    reader = make_account(Role.REVIEWER)
    db.session.add(Recusal(application_id=hidden.id, account_id=reader.id, reason="Parent"))
    db.session.flush()
    address = f"/projets-finances/{hidden.id}"

    assert client_for(None).get(address).status_code == 200
    assert client_for(reader).get(address).status_code == 404
    assert "Réparer" not in client_for(reader).get("/projets-finances").get_data(as_text=True)
    assert titles(reader=reader) == []
    assert funded.close_to(make_application(title="Réparer les ordinateurs"), reader) == []


# Words


@pytest.mark.parametrize(
    "words",
    [
        "réparations ordinateur",
        "REPARER",
        "reparer les ordinateurs",
        '"réparer les ordinateurs"',
        "réparer -écran",
        "les postes même",
    ],
)
def test_words_are_found_whatever_their_form_and_accents(past, words):
    publish(past)
    publish(past, title="Former les acheteurs", summary="Une formation.", problem="", solution="")

    assert titles(words=words) == ["Réparer les ordinateurs"]


@pytest.mark.parametrize("words", ["licornes", "le la les", "réparer -ordinateurs", "!!", "'", "a & b | (", '"', "\\"])
def test_words_that_find_nothing_find_nothing(past, words):
    publish(past)

    assert titles(words=words) == []


def test_the_title_counts_most_and_the_date_when_asked(past):
    publish(past, title="Acheter mieux", solution="Le réemploi ensuite.", outcome_published_at=clock.now())
    publish(past, title="Le réemploi d’abord", outcome_published_at=clock.now() - dt.timedelta(days=9))

    assert titles(words="réemploi") == ["Le réemploi d’abord", "Acheter mieux"]
    assert titles(words="réemploi", order=Order.DATE) == ["Acheter mieux", "Le réemploi d’abord"]
    assert titles() == ["Acheter mieux", "Le réemploi d’abord"]


def test_filters_narrow_one_another(past):
    other = make_priority_action("Favoriser le réemploi")
    one = publish(past, title="Un")
    publish(
        past,
        title="Deux",
        priority_actions=[other],
        outcome_published_at=dt.datetime(2024, 12, 31, 23, 30, tzinfo=dt.UTC),
    )

    assert titles(action=other.code) == ["Deux"]
    assert titles(ministry_id=one.ministry_id) == ["Un"]
    assert titles(call_id=past.id, order=Order.DATE) == ["Un", "Deux"]
    # The year is the one of the call's zone: in Paris the new year had come.
    assert titles(year=2025) == ["Deux"]
    assert titles(year=2025, ministry_id=one.ministry_id) == []
    choices = funded.choices(None)
    assert choices.calls == [(past.id, "Appel de 2025")]
    assert choices.years == [clock.today().year, 2025]
    assert other.code in [code for code, _ in choices.actions]
    assert one.ministry_id in [identifier for identifier, _ in choices.ministries]


def test_close_projects_share_words_with_the_draft(past):
    publish(past, title="Réparation des ordinateurs portables")
    publish(past, title="Former les acheteurs", summary="", problem="", solution="")
    draft = make_application(title="Prolonger les ordinateurs", summary="Par la réparation.")

    assert [project.title for project in funded.close_to(draft, make_account())] == [
        "Réparation des ordinateurs portables"
    ]
    assert funded.close_to(make_application(title="?", summary=""), make_account()) == []
    for number in range(5):
        publish(past, title=f"Ordinateurs {number}")
    assert len(funded.close_to(draft, make_account())) == funded.SUGGESTED


def test_a_funded_project_is_not_close_to_itself(past):
    itself = publish(past)

    assert funded.close_to(itself, make_account()) == []


# Weight


def explained(statement) -> str:
    text = statement.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    return "\n".join(db.session.scalars(sa.text(f"EXPLAIN ANALYZE {str(text).replace(':', chr(92) + ':')}")))


def test_a_search_among_five_thousand_projects_reads_the_index(past):
    """Each with long texts of its own; the words looked for are in one of a hundred."""
    model = publish(past, title="Modèle", summary="", problem="", solution="")
    names = [column.name for column in Application.__table__.columns if column.name != "words"]
    title = "'Projet ' || n || CASE WHEN n % 100 = 0 THEN ' de réemploi' ELSE ' divers' END"
    fresh = {
        "id": "gen_random_uuid()",
        "reference": "'TAS-' || n",
        "title": title,
        "submitted_title": title,
        "problem": "repeat('un besoin numéro ' || n || ' qui se raconte ', 30)",
        "solution": "repeat('une réponse ' || n % 977 || ' qui se détaille ', 30)",
    }
    db.session.execute(
        sa.text(
            f"INSERT INTO application ({', '.join(names)}) "  # noqa: S608 - names of columns
            f"SELECT {', '.join(fresh.get(name, name) for name in names)} "
            "FROM application, generate_series(1, 5000) AS n WHERE id = :model"
        ),
        {"model": model.id},
    )
    db.session.execute(sa.text("ANALYZE application"))
    rows = funded.found(None, Wanted(words="réemploi"))
    assert len(db.session.execute(rows).all()) == 50

    plan = explained(rows.limit(20))

    assert "ix_application_words" in plan
    assert float(re.findall(r"Execution Time: ([\d.]+)", plan)[0]) < 50
    draft = make_application(title="Le réemploi des postes", summary="Un projet de réemploi.")
    started = time.perf_counter()
    assert "réemploi" in funded.close_to(draft, make_account())[0].title
    # The clock of a busy machine: the plan above holds the time itself.
    assert time.perf_counter() - started < 1


# Pages


def test_the_library_costs_the_same_whatever_it_holds(past, client_for, statements):
    browser, counts = client_for(None), []
    for number in range(21):
        if number in {1, 20}:
            db.session.commit()
            db.session.expunge_all()
            statements.clear()
            page = browser.get("/projets-finances?mots=ordinateurs")
            counts.append(len(statements))
            assert page.get_data(as_text=True).count("<tr>") == number + 1
            assert len(re.findall(r"<[a-z]", page.get_data(as_text=True))) <= 380
        publish(make_call(status=CallStatus.RESULTS_PUBLISHED), title=f"Ordinateurs {number}")
    assert counts == [6, 6]
    db.session.commit()
    assert "page 1 sur 2" in browser.get("/projets-finances").get_data(as_text=True)


def test_the_library_says_when_it_is_empty(past, client_for):
    browser = client_for(None)

    assert "Aucun projet n’est encore publié" in browser.get("/projets-finances").get_data(as_text=True)
    publish(make_call(status=CallStatus.ARCHIVED))
    assert "Aucun projet ne répond" in browser.get("/projets-finances?mots=licorne").get_data(as_text=True)


@pytest.mark.parametrize(
    "query",
    [
        "annee=x",
        "annee=99999999999999999999",
        "ministere=x",
        "appel=' OR 1",
        "tri=x",
        "action=x",
        "page=-1",
        "mots=" + "x" * 5000,
        "mots=%00",
    ],
)
def test_hostile_filters_never_break_the_library(past, client_for, query):
    publish(past)

    assert client_for(None).get(f"/projets-finances?{query}").status_code in {200, 422}


def test_a_project_s_page_tells_what_is_public_and_nothing_more(past, client_for):
    project = publish(past, problem="Un secret", solution="Un autre", amount=50_000)
    project.amount_granted = Decimal(41_000)
    db.session.flush()

    text = client_for(None).get(f"/projets-finances/{project.id}").get_data(as_text=True)

    assert "41\u202f000\u00a0€" in text
    assert "Des postes qui durent." in text
    for hidden in ("Un secret", "Un autre", "50\u202f000", "120\u202f000", project.carrier_name, project.reference):
        assert hidden not in text


def test_a_draft_shows_close_projects_and_cites_one_without_saving(past, client_for):
    lead = make_account(Role.APPLICANT)
    project = publish(past, title="Réparer <b>tout</b>")
    draft = make_application(lead=lead, title="Réparer tout", close_projects="Le nôtre.")
    browser = client_for(lead)
    url = f"/dossiers/{draft.id}/rubriques/portage"
    shown = browser.get(f"/dossiers/{draft.id}").get_data(as_text=True)
    assert "Projets proches déjà financés" in shown
    assert f"/projets-finances/{project.id}" in shown
    token, version = (
        browser.csrf(url),
        re.findall(r'name="version"[^>]*value="([^"]+)"', browser.get(url).get_data(as_text=True)),
    )
    typed = {
        "csrf_token": token,
        "version": version[0],
        "close_projects": "Le nôtre, et",
        "carrier_name": "Moi",
        "cite": str(project.id),
    }

    page = browser.post(url, data=typed).get_data(as_text=True)

    assert "Le nôtre, et\n« Réparer &lt;b&gt;tout&lt;/b&gt; »" in page.replace("\r", "")
    assert 'value="Moi"' in page
    db.session.expire_all()
    assert db.session.get(Application, draft.id).close_projects == "Le nôtre."
    for wrong in ("x", str(draft.id)):
        assert browser.post(url, data={**typed, "cite": wrong}).status_code == 404


def test_a_submitted_dossier_suggests_nothing_more(past, client_for):
    lead = make_account(Role.APPLICANT)
    publish(past)
    submitted = make_application(lead=lead, status=S.SUBMITTED, title="Réparer les ordinateurs")

    assert "Projets proches" not in client_for(lead).get(f"/dossiers/{submitted.id}").get_data(as_text=True)
