"""What everybody reads of calls."""

import datetime as dt

import pytest

from guichet.accounts.models import Role
from guichet.calls.models import AttachmentKind, CallStatus
from guichet.core import clock
from tests.factories.accounts import make_account
from tests.factories.calls import make_call, make_priority_action


def test_list_shows_open_then_coming_then_past(client_for):
    now = clock.now()
    make_call(title="Passé", status=CallStatus.CLOSED, closes_at=now - dt.timedelta(days=1))
    make_call(title="Bientôt clos", closes_at=now + dt.timedelta(days=2))
    make_call(title="À venir", status=CallStatus.PUBLISHED, opens_at=now + dt.timedelta(days=5))
    make_call(title="Ouvert longtemps", closes_at=now + dt.timedelta(days=9))
    make_call(title="Secret", status=CallStatus.DRAFT)

    text = client_for().get("/appels").get_data(as_text=True)

    titles = ["Bientôt clos", "Ouvert longtemps", "À venir</a>", "Passé</a>"]
    assert sorted(titles, key=text.index) == titles
    assert "Secret" not in text


@pytest.mark.parametrize(("state", "shown"), [("ouverts", "Alpha"), ("a-venir", "Beta"), ("passes", "Gamma")])
def test_list_filters_by_state(client_for, state, shown):
    make_call(title="Alpha")
    make_call(title="Beta", status=CallStatus.PUBLISHED)
    make_call(title="Gamma", status=CallStatus.ARCHIVED)

    text = client_for().get(f"/appels?etat={state}").get_data(as_text=True)

    assert [title for title in ("Alpha", "Beta", "Gamma") if f">{title}</a>" in text] == [shown]


def test_list_filters_by_priority_action(client_for):
    reuse = make_priority_action("Réemploi systématique")
    make_call(title="Alpha", priority_actions=[reuse])
    make_call(title="Beta")

    text = client_for().get(f"/appels?action={reuse.code}").get_data(as_text=True)

    assert ">Alpha</a>" in text
    assert ">Beta</a>" not in text


@pytest.mark.parametrize(
    "query", ["etat=zzz", "action=zzz", "page=-3", "page=abc", "page=99999999999999999999", "etat=%00"]
)
def test_list_ignores_a_filter_it_does_not_know(client_for, query):
    make_call(title="Alpha")

    answer = client_for().get(f"/appels?{query}")

    assert answer.status_code == 200
    assert ">Alpha</a>" in answer.get_data(as_text=True)


def test_list_says_when_it_is_empty(client_for):
    make_call()

    text = client_for().get("/appels?etat=passes").get_data(as_text=True)

    assert "Aucun appel" in text
    assert "Voir tous les appels" in text


def test_list_has_pages_of_twenty_with_the_filters_kept(client_for, statements):
    for _ in range(21):
        make_call()
    client = client_for()
    statements.clear()

    text = client.get("/appels?etat=ouverts").get_data(as_text=True)

    assert text.count('class="gu-card"') == 20
    assert "21 appels, page 1 sur 2" in text
    assert "/appels?etat=ouverts&amp;page=2" in text
    assert len(statements) <= 4


def test_page_tells_what_an_applicant_needs(client_for):
    call = make_call(
        title="Numérique écoresponsable",
        opens_at=dt.datetime(2026, 11, 1, 8, tzinfo=dt.UTC),
        closes_at=dt.datetime(2100, 1, 15, 13, tzinfo=dt.UTC),
        time_zone="Indian/Reunion",
        contact_email="guichet@etat.example",
        attachment_kinds=[AttachmentKind(position=1, label="Lettre d’engagement", required=True)],
    )

    text = client_for().get(f"/appels/{call.slug}").get_data(as_text=True).replace("\xa0", " ").replace("\u202f", " ")

    assert "15 janvier 2100 à 17 h 00 (heure de La Réunion)" in text
    assert "500 000 €" in text
    assert "De 25 000 € à 250 000 €" in text
    assert "50 % du coût total" in text
    assert "0 à 4" in text
    assert "Lettre d’engagement (obligatoire)" in text
    assert "mailto:guichet@etat.example" in text
    assert f"/appels/{call.slug}/dossier" in text


def test_page_hides_prepared_awards_from_the_envelope(client_for, session):
    call = make_call(envelope=500_000)
    call.envelope_left -= 120_000

    text = client_for().get(f"/appels/{call.slug}").get_data(as_text=True).replace("\u202f", " ")

    assert "500 000\xa0€" in text
    assert "380 000" not in text


@pytest.mark.parametrize(
    ("status", "opens_in", "closes_in"),
    [(CallStatus.PUBLISHED, 3, 9), (CallStatus.OPEN, -9, -1), (CallStatus.CLOSED, -9, -1)],
)
def test_page_offers_no_deposit_outside_the_window(client_for, status, opens_in, closes_in):
    now = clock.now()
    call = make_call(
        status=status, opens_at=now + dt.timedelta(days=opens_in), closes_at=now + dt.timedelta(days=closes_in)
    )

    text = client_for(make_account(Role.APPLICANT)).get(f"/appels/{call.slug}").get_data(as_text=True)

    assert "Déposer un dossier" not in text
    assert ("À venir" if status is CallStatus.PUBLISHED else "Clos") in text


def test_page_needs_few_statements_and_elements(client_for, statements):
    call = make_call(attachment_kinds=[AttachmentKind(position=n, label=f"Pièce {n}") for n in range(5)])
    url = f"/appels/{call.slug}"
    client = client_for(make_account(Role.APPLICANT))
    client.get(url)
    statements.clear()

    text = client.get(url).get_data(as_text=True)

    assert len(statements) <= 5
    assert text.count("<") - text.count("</") < 380


@pytest.mark.parametrize("role", [None, *Role])
def test_draft_is_seen_by_those_who_prepare_or_audit_it(client_for, role):
    call = make_call(status=CallStatus.DRAFT)
    account = make_account(role) if role else None

    answer = client_for(account).get(f"/appels/{call.slug}")

    assert answer.status_code == (200 if role in {Role.OFFICER, Role.ADMIN, Role.AUDITOR} else 404)


@pytest.mark.parametrize("slug", ["inconnu", "..%2F..", "é", "a" * 5000, "%00"])
def test_unknown_call_is_not_found(client_for, slug):
    assert client_for().get(f"/appels/{slug}").status_code == 404
