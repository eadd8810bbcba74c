"""What people may send: a short list of formats, whose content must be what the name says.

A file that passes is still handed out as an attachment, sandboxed (see serving.py): this is the first lock, not the only one.
"""

import codecs
import os
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import BinaryIO

import filetype

from guichet.core.errors import RuleBroken
from guichet.documents import archives
from guichet.documents.pictures import is_jpeg, is_png
from guichet.documents.portable import is_pdf
from guichet.web.filters import filesize

# Bytes; the pages tell it before a file is chosen.
LARGEST = 15_000_000
LONGEST_NAME = 200
CHUNK = 256 * 1024

# Of the file and its name. True for what it should be; raises RuleBroken when there is more to say than « it is not ».
Check = Callable[[BinaryIO, str], bool]


@dataclass(frozen=True)
class Format:
    """A format that is taken, by the endings that its names may have."""

    label: str
    extensions: tuple[str, ...]
    media_type: str
    is_genuine: Check


def _is_picture(look: Callable[[BinaryIO], bool], media_type: str, file: BinaryIO, _name: str) -> bool:
    file.seek(0)
    return bool(filetype.guess_mime(file.read(8192)) == media_type) and look(file)


def _is_text(file: BinaryIO, _name: str) -> bool:
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


def _is_office(main_type: str, file: BinaryIO, name: str) -> bool:
    """Microsoft's family: the list of contents names the main part, which also tells a document with macros apart."""
    archive = archives.opened(file, name)
    if archive is None or main_type.encode() not in archive.read("[Content_Types].xml"):
        return False
    if b"attachedTemplate" in (links := archive.read("word/_rels/settings.xml.rels")) and b"External" in links:
        raise RuleBroken(
            f"Le fichier « {name} » va chercher un modèle ailleurs à son ouverture : il est refusé. "
            "Enregistrez-le avec le modèle par défaut, ou en PDF.",
            field="file",
        )
    return True


def _is_open_document(media_type: str, file: BinaryIO, name: str) -> bool:
    """The standard puts the type first in the archive, in clear."""
    archive = archives.opened(file, name)
    if archive is None or archive.names[:1] != ["mimetype"] or archive.read("mimetype").strip() != media_type.encode():
        return False
    if b"encryption-data" in archive.read("META-INF/manifest.xml"):
        raise RuleBroken(
            f"Le fichier « {name} » est protégé par un mot de passe : son contenu ne peut pas être vérifié. "
            "Enregistrez-le sans mot de passe.",
            field="file",
        )
    return True


_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
_DOCX, _XLSX = f"{_OFFICE}wordprocessingml.document", f"{_OFFICE}spreadsheetml.sheet"
_ODT, _ODS = f"{_OPEN}text", f"{_OPEN}spreadsheet"

FORMATS = (
    Format("PDF", ("pdf",), "application/pdf", is_pdf),
    Format("PNG", ("png",), "image/png", partial(_is_picture, is_png, "image/png")),
    Format("JPEG", ("jpg", "jpeg"), "image/jpeg", partial(_is_picture, is_jpeg, "image/jpeg")),
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
    if not wanted.is_genuine(file, name):
        raise RuleBroken(
            f"Le contenu de « {name} » n’est pas celui d’un fichier {wanted.label}. "
            "Ouvrez-le, puis enregistrez-le de nouveau dans ce format, sans mot de passe ni macro.",
            field="file",
        )
    file.seek(0)
    return wanted


def _size(file: BinaryIO) -> int:
    return file.seek(0, os.SEEK_END)
