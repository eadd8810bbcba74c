"""Putting right a published call: its words and documents, with a reason that everybody reads; never its rules."""

import datetime as dt
import io

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.audit import queries as journal
from guichet.calls import queries
from guichet.calls.models import Call, CallDocument, CallStatus
from guichet.core.db import db
from tests.applications.page_reader import read
from tests.factories import files
from tests.factories.accounts import make_account
from tests.factories.calls import make_call

S = CallStatus
URL = "/instruction/appels/publie/mise-a-jour"
RULES = (
    *("code", "slug", "opens_at", "closes_at", "amount_min", "amount_max", "max_rate", "who_may_apply"),
    *("staff_cost_counted", "endorsement_required", "reviews_required", "applicant_kinds", "one_per_ministry"),
)


@pytest.fixture
def officer(session):
    return make_account(Role.OFFICER)


@pytest.fixture
def call(session):
    return make_call(slug="publie", title="Numérique éco-responsable", summary="Un résumé.", description="Avant.")


def typed(client, **changes):
    return {**read(client.get(URL)).fields.to_dict(), **changes}


def reread():
    return db.session.scalars(
        sa.select(Call).where(Call.slug == "publie").execution_options(populate_existing=True)
    ).one()


def test_a_correction_is_dated_explained_and_kept_in_the_journal(client_for, officer, call, at):
    client = client_for(officer)
    at(dt.datetime(2026, 11, 30, 23, 30, tzinfo=dt.UTC))
    sent = typed(client, title="Numérique écoresponsable", reason="Faute corrigée dans le titre <b>")

    assert client.post(URL, data=sent).status_code == 303

    assert (reread().title, reread().slug) == ("Numérique écoresponsable", "publie")
    text = read(client_for().get("/appels/publie")).text
    assert "Mis à jour le 1er décembre 2026 : Faute corrigée dans le titre <b>" in text
    entry = journal.history_of(call)[0]
    assert (entry.action, entry.actor_id) == ("call.correct", officer.id)
    assert entry.facts["before"] == {"title": "Numérique éco-responsable"}
    page = read(client.get("/instruction/appels/publie")).text
    assert "Textes mis à jour" in page
    assert "Mettre à jour les textes" in page


def test_no_rule_moves_whatever_is_sent(client_for, officer, call):
    client = client_for(officer)
    before = {name: getattr(call, name) for name in RULES}
    forged = {
        "code": "PIRATE",
        "slug": "pirate",
        "opens_at": "2030-01-01T00:00",
        "closes_at": "2031-01-01T00:00",
        "amount_min": "1",
        "amount_max": "9000000",
        "max_rate": "100",
        "who_may_apply": "Moi",
        "reviews_required": "1",
        "status": "draft",
    }

    assert client.post(URL, data=typed(client, summary="Corrigé.", reason="Coquille", **forged)).status_code == 303

    after = reread()
    assert {name: getattr(after, name) for name in RULES} == before
    assert (after.summary, after.status) == ("Corrigé.", S.OPEN)


def test_a_document_is_replaced_in_one_correction(client_for, officer, call):
    client = client_for(officer)
    first = {"file": (io.BytesIO(files.PDF), "reglement.pdf"), "label": "Règlement", "reason": "Règlement ajouté"}
    assert client.post(URL, data=typed(client, **first)).status_code == 303
    [old] = queries.documents_of(call.id)

    second = {
        "file": (io.BytesIO(files.PDF), "reglement-2.pdf"),
        "label": "Règlement corrigé",
        "withdrawn": str(old.id),
        "reason": "Annexe manquante",
    }
    assert client.post(URL, data=typed(client, **second)).status_code == 303

    assert [one.label for one in queries.documents_of(call.id)] == ["Règlement corrigé"]
    text = read(client_for().get("/appels/publie")).text
    assert text.index("Annexe manquante") < text.index("Règlement ajouté")
    assert journal.history_of(call)[0].facts["documents"]["withdrawn"] == ["Règlement"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"summary": "Autre", "reason": ""}, "Ce champ est obligatoire."),
        ({"summary": "Autre", "reason": " \n "}, "Ce champ est obligatoire."),
        ({"title": "", "reason": "x"}, "Ce champ est obligatoire."),
        ({"title": "é" * 5000, "reason": "x"}, "200 caractères au plus"),
        ({"reason": "Pour rien"}, "Rien n’a changé"),
        ({"withdrawn": "pas-un-identifiant", "reason": "x"}, "Choisissez parmi les valeurs de la liste."),
    ],
)
def test_what_is_wrong_is_told_and_nothing_changes(client_for, officer, call, changes, told):
    client = client_for(officer)

    answer = client.post(URL, data=typed(client, **changes))

    assert answer.status_code == 422
    assert told in read(answer).text
    assert read(answer).fields["title"] == changes.get("title", call.title)
    assert (reread().title, reread().summary) == ("Numérique éco-responsable", "Un résumé.")
    assert "Mis à jour" not in read(client_for().get("/appels/publie")).text


@pytest.mark.parametrize(
    ("name", "label", "told"),
    [("virus.exe", "Outil", "virus.exe"), ("reglement.pdf", "", "Donnez au document le nom à afficher.")],
)
def test_a_file_that_is_refused_changes_nothing(client_for, officer, call, name, label, told):
    client = client_for(officer)
    content = files.PDF if name.endswith(".pdf") else b"MZ"

    answer = client.post(
        URL, data=typed(client, file=(io.BytesIO(content), name), label=label, summary="Autre", reason="x")
    )

    assert answer.status_code == 422
    assert reread().summary == "Un résumé."
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CallDocument)) == 0
    assert told in read(answer).text or "Formats acceptés" in read(answer).text


def test_a_document_of_another_call_is_not_withdrawn(client_for, officer, call):
    client = client_for(officer)
    other = make_call(slug="autre")
    sent = {"file": (io.BytesIO(files.PDF), "a.pdf"), "label": "Du voisin", "reason": "Ajout"}
    address = "/instruction/appels/autre/mise-a-jour"
    token = read(client.get(address)).fields.to_dict()
    assert client.post(address, data={**token, **sent}).status_code == 303
    [theirs] = queries.documents_of(other.id)

    assert client.post(URL, data=typed(client, withdrawn=str(theirs.id), reason="x")).status_code == 422
    assert len(queries.documents_of(other.id)) == 1


@pytest.mark.parametrize("role", list(Role))
def test_only_who_manages_the_call_corrects_it(client_for, call, role):
    expected = 200 if role in {Role.OFFICER, Role.ADMIN} else 403

    assert client_for(make_account(role)).get(URL).status_code == expected


def test_a_visitor_signs_in_and_an_officer_of_another_call_is_refused(client_for, call):
    assert client_for().get(URL).location.startswith("/connexion")
    assert client_for(make_account(Role.OFFICER, call_id=make_call().id)).get(URL).status_code == 403


@pytest.mark.parametrize(
    ("status", "expected"), [(S.DRAFT, 403), (S.ARCHIVED, 403), (S.CLOSED, 200), (S.PUBLISHED, 200)]
)
def test_a_draft_is_edited_and_an_archive_is_left_alone(client_for, officer, status, expected):
    make_call(slug="publie", status=status)

    assert client_for(officer).get(URL).status_code == expected
