import io

import pytest

from guichet.core.errors import RuleBroken
from guichet.documents.accepted import FORMATS, LARGEST, clean_name, format_of
from tests.factories import files

TEXT = "Poste;Montant\nMatériel;1 200 €\n"


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("lettre.pdf", files.PDF, "application/pdf"),
        ("LETTRE.PDF", files.PDF, "application/pdf"),
        ("photo.png", files.png(), "image/png"),
        ("photo.jpg", files.JPEG, "image/jpeg"),
        ("photo.jpeg", files.JPEG, "image/jpeg"),
        ("note.odt", files.open_document(), files.ODT_TYPE),
        ("budget.ods", files.open_document(files.ODS_TYPE), files.ODS_TYPE),
        ("note.docx", files.office(), f"{files.OFFICE}wordprocessingml.document"),
        ("budget.xlsx", files.office(files.XLSX_MAIN), f"{files.OFFICE}spreadsheetml.sheet"),
        ("budget.csv", TEXT.encode(), "text/csv"),
        ("budget.csv", TEXT.encode("cp1252"), "text/csv"),
        ("budget.csv", TEXT.encode("utf-16"), "text/csv"),
        ("lisez-moi.txt", TEXT.encode("utf-8-sig"), "text/plain"),
        ("eicar.txt", files.EICAR, "text/plain"),
    ],
)
def test_format_of_tells_what_a_genuine_file_is(name, content, media_type):
    file = io.BytesIO(content)

    assert format_of(file, name).media_type == media_type
    assert file.tell() == 0


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("facture.pdf", files.EXE),
        ("facture.txt", files.EXE),
        ("facture.csv", files.PDF + b"\0"),
        ("facture.docx", files.EXE),
        ("photo.png", files.JPEG),
        ("photo.jpg", files.png()),
        ("note.docx", files.PDF),
        ("note.docx", files.archive(("note.txt", b"rien"))),
        ("note.docx", files.office(files.XLSX_MAIN)),
        ("note.docx", files.office("application/vnd.ms-word.document.macroEnabled.main+xml")),
        ("note.odt", files.open_document(files.ODS_TYPE)),
        ("note.odt", files.archive(("content.xml", b"<x/>"), ("mimetype", files.ODT_TYPE.encode()))),
        ("note.odt", files.open_document()[:40]),
        ("lettre.pdf", b"<script>alert(1)</script>" + files.PDF),
        ("lettre.pdf", files.PDF + files.archive(("x.bin", bytes(range(256)) * 20))),
        ("photo.png", files.png() + files.archive(("x.html", b"<script></script>"))),
        ("lettre.txt", b"abc\x00def"),
        ("lettre.txt", b"abc\x81\xff"),
        ("lettre.txt", b"\xff\xfe\x00"),
    ],
)
def test_format_of_refuses_a_content_that_is_not_what_the_name_says(name, content):
    with pytest.raises(RuleBroken) as refusal:
        format_of(io.BytesIO(content), name)

    assert refusal.value.field == "file"
    assert f"Le contenu de « {name} » n’est pas celui d’un fichier" in refusal.value.message


@pytest.mark.parametrize(
    "name", ["programme.exe", "page.html", "dessin.svg", "ancien.doc", "lettre.pdf.exe", "sans-fin"]
)
def test_format_of_refuses_an_ending_that_is_not_on_the_list_and_names_those_that_are(name):
    with pytest.raises(RuleBroken, match="Formats acceptés : PDF, PNG, JPEG, ODT, ODS, DOCX, XLSX, CSV, TXT"):
        format_of(io.BytesIO(files.PDF), name)


def test_format_of_refuses_an_empty_file():
    with pytest.raises(RuleBroken, match="est vide"):
        format_of(io.BytesIO(), "vide.pdf")


def test_format_of_takes_fifteen_megabytes_and_not_one_byte_more():
    largest = files.PDF[:9] + b" " * (LARGEST - len(files.PDF)) + files.PDF[9:]

    assert format_of(io.BytesIO(largest), "plan.pdf").label == "PDF"
    with pytest.raises(RuleBroken, match="la limite est 15"):
        format_of(io.BytesIO(largest + b"\n"), "plan.pdf")


def test_format_of_refuses_an_archive_that_would_swell_beyond_measure():
    bomb = files.bomb()

    assert len(bomb) < 100_000
    with pytest.raises(RuleBroken, match="une place démesurée"):
        format_of(io.BytesIO(bomb), "note.docx")


def test_format_of_refuses_an_archive_of_too_many_entries():
    crowd = files.office(files.DOCX_MAIN, *((f"{number}.xml", b"") for number in range(5_001)))

    with pytest.raises(RuleBroken, match="une place démesurée"):
        format_of(io.BytesIO(crowd), "note.docx")


def test_format_of_refuses_entries_that_share_their_compressed_bytes():
    honest = files.office(files.DOCX_MAIN, ("a.xml", bytes(range(256)) * 100))
    # The central directory claims four times the bytes that the archive holds for its last entry.
    place = honest.rindex(b"PK\x01\x02")
    compressed = int.from_bytes(honest[place + 20 : place + 24], "little")
    lying = honest[: place + 20] + (len(honest) * 4).to_bytes(4, "little") + honest[place + 24 :]

    assert compressed < len(honest)
    with pytest.raises(RuleBroken, match="une place démesurée"):
        format_of(io.BytesIO(lying), "note.docx")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("lettre d’engagement.pdf", "lettre d’engagement.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        (r"C:\Users\moi\budget.xlsx", "budget.xlsx"),
        ("  deux   espaces .pdf", "deux espaces .pdf"),
        ("facture\u202efdp.exe", "facturefdp.exe"),
        ("a\x00b\nc.pdf", "abc.pdf"),
        ("e\u0301tude.pdf", "étude.pdf"),
        (".htaccess.txt", "htaccess.txt"),
        ("..", "document"),
        ("", "document"),
        ("/", "document"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
        ("x." + "y" * 300, "x." + "y" * 19),
        ("été 😀.pdf", "été 😀.pdf"),
    ],
)
def test_clean_name_keeps_what_people_recognise_and_nothing_that_harms(typed, kept):
    assert clean_name(typed) == kept


def test_each_format_has_a_label_and_endings_of_its_own():
    endings = [ending for accepted in FORMATS for ending in accepted.extensions]

    assert len(endings) == len(set(endings)) == 10
