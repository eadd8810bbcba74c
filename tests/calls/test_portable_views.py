"""Taking a call out as a file, bringing one in, copying one."""

import io

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.calls import portable, queries
from guichet.calls.models import AttachmentKind, Call, CallStatus
from guichet.calls.services import configuration_of
from guichet.calls.views.managing import PARTS
from guichet.core.db import db
from tests.factories.accounts import make_account, make_ministry
from tests.factories.calls import make_call

IMPORT = "/instruction/appels/importation"
COPY = {"title": "Copie", "code": "copie-1", "opens_at": "2027-01-04T08:00", "closes_at": "2027-03-31T17:00"}


@pytest.fixture
def officer(session):
    return make_account(Role.OFFICER)


@pytest.fixture
def model(session):
    return make_call(
        slug="modele",
        organisations=[make_ministry()],
        applicant_kinds=["ministry"],
        attachment_kinds=[AttachmentKind(position=1, label="Lettre", required=True)],
    )


def said_by(slug):
    return configuration_of(queries.by_slug(slug, *PARTS), actor=make_account(Role.OFFICER))


def imported(code):
    return db.session.scalar(sa.select(Call).where(Call.code == code))


def test_what_is_exported_is_imported_as_a_draft(client_for, officer, model):
    client = client_for(officer)
    answer = client.get("/instruction/appels/modele/configuration.yaml")
    text = answer.get_data(as_text=True).replace(f"code: {model.code}", "code: NEUF-1")

    sent = client.send(IMPORT, {"file": (io.BytesIO(text.encode()), "appel.yaml")})

    assert sent.status_code == 303
    call = imported("NEUF-1")
    assert (call.status, call.envelope_left) == (CallStatus.DRAFT, 0)
    assert portable.dump(said_by(call.slug)) == text


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("", "", "un autre appel a déjà le code"),
        ("montant_minimal: ", "montant_minimal: .nan #", "« montant_minimal » attend un nombre"),
        ("organisations:\n", "organisations:\n    - Royaume\n", "le guichet ne connaît pas « Royaume »"),
    ],
)
def test_a_file_that_makes_no_call_is_kept_with_its_faults(client_for, officer, model, before, after, told):
    client = client_for(officer)
    text = client.get("/instruction/appels/modele/configuration.yaml").get_data(as_text=True)

    answer = client.send(IMPORT, {"text": text.replace(before, after, 1) if before else text})

    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert told in page
    assert "ligne " in page
    assert "format: 1" in page


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"a" * 400_001, b"\x00", b"[" * 5000, b"- &a [*a]"])
def test_a_hostile_file_is_refused(client_for, officer, content):
    answer = client_for(officer).send(IMPORT, {"file": (io.BytesIO(content), "appel.yaml")})

    assert answer.status_code == 422


def test_a_copy_takes_the_rules_and_nothing_else(client_for, officer, model):
    answer = client_for(officer).send("/instruction/appels/modele/copie", COPY)

    assert answer.status_code == 303
    copied, before = said_by("copie"), said_by("modele")
    assert (copied.title, copied.code) == ("Copie", "COPIE-1")
    assert (copied.criteria, copied.attachments, copied.organisations) == (
        before.criteria,
        before.attachments,
        before.organisations,
    )
    assert imported("COPIE-1").envelope_left == 0


@pytest.mark.parametrize("typed", [{"title": ""}, {"opens_at": ""}, {"closes_at": "2026-01-01T00:00"}, {"code": "é"}])
def test_a_copy_asks_for_its_own_title_code_and_dates(client_for, officer, model, typed):
    assert client_for(officer).send("/instruction/appels/modele/copie", {**COPY, **typed}).status_code == 422


@pytest.mark.parametrize("address", [IMPORT, "/instruction/appels/modele/copie"])
@pytest.mark.parametrize("role", [Role.FINANCE, Role.AUDITOR, Role.APPLICANT])
def test_only_who_creates_calls_brings_one_in(client_for, model, role, address):
    assert client_for(make_account(role)).get(address).status_code == 403


def test_an_officer_of_one_call_reads_it_but_creates_none(client_for, session, model):
    officer = make_account(Role.OFFICER, call_id=model.id)
    client = client_for(officer)

    assert client.get("/instruction/appels/modele/configuration.yaml").status_code == 200
    assert client.get("/instruction/appels/modele/copie").status_code == 403
