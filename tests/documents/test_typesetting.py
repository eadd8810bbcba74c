import datetime as dt
import hashlib
import io
from zoneinfo import ZoneInfo

import pikepdf
import pytest

from guichet.documents.typesetting import typeset
from tests.factories.pdf import text_of

# As the database may give it back: in another zone, to the microsecond.
AT = dt.datetime(2026, 11, 23, 14, 5, 0, 123_456, tzinfo=ZoneInfo("Europe/Paris"))


def receipt(**changed):
    data = {
        "title": "Accusé de réception",
        "description": "Accusé du dépôt",
        "footer": "Dossier NER-2026-0001",
        "service": {"name": "Guichet", "purpose": "Financer", "contact": "contact@exemple.example"},
        "addressee": ["Ministère des Essais", "Camille Agent"],
        "dated": "Le 23 novembre 2026",
        "facts": [["Numéro", "NER-2026-0001"]],
        "sha256": "a" * 64,
        "verification": "https://guichet.example/verification",
        "attachments": [],
        "next": ["Le dossier est examiné."],
        **changed,
    }
    return typeset("receipt", at=AT, **data)


def test_typeset_gives_the_same_bytes_for_the_same_data():
    first, second = receipt(), receipt()

    assert hashlib.sha256(first).hexdigest() == hashlib.sha256(second).hexdigest()
    assert first != receipt(dated="Le 24 novembre 2026")


def test_typeset_makes_a_tagged_french_document_with_a_title_and_its_date():
    with pikepdf.open(io.BytesIO(receipt())) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "fr-FR"
        assert pdf.Root.StructTreeRoot is not None
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        metadata = pdf.open_metadata()
        assert metadata["pdfuaid:part"] == "1"
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "A")
        assert metadata["dc:title"] == "Accusé de réception"
        assert metadata["xmp:CreateDate"].startswith("2026-11-23T13:05")


@pytest.mark.parametrize(("state", "told"), [(True, True), (False, False)])
def test_typeset_heads_the_document_by_the_ministry_and_by_the_republic_where_the_brand_is_the_state_s(state, told):
    text = text_of(receipt(block={"state": state, "lines": ["Ministère des Essais", "Direction du numérique"]}))

    assert text.index("Ministère des Essais") < text.index("Direction du numérique") < text.index("Financer")
    assert ("RÉPUBLIQUE" in text, "Fraternité" in text) == (told, told)


def test_typeset_numbers_its_pages_and_shows_the_facts():
    text = text_of(receipt(attachments=[{"name": "a.pdf", "kind": "Lettre", "size": "1 ko", "sha256": "b" * 64}] * 40))

    assert "Page 1 sur" in text
    assert "Page 3 sur 3" in text
    assert "Numéro : NER-2026-0001" in text
    assert "a.pdf (Lettre, 1 ko)" in text


@pytest.mark.parametrize(
    "typed",
    ["#panic()", "*gras* _penché_", "$x^2$", '#include "/etc/passwd"', "<label> @ref", "= Titre", "// rien", "\\u{41}"],
)
def test_typeset_prints_what_people_typed_and_runs_none_of_it(typed):
    assert f"Titre : {typed}" in text_of(receipt(facts=[["Titre", typed]]))


def test_typeset_prints_a_substitute_for_what_no_font_draws():
    text = text_of(receipt(facts=[["Titre", "Réemploi 😀 日本 ﷺ, 12 t CO₂ évitées — « œuvre »"]]))

    assert "Titre : Réemploi □ □□ □, 12 t CO₂ évitées — « œuvre »" in text


def test_typeset_drops_the_marks_that_would_turn_the_text_round():
    assert "Titre : abcdef" in text_of(receipt(facts=[["Titre", "abc\u202edef\u2066"]]))
