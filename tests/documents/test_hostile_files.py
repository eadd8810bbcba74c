"""Files made to harm: each is refused with a reason, or kept as something that harms nobody."""

import io
import struct
import time
import zipfile

import pikepdf
import pytest

from guichet.core.errors import RuleBroken
from guichet.documents import archives, portable
from guichet.documents.accepted import clean_name, format_of
from tests.factories import files

SCRIPT = b"<script>alert(1)</script>"
JAVASCRIPT = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"
MODEL = b'<Relationship Type="x/attachedTemplate" Target="https://ailleurs.example/x.dotm" TargetMode="External"/>'


def refusal_of(content, name):
    with pytest.raises(RuleBroken) as refusal:
        format_of(io.BytesIO(content), name)
    assert refusal.value.field == "file"
    return refusal.value.message


def encrypted_pdf():
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(files.PDF)) as document:
        document.save(out, encryption=pikepdf.Encryption(owner="a", user=""))
    return out.getvalue()


def compressed_pdf(*objects, catalog=b""):
    """The same, its objects packed in streams where no search of the bytes finds them."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(files.pdf(*objects, catalog=catalog))) as document:
        document.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, compress_streams=True)
    return out.getvalue()


def encrypted_archive():
    content = bytearray(files.office())
    # The flag in the local header and in the central directory of the first entry.
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (files.pdf(JAVASCRIPT, catalog=b"/OpenAction 4 0 R"), "JavaScript"),
        (files.pdf(catalog=b"/OpenAction << /S /JavaScript /J#53 (x) >>"), "JavaScript"),
        (files.pdf(catalog=b"/Names << /JavaScript << /Names [] >> >>"), "JavaScript"),
        (compressed_pdf(JAVASCRIPT, catalog=b"/OpenAction 4 0 R"), "JavaScript"),
        (files.pdf(catalog=b"/OpenAction << /S /Launch /F (cmd.exe) >>"), "ouvre un autre programme"),
        (files.pdf(catalog=b"/Names << /EmbeddedFiles << /Names [] >> >>"), "contient d’autres fichiers"),
        (
            files.pdf(b"<< /Type /Filespec /F (x.exe) /EF << >> >>", catalog=b"/AF [4 0 R]"),
            "contient d’autres fichiers",
        ),
        (compressed_pdf(b"<< /Type /Filespec /EF << >> >>", catalog=b"/AF [4 0 R]"), "contient d’autres fichiers"),
        (files.pdf(catalog=b"/AcroForm << /XFA [] >>"), "XFA"),
        (encrypted_pdf(), "protégé (chiffré)"),
    ],
)
def test_a_pdf_that_acts_carries_or_hides_is_refused_and_told_why(content, reason):
    assert reason in refusal_of(content, "lettre.pdf")


def test_a_pdf_that_only_speaks_of_scripts_is_taken():
    link = b"<< /Type /Annot /Subtype /Link /A << /S /URI /URI (https://exemple.fr/JS/JavaScript/Launch) >> >>"

    assert format_of(io.BytesIO(files.pdf(link)), "lettre.pdf").label == "PDF"


def test_a_pdf_of_too_many_objects_is_refused(monkeypatch):
    monkeypatch.setattr(portable, "MOST_OBJECTS", 3)

    assert "n’est pas celui d’un fichier PDF" in refusal_of(files.pdf(b"null", b"[]"), "lettre.pdf")


def test_a_pdf_nested_without_end_is_refused():
    deep = b"[" * 200 + b"/JS" + b"]" * 200

    assert "n’est pas celui d’un fichier PDF" in refusal_of(files.pdf(deep), "lettre.pdf")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        # Two natures in one file.
        ("lettre.pdf", files.PDF + files.archive(("x.html", SCRIPT))),
        ("lettre.pdf", files.archive(("x.html", SCRIPT)) + files.PDF),
        ("lettre.pdf", files.PDF + files.archive(("x.html", b"\0")) + b"%%EOF"),
        ("image.png", b"GIF89a/*\x01\0*/=1;alert(1)"),
        ("image.jpg", b"GIF89a/*\x01\0*/=1;alert(1)"),
        ("photo.jpg", files.JPEG + SCRIPT),
        ("photo.jpg", files.JPEG + files.archive(("x.html", SCRIPT))),
        ("photo.png", files.png() + b"\0"),
        # One nature under the name of another.
        ("lettre.pdf", b"<!DOCTYPE html>" + SCRIPT),
        ("photo.png", b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>"),
        ("photo.png", files.JPEG),
        ("lettre.pdf", files.EICAR),
        # Pictures broken, endless or larger than any screen.
        ("photo.png", files.png()[:-5]),
        ("photo.png", files.png().replace(struct.pack(">II", 1, 1), struct.pack(">II", 60_000, 60_000))),
        ("photo.jpg", files.JPEG.replace(b"\x08\x00\x01\x00\x01", b"\x08\xff\xff\xff\xff")),
        ("photo.jpg", files.JPEG[:-2]),
        ("photo.jpg", files.JPEG[:2] + files.JPEG[-2:]),
    ],
)
def test_a_content_of_another_nature_is_refused(name, content):
    refusal_of(content, name)


@pytest.mark.parametrize("name", ["image.svg", "page.html", "programme.exe", "archive.zip", "image.gif", "sans-fin"])
def test_a_kind_that_is_not_taken_is_refused_with_those_that_are(name):
    message = refusal_of(SCRIPT, name)

    assert message.startswith("Ce format n’est pas accepté.")
    assert "PDF" in message


def test_an_empty_file_is_refused():
    assert refusal_of(b"", "lettre.pdf") == "Le fichier « lettre.pdf » est vide."


def test_a_jpeg_of_endless_markers_is_given_up_at_once():
    endless = files.JPEG[:2] + b"\xff\xe1\x00\x02" * 2_000_000
    began = time.perf_counter()

    refusal_of(endless, "photo.jpg")

    assert time.perf_counter() - began < 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (files.bomb(), "place démesurée"),
        (files.office(files.DOCX_MAIN, ("word/embeddings/a.xlsx", files.bomb())), "place démesurée"),
        (
            files.office(files.DOCX_MAIN, ("a.zip", files.archive(("b.zip", files.archive(("c.txt", b"x")))))),
            "archives emboîtées",
        ),
        (files.office(files.DOCX_MAIN, ("word/vbaProject.bin", b"x")), "macro"),
        (files.office(files.DOCX_MAIN, ("word/activeX/activeX1.xml", b"x")), "macro"),
        (files.office(files.DOCX_MAIN, ("word/embeddings/oleObject1.bin", b"x")), "macro"),
        (files.office(files.DOCX_MAIN, ("word/_rels/settings.xml.rels", MODEL)), "va chercher un modèle ailleurs"),
        (encrypted_archive(), "mot de passe"),
        (files.office()[:-30], "n’est pas celui d’un fichier DOCX"),
    ],
)
def test_an_office_file_that_swells_runs_or_hides_is_refused(content, reason):
    assert reason in refusal_of(content, "note.docx")


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (("Basic/Standard/Module1.xml", b"Sub Main"), "macro"),
        (("Scripts/python/x.py", b"import os"), "macro"),
        (("META-INF/manifest.xml", b"<manifest:encryption-data/>"), "mot de passe"),
        (("Pictures/bomb.png", bytes(60_000_000)), "place démesurée"),
    ],
)
def test_an_open_document_that_runs_hides_or_swells_is_refused(entry, reason):
    content = files.archive(("mimetype", files.ODT_TYPE.encode()), ("content.xml", b"<office/>"), entry)

    assert reason in refusal_of(content, "note.odt")


def test_the_bounds_of_an_archive_are_shared_with_those_that_it_holds(monkeypatch):
    monkeypatch.setattr(archives.Budget, "__init__", lambda self: self.__dict__.update(entries=100, size=5_000))
    inner = files.archive(("x.bin", bytes(3_000)), compression=zipfile.ZIP_STORED)

    assert format_of(io.BytesIO(files.office(files.DOCX_MAIN, ("a.xlsx", inner[:0]))), "note.docx")
    assert "place démesurée" in refusal_of(files.office(files.DOCX_MAIN, ("a.xlsx", inner)), "note.docx")


def test_an_entry_longer_than_it_declares_is_no_sound_archive():
    content = bytearray(files.office(files.DOCX_MAIN, ("x.bin", bytes(range(256)) * 40)))
    # The central directory says a few bytes where there are thousands.
    last = content.rindex(b"PK\x01\x02")
    content[last + 24 : last + 28] = struct.pack("<I", 10)

    assert "n’est pas celui d’un fichier DOCX" in refusal_of(bytes(content), "note.docx")


def test_an_office_file_that_carries_a_spreadsheet_is_taken():
    content = files.office(files.DOCX_MAIN, ("word/embeddings/a.xlsx", files.office(files.XLSX_MAIN)))

    assert format_of(io.BytesIO(content), "note.docx").label == "DOCX"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("/etc/cron.d/x.pdf", "x.pdf"),
        (r"C:\Windows\x.pdf", "x.pdf"),
        ("x.pdf\0.exe", "x.pdf.exe"),
        ("facture\u202efdp.exe", "facturefdp.exe"),
        ("a" * 5_000 + ".pdf", "a" * 196 + ".pdf"),
        ("..", "document"),
        ("", "document"),
        ("\r\nSet-Cookie: x.pdf", "Set-Cookie: x.pdf"),
    ],
)
def test_a_name_leads_nowhere_and_hides_nothing(name, kept):
    assert clean_name(name) == kept
