"""Office files are zip archives: opened to the end, in bounded steps, before anybody else opens them."""

import os
import tempfile
import zipfile
from dataclasses import dataclass
from typing import IO, BinaryIO

from guichet.core.errors import RuleBroken

# Far above what people make, far below what a bomb needs.
MOST_ENTRIES = 5_000
MOST_EXPANDED = 200_000_000
HIGHEST_RATIO = 250
# Below this size, in bytes, a ratio says nothing: a page of spaces compresses a thousand times.
RATIO_MATTERS_FROM = 5_000_000
LONGEST_MANIFEST = 2_000_000
# A spreadsheet inside a text is usual; an archive inside that one is not.
DEEPEST = 1
CHUNK = 256 * 1024
_ENCRYPTED = 0x1

_BEGINS = b"PK\x03\x04"
# What opens an archive badly, encrypted or exotic, whatever the library raises.
UNSOUND = (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, RuntimeError, NotImplementedError, EOFError, ValueError)
# Names of the parts that run: Microsoft's macros and controls, LibreOffice's.
_RUNS = ("vbaproject.bin", "vbadata.xml", "/macrosheets/", "/activex/", "oleobject", "basic/", "scripts/", "/basic/")
_FOLDERS = ("basic/", "scripts/")


@dataclass
class Budget:
    """What may still be expanded, shared by an archive and those that it holds."""

    entries: int = MOST_ENTRIES
    size: int = MOST_EXPANDED


class Archive:
    """An archive read to its end: sound, of a bearable size. `names` and `read` then cost nothing to trust."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file)
        self.names = [entry.filename for entry in self._zip.infolist()]

    def read(self, name: str) -> bytes:
        """The bytes of a short entry; none when it is not there or is too long to be what we look for."""
        found = next((entry for entry in self._zip.infolist() if entry.filename == name), None)
        return self._zip.read(found) if found and found.file_size <= LONGEST_MANIFEST else b""


def opened(file: BinaryIO, name: str) -> Archive | None:
    """The archive; None when it is not a sound one. Raises RuleBroken for a bomb, for macros, for what is encrypted."""
    file.seek(0)
    if file.read(4) != _BEGINS:
        return None
    try:
        _examine(file, name, Budget(), depth=0)
        return Archive(file)
    except UNSOUND:
        return None


def _examine(file: IO[bytes], name: str, budget: Budget, *, depth: int) -> None:
    size = file.seek(0, os.SEEK_END)
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        _refuse_bomb(entries, size, budget)
        for entry in entries:
            _refuse_what_runs(entry.filename, name)
            if entry.flag_bits & _ENCRYPTED:
                raise RuleBroken(
                    f"Le fichier « {name} » est protégé par un mot de passe : son contenu ne peut pas être vérifié. "
                    "Enregistrez-le sans mot de passe.",
                    field="file",
                )
            with archive.open(entry) as part:
                _read_through(part, name, budget, depth)


def _read_through(part: IO[bytes], name: str, budget: Budget, depth: int) -> None:
    """Expand one entry in pieces: its length and its checksum are proved, and an archive inside is examined in its turn."""
    piece = part.read(CHUNK)
    nested = piece.startswith(_BEGINS)
    if nested and depth >= DEEPEST:
        raise RuleBroken(
            f"Le fichier « {name} » contient des archives emboîtées : il est refusé. Joignez les fichiers séparément.",
            field="file",
        )
    with tempfile.SpooledTemporaryFile(max_size=1_000_000) as copy:
        while piece:
            if nested:
                copy.write(piece)
            piece = part.read(CHUNK)
        if nested:
            _examine(copy, name, budget, depth=depth + 1)


def _refuse_bomb(entries: list[zipfile.ZipInfo], size: int, budget: Budget) -> None:
    # The library never reads more of an entry than it declares: what is declared bounds what is read.
    budget.entries -= len(entries)
    budget.size -= sum(entry.file_size for entry in entries)
    # Entries that overlap share their compressed bytes: together they claim more than the file holds.
    overlapping = sum(entry.compress_size for entry in entries) > size
    swollen = any(
        entry.file_size > RATIO_MATTERS_FROM and entry.file_size > HIGHEST_RATIO * max(1, entry.compress_size)
        for entry in entries
    )
    if budget.entries < 0 or budget.size < 0 or overlapping or swollen:
        raise RuleBroken("Une fois ouvert, ce fichier occuperait une place démesurée : il est refusé.", field="file")


def _refuse_what_runs(entry: str, name: str) -> None:
    path = entry.lower().replace("\\", "/")
    if path.startswith(_FOLDERS) or any(sign in f"/{path}" for sign in _RUNS if sign not in _FOLDERS):
        raise RuleBroken(
            f"Le fichier « {name} » contient une macro ou un objet qui s’exécute : il est refusé. "
            "Enregistrez-le sans macro, ou en PDF.",
            field="file",
        )
