"""PDF files: read as a reader would, to refuse those that run something, carry other files or hide what they hold."""

import os
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import pikepdf

from guichet.core.errors import RuleBroken

# A thousand pages of plans hold fewer.
MOST_OBJECTS = 200_000
DEEPEST = 30
# An archive's end mark may be followed by a comment of this length: farther, no reader would find it.
_COMMENT = 65_557
_END_OF_ARCHIVE = b"PK\x05\x06"

_SCRIPT = "contient un programme (JavaScript)"
_CARRIES = "contient d’autres fichiers"
_LAUNCHES = "ouvre un autre programme ou un autre fichier"
_FORM = "contient un formulaire dynamique (XFA)"
# Keys of a dictionary, wherever it stands, and the values of its /S, /Subtype or /Type.
_KEYS = {
    "/JS": _SCRIPT,
    "/JavaScript": _SCRIPT,
    "/EF": _CARRIES,
    "/EmbeddedFiles": _CARRIES,
    "/Collection": _CARRIES,
    "/XFA": _FORM,
}
_VALUES = {
    "/JavaScript": _SCRIPT,
    "/Launch": _LAUNCHES,
    "/ImportData": _LAUNCHES,
    "/GoToE": _LAUNCHES,
    "/Rendition": _LAUNCHES,
    "/RichMedia": _CARRIES,
    "/FileAttachment": _CARRIES,
    "/EmbeddedFile": _CARRIES,
}
_TELLING = ("/S", "/Subtype", "/Type")
# Walking every dictionary in Python is slow: most have none of these names, in no place.
_SUSPECT = re.compile(b"|".join(sorted({re.escape(name.encode()) for name in (*_KEYS, *_VALUES)})))


def is_pdf(file: BinaryIO, name: str) -> bool:
    """Whether the file is a PDF, and only that. Raises RuleBroken, saying why, for one that we do not take."""
    file.seek(0)
    if file.read(5) != b"%PDF-" or _hides_an_archive(file):
        return False
    file.seek(0)
    try:
        with pikepdf.open(file, inherit_page_attributes=False, suppress_warnings=True) as pdf:
            if pdf.is_encrypted:
                raise _encrypted(name)
            _refuse(next(_dangers(pdf), None), name)
    except pikepdf.PasswordError as problem:
        raise _encrypted(name) from problem
    except (pikepdf.PdfError, RuntimeError, ValueError, TypeError, RecursionError):
        # Broken beyond repair, or beyond the limits of the library: what cannot be read cannot be vouched for.
        return False
    return True


def _hides_an_archive(file: BinaryIO) -> bool:
    """An archive glued behind a PDF makes a file of two natures."""
    file.seek(max(0, file.seek(0, os.SEEK_END) - _COMMENT))
    tail = file.read()
    return b"%%EOF" not in tail[-1024:] or _END_OF_ARCHIVE in tail


def _dangers(pdf: pikepdf.Pdf) -> Iterator[str]:
    yield from _in(pdf.trailer, 0)
    for number, item in enumerate(pdf.objects):
        if number >= MOST_OBJECTS:
            raise ValueError("too many objects")
        kept = item.stream_dict if isinstance(item, pikepdf.Stream) else item
        if isinstance(kept, pikepdf.Dictionary | pikepdf.Array) and _SUSPECT.search(kept.unparse(resolved=True)):
            yield from _in(kept, 0)


def _in(item: Any, depth: int) -> Iterator[str]:
    if depth > DEEPEST:
        raise ValueError("nested too deep")
    if isinstance(item, pikepdf.Dictionary):
        yield from (_KEYS[key] for key in item.keys() if key in _KEYS)  # noqa: SIM118 - no mapping of Python's
        told = (str(item[key]) for key in _TELLING if key in item and isinstance(item[key], pikepdf.Name))
        yield from (_VALUES[word] for word in told if word in _VALUES)
        children = [value for _, value in item.items()]
    else:
        children = list(item)
    for child in children:
        # An indirect one is met in its own right.
        if isinstance(child, pikepdf.Dictionary | pikepdf.Array) and not child.is_indirect:
            yield from _in(child, depth + 1)


def _refuse(danger: str | None, name: str) -> None:
    if danger:
        raise RuleBroken(
            f"Le PDF « {name} » {danger} : il ne peut pas être accepté. "
            "Imprimez-le en PDF pour n’en garder que les pages, et joignez à part ce qu’il contenait.",
            field="file",
        )


def _encrypted(name: str) -> RuleBroken:
    return RuleBroken(
        f"Le PDF « {name} » est protégé (chiffré) : son contenu ne peut pas être vérifié. Enregistrez-le sans protection.",
        field="file",
    )
