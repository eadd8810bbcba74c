"""What people may send: a short list of formats, whose content must be what the name says.

A file that passes is still handed out as an attachment, sandboxed (see serving.py): this is the first lock, not the only one.
"""

import codecs
import os
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import BinaryIO

import filetype

from guichet.core.errors import RuleBroken
from guichet.web.filters import filesize

# Bytes; the pages tell it before a file is chosen.
LARGEST = 15_000_000
LONGEST_NAME = 200
CHUNK = 256 * 1024

# An office file is a zip archive: these bounds are far above what people make, far below what a bomb needs.
MOST_ENTRIES = 5_000
MOST_EXPANDED = 400_000_000
HIGHEST_RATIO = 250
# Below this size, in bytes, a ratio says nothing: a page of spaces compresses a thousand times.
RATIO_MATTERS_FROM = 5_000_000
LONGEST_MANIFEST = 2_000_000

_END_OF_ARCHIVE = b"PK\x05\x06"

Check = Callable[[BinaryIO], bool]


@dataclass(frozen=True)
class Format:
    """A format that is taken, by the endings that its names may have."""

    label: str
    extensions: tuple[str, ...]
    media_type: str
    is_genuine: Check


def _is_pdf(file: BinaryIO) -> bool:
    # The end is looked at too: an archive glued behind a PDF makes a file of two natures.
    tail = _tail(file, 1024)
    return _begins_as("application/pdf", file) and b"%%EOF" in tail and _END_OF_ARCHIVE not in tail


def _is_png(file: BinaryIO) -> bool:
    return _begins_as("image/png", file) and b"IEND" in _tail(file, 16)


def _begins_as(media_type: str, file: BinaryIO) -> bool:
    file.seek(0)
    return bool(filetype.guess_mime(file.read(8192)) == media_type)


def _tail(file: BinaryIO, length: int) -> bytes:
    file.seek(max(0, _size(file) - length))
    return file.read()


def _is_text(file: BinaryIO) -> bool:
    """Characters and nothing else, in an encoding that spreadsheets and editors write."""
    file.seek(0)
    marked = file.read(2) in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
    return any(_decodes(file, encoding) for encoding in (("utf-16",) if marked else ("utf-8-sig", "cp1252")))


def _decodes(file: BinaryIO, encoding: str) -> bool:
    file.seek(0)
    try:
        pieces = codecs.iterdecode(iter(partial(file.read, CHUNK), b""), encoding)
        return all(_is_readable(piece) for piece in pieces)
    except UnicodeError:
        return False


def _is_readable(text: str) -> bool:
    return not any(ord(c) < 32 and c not in "\t\n\r\f" for c in text)


def _is_office(main_type: str, file: BinaryIO) -> bool:
    """Microsoft's family: the list of contents names the main part, which also tells a document with macros apart."""
    return main_type.encode() in _entry(file, "[Content_Types].xml")


def _is_open_document(media_type: str, file: BinaryIO) -> bool:
    """The standard puts the type first in the archive, in clear."""
    return _entry(file, "mimetype", first=True).strip() == media_type.encode()


def _entry(file: BinaryIO, name: str, *, first: bool = False) -> bytes:
    """The bytes of one entry of an archive; none when it is not there, or when the archive is not sound."""
    file.seek(0)
    if file.read(4) != b"PK\x03\x04":
        return b""
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            _refuse_bomb(entries, _size(file))
            wanted = entries[:1] if first else entries
            if not any(entry.filename == name and entry.file_size <= LONGEST_MANIFEST for entry in wanted):
                return b""
            return archive.read(name)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError, ValueError):
        # Whatever a broken, encrypted or exotic archive makes the library raise: it is not a document that we take.
        return b""


def _refuse_bomb(entries: list[zipfile.ZipInfo], size: int) -> None:
    expanded = sum(entry.file_size for entry in entries)
    # Entries that overlap share their compressed bytes: together they claim more than the file holds.
    overlapping = sum(entry.compress_size for entry in entries) > size
    swollen = any(
        entry.file_size > RATIO_MATTERS_FROM and entry.file_size > HIGHEST_RATIO * max(1, entry.compress_size)
        for entry in entries
    )
    if len(entries) > MOST_ENTRIES or expanded > MOST_EXPANDED or overlapping or swollen:
        raise RuleBroken("Une fois ouvert, ce fichier occuperait une place démesurée : il est refusé.", field="file")


_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
_DOCX, _XLSX = f"{_OFFICE}wordprocessingml.document", f"{_OFFICE}spreadsheetml.sheet"
_ODT, _ODS = f"{_OPEN}text", f"{_OPEN}spreadsheet"

FORMATS = (
    Format("PDF", ("pdf",), "application/pdf", _is_pdf),
    Format("PNG", ("png",), "image/png", _is_png),
    Format("JPEG", ("jpg", "jpeg"), "image/jpeg", partial(_begins_as, "image/jpeg")),
    Format("ODT", ("odt",), _ODT, partial(_is_open_document, _ODT)),
    Format("ODS", ("ods",), _ODS, partial(_is_open_document, _ODS)),
    Format("DOCX", ("docx",), _DOCX, partial(_is_office, f"{_DOCX}.main+xml")),
    Format("XLSX", ("xlsx",), _XLSX, partial(_is_office, f"{_XLSX}.main+xml")),
    Format("CSV", ("csv",), "text/csv", _is_text),
    Format("TXT", ("txt",), "text/plain", _is_text),
)
LABELS = [accepted.label for accepted in FORMATS]
# For the browser's own file chooser.
ENDINGS = ",".join(f".{extension}" for accepted in FORMATS for extension in accepted.extensions)


def clean_name(name: str) -> str:
    """The name under which a file is kept and handed out again: no folder, no invisible character, 200 characters at most."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    # Controls, and the marks that turn the direction of writing and so disguise an ending.
    name = "".join(c for c in name if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
    path = PurePosixPath(" ".join(name.split()).lstrip(". ") or "document")
    ending = path.suffix[:20]
    return path.stem[: LONGEST_NAME - len(ending)] + ending


def format_of(file: BinaryIO, name: str) -> Format:
    """The format of a file that somebody sends under a clean `name`. Raises RuleBroken, saying what to do, for any but ours."""
    size = _size(file)
    if size == 0:
        raise RuleBroken(f"Le fichier « {name} » est vide.", field="file")
    if size > LARGEST:
        raise RuleBroken(
            f"Le fichier « {name} » pèse {filesize(size)} : la limite est {filesize(LARGEST)}.", field="file"
        )
    ending = PurePosixPath(name).suffix.lower().lstrip(".")
    wanted = next((accepted for accepted in FORMATS if ending in accepted.extensions), None)
    if wanted is None:
        raise RuleBroken(f"Ce format n’est pas accepté. Formats acceptés : {', '.join(LABELS)}.", field="file")
    if not wanted.is_genuine(file):
        raise RuleBroken(
            f"Le contenu de « {name} » n’est pas celui d’un fichier {wanted.label}. "
            "Ouvrez-le, puis enregistrez-le de nouveau dans ce format, sans mot de passe ni macro.",
            field="file",
        )
    file.seek(0)
    return wanted


def _size(file: BinaryIO) -> int:
    return file.seek(0, os.SEEK_END)
