"""Files of cells: the kinds that are taken, as values; what is hostile is refused and never opened further."""

import io
import zipfile
from decimal import Decimal

import pytest
from openpyxl import Workbook

from guichet.core.errors import RuleBroken
from guichet.documents import spreadsheets

ROWS = [["Poste", "Dépense"], ["Matériel", Decimal("1234.50")], ["Autre", 3]]
READ = [["Poste", "Dépense"], ["Matériel", "1234,50"], ["Autre", "3"]]


def xlsx(fill) -> bytes:
    book = Workbook()
    fill(book.active)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def repacked(content: bytes, **parts: bytes) -> bytes:
    """The same archive with some of its parts written otherwise."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            found = next((parts[name] for name in parts if entry.filename.endswith(name.replace("__", "."))), None)
            kind = zipfile.ZIP_STORED if entry.filename == "mimetype" else zipfile.ZIP_DEFLATED
            new.writestr(entry.filename, old.read(entry) if found is None else found, kind)
    return file.getvalue()


def refusal(content: bytes, name: str) -> str:
    with pytest.raises(RuleBroken) as refused:
        spreadsheets.read(io.BytesIO(content), name)
    assert refused.value.field == "file"
    return refused.value.message


@pytest.mark.parametrize("kind", ["csv", "xlsx", "ods"])
def test_each_kind_is_written_and_read(kind):
    content = spreadsheets.write(kind, {"Un": ROWS, "Deux": [["caché"]]})

    assert spreadsheets.read(io.BytesIO(content), f"Mon budget.{kind.upper()}") == READ


def test_cells_are_typed():
    content = spreadsheets.write("ods", {"Un": ROWS})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.infolist()[0].filename == "mimetype"
        assert 'office:value-type="float" office:value="1234.50"' in archive.read("content.xml").decode()
    with zipfile.ZipFile(io.BytesIO(spreadsheets.write("xlsx", {"Un": ROWS}))) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        assert "1234.5" in sheet
        assert "<f>" not in sheet


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_text_of_any_spreadsheet_is_read(encoding):
    content = "Poste;Dépense\nMatériel;1234,50\n\nAutre;3\n\n\n".encode(encoding)

    assert spreadsheets.read(io.BytesIO(content), "b.csv") == [*READ[:2], [], READ[2]]


def test_a_formula_counts_for_the_value_that_was_kept():
    book = xlsx(lambda sheet: sheet.append(["=1+1", 5]))

    # Written by a program that never computed it: there is no value.
    assert spreadsheets.read(io.BytesIO(book), "b.xlsx") == [["", "5"]]
    ods = spreadsheets.write("ods", {"Un": [[7]]})
    with zipfile.ZipFile(io.BytesIO(ods)) as archive:
        text = archive.read("content.xml").replace(b"office:value=", b'table:formula="of:=SHELL()" office:value=')
    assert spreadsheets.read(io.BytesIO(repacked(ods, content__xml=text)), "b.ods") == [["7"]]


def test_a_cell_at_the_end_of_the_world_takes_no_memory():
    far = xlsx(lambda sheet: (sheet.cell(1, 1, "Poste"), sheet.cell(1_048_576, 16_384, "loin")))
    assert spreadsheets.read(io.BytesIO(far), "b.xlsx") == [["Poste"]]

    ods = spreadsheets.write("ods", {"Un": [["Poste"], ["fin"]]})
    with zipfile.ZipFile(io.BytesIO(ods)) as archive:
        text = archive.read("content.xml").replace(
            b"<table:table-row>", b'<table:table-row table:number-rows-repeated="1000000000">'
        )
    assert "plus de 1000 lignes" in refusal(repacked(ods, content__xml=text), "b.ods")


def test_a_long_table_is_refused():
    long = spreadsheets.write("csv", {"Un": [["x"]] * 1_001})

    assert "plus de 1000 lignes" in refusal(long, "b.csv")


def test_a_bomb_is_refused():
    bomb = repacked(spreadsheets.write("xlsx", {"Un": ROWS}), sheet1__xml=b" " * 11_000_000)

    assert "place démesurée" in refusal(bomb, "b.xlsx")


def test_entities_are_refused():
    hostile = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    for kind, part in (("ods", "content__xml"), ("xlsx", "sheet1__xml")):
        content = spreadsheets.write(kind, {"Un": ROWS})
        assert "ne peut pas être lu" in refusal(repacked(content, **{part: hostile}), f"b.{kind}")


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"%PDF-1.7 %%EOF", "b.pdf", "Choisissez un fichier CSV, XLSX ou ODS."),
        (b"PK\x03\x04 rien", "b.xlsx", "n’est pas celui d’un fichier XLSX"),
        (b"PK\x03\x04 rien", "b.ods", "n’est pas celui d’un fichier ODS"),
        (b"\x00\x01\x02", "b.csv", "n’est pas celui d’un fichier CSV"),
        (b"", "b.csv", "est vide"),
        (b"a;b\n" * 300_000, "b.csv", "pèse 1\u00a0Mo au plus"),
        (spreadsheets.write("ods", {"Un": ROWS}), "b.xlsx", "n’est pas celui d’un fichier XLSX"),
        (repacked(spreadsheets.write("ods", {"Un": ROWS}), content__xml=b"<a"), "b.ods", "ne peut pas être lu"),
        (repacked(spreadsheets.write("xlsx", {"Un": ROWS}), sheet1__xml=b"<a"), "b.xlsx", "ne peut pas être lu"),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_do(content, name, told):
    assert told in refusal(content, name)
