"""« Mes dossiers »: found by words, narrowed and sorted from the address; nothing of others' shows, not even in a count."""

import datetime as dt
from decimal import Decimal

import pytest

from guichet.accounts.models import Account, Role
from guichet.applications import listing, queries
from guichet.applications.listing import Part, Wanted
from guichet.applications.models import Application, ApplicationStatus, Recusal, TeamMember, TeamRole
from guichet.core import clock
from guichet.core.db import db
from tests.applications.page_reader import read
from tests.factories.accounts import make_account
from tests.factories.applications import make_application
from tests.factories.calls import make_call

S = ApplicationStatus


@pytest.fixture
def lead(session) -> Account:
    return make_account(Role.APPLICANT)


def found(actor: Account, **wanted) -> list[str]:
    rows = listing.listed(queries.mine(actor), Wanted(**wanted), actor=actor)
    return [application.title for application in db.session.scalars(rows)]


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        ("ÉCRANS", ["Réemploi des écrans à 100 %"]),
        ("ecran", ["Réemploi des écrans à 100 %"]),
        ("réparation", ["Réemploi des écrans à 100 %"]),
        ("réparer", ["Réemploi des écrans à 100 %"]),
        ("obsolescences", ["Écoconception"]),
        ("2026-0042", ["Écoconception"]),
        ("conceptio", ["Écoconception"]),
        ("100 %", ["Réemploi des écrans à 100 %"]),
        # A wildcard is a character like another.
        ("%crans%", []),
        ("écrans -réparation", []),
        ("'); --", []),
        ("& | ! <->", []),
    ],
)
def test_words_are_found_in_titles_references_and_texts(lead, words, titles):
    make_application(lead=lead, title="Réemploi des écrans à 100 %", summary="Un atelier de réparations.")
    make_application(
        lead=lead,
        status=S.SUBMITTED,
        reference="NUM-2026-0042",
        title="Écoconception",
        summary="Des sites sobres.",
        problem="Leur obsolescence.",
        solution="",
    )

    assert found(lead, words=words) == titles


def test_each_filter_narrows(lead):
    call = make_call()
    colleague = make_account(Role.APPLICANT, organisation=lead.organisation)
    mine = make_application(lead=lead, call=call, title="À moi")
    joined = make_application(lead=colleague, status=S.SUBMITTED, title="À deux")
    joined.submitted_at = dt.datetime(2024, 12, 31, 23, 30, tzinfo=dt.UTC)
    db.session.add(TeamMember(application_id=joined.id, account_id=lead.id, role=TeamRole.EDITOR))
    db.session.flush()

    assert found(lead, status=S.DRAFT) == ["À moi"]
    assert found(lead, call_id=call.id) == ["À moi"]
    assert found(lead, part=Part.LEAD) == ["À moi"]
    assert found(lead, part=Part.EDITOR) == ["À deux"]
    assert found(lead, part=Part.FOCAL_POINT) == []
    # In Paris the year had turned.
    assert found(lead, year=2025) == ["À deux"]
    assert queries.tally(queries.mine(lead), listing.YEAR)[1] == [clock.today().year, 2025]
    focal_point = make_account(Role.FOCAL_POINT, organisation=lead.organisation)
    assert set(found(focal_point, part=Part.FOCAL_POINT)) == {mine.title, joined.title}


def test_each_order(lead):
    now = clock.now()
    for title, days, amount, saved in (("b", 3, 10, 3), ("A", 1, 30, 2), ("c", 2, 20, 1)):
        make_application(
            lead=lead,
            title=title,
            call=make_call(closes_at=now + dt.timedelta(days=days)),
            total_cost=Decimal(100),
            amount_requested=Decimal(amount),
            saved_at=now - dt.timedelta(hours=saved),
        )

    orders = {"titre": "A b c", "cloture": "A c b", "montant": "b c A", "enregistrement": "b A c"}
    for sort, order in orders.items():
        assert found(lead, sort=sort) == order.split()
        assert found(lead, sort=f"-{sort}") == order.split()[::-1]
    assert found(lead) == ["c", "A", "b"]


def test_the_address_carries_filters_and_order_and_tags_take_them_away(client_for, lead):
    call = make_call(title="Vague")
    make_application(lead=lead, call=call, title="Réparer les écrans")
    make_application(lead=lead, title="Autre chose")
    year = clock.today().year

    answer = client_for(lead).get(f"/dossiers?mots=ecran&role=porteur&annee={year}&appel={call.id}&tri=-titre")

    page, html = read(answer), answer.get_data(as_text=True)
    assert "Réparer les écrans" in page.text
    assert "Autre chose" not in page.text
    for tag in ("Mon rôle : Porteur", f"Année : {year}", "Appel à projets : Vague"):
        assert f"Retirer le filtre {tag}" in page.text
    assert 'aria-sort="descending"' in html
    assert page.fields["tri"] == "-titre"


@pytest.mark.parametrize(
    "query", ["role=roi", "annee=²", "annee=999999999999", "tri=--titre", "tri=%00", "mots=%00", "mots=" + "é" * 5000]
)
def test_a_filter_that_makes_no_sense_filters_nothing(client_for, lead, query):
    make_application(lead=lead, title="Toujours là")

    answer = client_for(lead).get(f"/dossiers?{query}")

    assert answer.status_code in {200, 422}
    assert "Toujours là" in read(answer).text


@pytest.fixture
def hidden(lead) -> list[Application]:
    """Dossiers of one's own ministry and call that one may not see, and another ministry's."""
    call = make_call(title="Appel secret")
    recused = make_application(lead=lead, call=call, title="Réparer, déporté", reference="SECRET-1", status=S.SUBMITTED)
    db.session.add(Recusal(application_id=recused.id, account_id=lead.id, reason="Conflit"))
    beside = make_account(Role.APPLICANT, organisation=lead.organisation)
    rows = [
        recused,
        make_application(lead=beside, title="Réparer, d’à côté"),
        make_application(title="Réparer, ailleurs"),
    ]
    for row in rows:
        row.created_at = dt.datetime(2019, 6, 1, tzinfo=dt.UTC)
    recused.submitted_at = dt.datetime(2019, 6, 1, tzinfo=dt.UTC)
    db.session.flush()
    return rows


@pytest.mark.parametrize(
    "query", ["", "?mots=reparer", "?mots=SECRET-1", "?role=porteur", "?annee=2019", "?tri=montant", "?etat=submitted"]
)
def test_nothing_hidden_shows_in_searches_lists_counts_or_choices(client_for, lead, hidden, query):
    make_application(lead=lead, title="Le mien", summary="Réparer.")

    text = read(client_for(lead).get(f"/dossiers{query}")).text

    for secret in ("déporté", "d’à côté", "ailleurs", "Appel secret", "2019", "Déposé : 1"):
        if not (secret == "2019" and "annee" in query):
            assert secret not in text.replace("Mots du dossier", "")
    assert "2 dossiers" not in text


def test_a_long_list_costs_what_a_short_one_does(client_for, lead, statements):
    browser = client_for(lead)
    counts = []
    for number in (1, 40):
        for index in range(number):
            make_application(lead=lead, title=f"Réparer {index}", status=list(S)[index % len(S)], call=make_call())
        for query in ("", "?mots=reparer&role=porteur&tri=-montant"):
            db.session.commit()
            db.session.expunge_all()
            statements.clear()
            page = read(browser.get(f"/dossiers{query}"))
            counts.append(len(statements))
            assert page.elements <= 380, (number, query, page.elements)
    assert counts[:2] == counts[2:]
    assert max(counts) <= 8
