"""The pages where a call's grid, attachments, documents and envelope are written."""

import datetime as dt
import io
from decimal import Decimal

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Role
from guichet.calls.models import AttachmentKind, CallDocument, CallStatus, Criterion, EnvelopeMovement, MovementKind
from guichet.core import clock
from guichet.core.db import db
from tests.factories import files
from tests.factories.accounts import make_account
from tests.factories.calls import make_call

S = CallStatus


@pytest.fixture
def officer(session):
    return make_account(Role.OFFICER)


@pytest.fixture
def draft(session):
    now = clock.now()
    return make_call(status=S.DRAFT, slug="brouillon", opens_at=now + dt.timedelta(days=1))


def text_of(answer):
    return answer.get_data(as_text=True).replace("\xa0", " ").replace("\u202f", " ")


def elements(text):
    return text.count("<") - text.count("</")


# Grid, attachments, documents


def grid_of(call):
    rows = sa.select(Criterion).where(Criterion.call_id == call.id).order_by(Criterion.position)
    return [line.title for line in db.session.scalars(rows)]


def test_officer_writes_the_grid(client_for, officer, draft):
    client, url = client_for(officer), "/instruction/appels/brouillon/criteres"
    typed = {"title": "Retour budgétaire", "weight": "1,5", "highest_mark": "4", "applicability": "always"}

    client.send(f"{url}/nouveau", typed)
    new = db.session.scalars(sa.select(Criterion).where(Criterion.title == "Retour budgétaire")).one()
    path = f"{url}/{new.id}"
    assert (new.weight, new.position) == (Decimal("1.50"), 3)

    client.send(path, {**typed, "title": "Retour", "applicability": "digital_service"})
    assert grid_of(draft) == ["Impacts évités", "Portage", "Retour"]

    client.send(f"{path}/deplacement", {"sens": "haut"}, form_at=url)
    assert grid_of(draft) == ["Impacts évités", "Retour", "Portage"]

    client.send(f"{path}/deplacement", {"sens": "bas"}, form_at=url)
    answer = client.send(f"{path}/suppression")
    assert (answer.status_code, answer.location) == (303, url)
    assert grid_of(draft) == ["Impacts évités", "Portage"]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"weight": "0"}, "Écrivez un nombre entre"),
        ({"weight": "101"}, "Écrivez un nombre entre"),
        ({"weight": "lourd"}, "Écrivez un nombre"),
        ({"highest_mark": "21"}, "Écrivez un nombre entre 1 et 20."),
        ({"applicability": "jamais"}, "Choisissez une valeur de la liste."),
        ({"title": "x" * 10_000}, "200 caractères au plus."),
    ],
)
def test_wrong_criterion_is_refused(client_for, officer, draft, typed, message):
    url = "/instruction/appels/brouillon/criteres/nouveau"
    valid = {
        "title": "Neuf",
        "weight": "1",
        "highest_mark": "4",
        "applicability": "always",
        "description": "Gardez-moi",
    }

    answer = client_for(officer).send(url, {**valid, **typed})

    assert answer.status_code == 422
    assert message in text_of(answer)
    assert "Gardez-moi" in text_of(answer)


@pytest.mark.parametrize("path", ["criteres/{id}", "criteres/{id}/suppression", "pieces/{id}/suppression"])
def test_line_of_another_call_is_not_found(client_for, officer, draft, path):
    stranger = make_call(status=S.DRAFT).criteria[0].id

    assert client_for(officer).get(f"/instruction/appels/brouillon/{path.format(id=stranger)}").status_code == 404


def test_full_grid_stays_a_light_page(client_for, officer, statements):
    make_call(
        status=S.DRAFT,
        slug="pleine",
        criteria=[Criterion(position=n, title=f"Critère {n}", weight=Decimal(1)) for n in range(15)],
    )
    client = client_for(officer)
    client.get("/instruction/appels/pleine/criteres")
    statements.clear()

    text = text_of(client.get("/instruction/appels/pleine/criteres"))

    assert elements(text) <= 380
    assert len(statements) <= 3


def test_officer_lists_the_attachments(client_for, officer, draft):
    client, url = client_for(officer), "/instruction/appels/brouillon/pieces"

    client.send(url, {"label": "Devis", "required": "y"})
    twice = client.send(url, {"label": "Devis"})

    kind = db.session.scalars(sa.select(AttachmentKind)).one()
    assert (kind.label, kind.required) == ("Devis", True)
    assert twice.status_code == 422
    assert "Cette pièce est déjà demandée." in text_of(twice)
    client.send(f"{url}/{kind.id}/suppression")
    assert db.session.scalars(sa.select(AttachmentKind)).all() == []


def upload(name="reglement.pdf", content=files.PDF, label="Règlement"):
    return {"label": label, "file": (io.BytesIO(content), name)}


def test_document_is_offered_to_everybody_once_the_call_is_public(client_for, officer, draft):
    client, url = client_for(officer), "/instruction/appels/brouillon/documents"
    client.send(url, upload())
    offered = db.session.scalars(sa.select(CallDocument)).one()
    address = f"/appels/brouillon/documents/{offered.id}"

    with client.get(address) as own:
        assert own.data == files.PDF
    assert client_for().get(address).status_code == 404
    draft.status = S.PUBLISHED
    with client_for().get(address) as public:
        assert public.status_code == 200
        assert public.headers["Content-Disposition"].startswith("attachment")
    assert "Règlement" in text_of(client_for().get("/appels/brouillon"))
    other = make_call(slug="autre").slug
    assert client_for().get(f"/appels/{other}/documents/{offered.id}").status_code == 404


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (lambda: upload("malin.pdf", files.EXE), "n’est pas celui d’un fichier PDF"),
        (lambda: upload("programme.exe", files.EXE), "Ce format n’est pas accepté."),
        (lambda: upload(content=b""), "vide"),
        (lambda: upload(label=""), "Ce champ est obligatoire."),
        (lambda: {"label": "Règlement"}, "Choisissez un fichier."),
    ],
)
def test_wrong_document_is_refused(client_for, officer, draft, sent, message):
    answer = client_for(officer).send("/instruction/appels/brouillon/documents", sent())

    assert answer.status_code == 422
    assert message in text_of(answer)
    assert db.session.scalars(sa.select(CallDocument)).all() == []


def test_document_is_removed_from_a_draft(client_for, officer, draft):
    client, url = client_for(officer), "/instruction/appels/brouillon/documents"
    client.send(url, upload())
    offered = db.session.scalars(sa.select(CallDocument)).one()

    client.send(f"{url}/{offered.id}/suppression")

    assert db.session.scalars(sa.select(CallDocument)).all() == []


# Envelope


def test_finance_freezes_and_thaws(client_for):
    call = make_call(slug="ouvert")
    client, url = client_for(make_account(Role.FINANCE)), "/instruction/appels/ouvert/enveloppe"

    client.send(url, {"kind": "freeze", "amount": "100 000,50", "reason": "Gel de précaution"})
    answer = client.send(url, {"kind": "thaw", "amount": "0,01", "reason": "x"})

    assert answer.status_code == 422
    assert "Écrivez un nombre d’au moins 1." in text_of(answer)
    assert call.envelope_left == Decimal("399999.50")
    shown = text_of(client.get(url))
    assert "Gel de précaution" in shown
    assert "-100 000,50 €" in shown
    assert "100 000,50 €" in shown


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"amount": "500 001"}, "Il reste 500 000 € dans l’enveloppe de l’appel."),
        ({"kind": "thaw"}, "Le gel en cours est de 0 €"),
        ({"kind": "award"}, "Choisissez une valeur de la liste."),
        ({"kind": ""}, "Ce champ est obligatoire."),
        ({"amount": "-5"}, "Écrivez un nombre d’au moins 1."),
        ({"amount": "Infinity"}, "Écrivez un nombre"),
        ({"reason": " "}, "Ce champ est obligatoire."),
        ({"reason": "x" * 501}, "500 caractères au plus."),
    ],
)
def test_wrong_movement_is_refused(client_for, typed, message):
    call = make_call(slug="ouvert")

    answer = client_for(make_account(Role.FINANCE)).send(
        "/instruction/appels/ouvert/enveloppe", {"kind": "freeze", "amount": "1000", "reason": "Essai", **typed}
    )

    assert answer.status_code == 422
    assert message in text_of(answer)
    assert call.envelope_left == 500_000


@pytest.mark.parametrize("role", [Role.CHAIR, Role.COMMITTEE, Role.AUDITOR])
def test_reader_of_the_ledger_writes_nothing(client_for, role):
    call = make_call(slug="ouvert")
    client, url = client_for(make_account(role)), "/instruction/appels/ouvert/enveloppe"

    assert "Écrire un mouvement" not in text_of(client.get(url))
    assert client.post(url, data={"kind": "freeze", "amount": "1", "reason": "x"}).status_code == 403
    assert call.envelope_left == 500_000


@pytest.mark.parametrize("role", [Role.ADMIN, Role.OFFICER])
def test_who_prepares_a_call_declares_its_first_envelope_and_nothing_more(client_for, role):
    make_call(slug="brouillon", status=CallStatus.DRAFT)
    make_call(slug="ouvert")
    client, base = client_for(make_account(role)), "/instruction/appels"

    first = client.send(f"{base}/brouillon/enveloppe", {"kind": "opening", "amount": "1000", "reason": "Dotation"})
    frozen = client.send(f"{base}/brouillon/enveloppe", {"kind": "freeze", "amount": "1", "reason": "x"})
    token = {"csrf_token": client.csrf(f"{base}/brouillon/enveloppe")}
    late = client.post(f"{base}/ouvert/enveloppe", data={**token, "kind": "opening", "amount": "1", "reason": "x"})

    assert (first.status_code, frozen.status_code, late.status_code) == (303, 422, 403)
    assert "Choisissez une valeur de la liste." in text_of(frozen)
    assert "Écrire un mouvement" not in text_of(client.get(f"{base}/ouvert/enveloppe"))


def test_ledger_has_pages_and_asks_little(client_for, statements):
    call, author = make_call(slug="ouvert"), make_account(Role.FINANCE)
    for _ in range(45):
        db.session.add(
            EnvelopeMovement(
                call_id=call.id, kind=MovementKind.THAW, amount=Decimal(1), reason="Essai", author_id=author.id
            )
        )
    client = client_for(author)
    client.get("/instruction/appels/ouvert/enveloppe")
    statements.clear()

    text = text_of(client.get("/instruction/appels/ouvert/enveloppe"))

    assert "46 mouvements, page 1 sur 3" in text
    assert elements(text) <= 380
    assert len(statements) <= 5
