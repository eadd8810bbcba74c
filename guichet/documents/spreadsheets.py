"""Tables of cells read from the files that people send (CSV, XLSX, ODS), and written for them.

What is sent is hostile until shown otherwise: the file is weighed, opened to the last byte within bounds, and read as values:
a formula counts for the result that its spreadsheet had kept. Text is never written as a formula (see the callers' cells).
"""

import codecs
import csv
import io
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from pathlib import PurePosixPath
from typing import Any, BinaryIO
from xml.parsers import expat
from xml.sax.saxutils import escape

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from guichet.core.errors import RuleBroken
from guichet.documents.accepted import clean_name, format_of
from guichet.web.filters import filesize

Cell = str | int | Decimal
Rows = list[list[str]]

LABELS = ["CSV", "XLSX", "ODS"]
ENDINGS = ".csv,.xlsx,.ods"
# Bytes of the file, bytes once opened, rows and columns of its first sheet.
LARGEST, MOST_EXPANDED, MOST_ROWS, MOST_COLUMNS = 1_000_000, 10_000_000, 1_000, 40
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}
# Whatever a broken or forged file makes the readers raise.
BROKEN = (
    ArithmeticError,
    AttributeError,
    EOFError,
    InvalidFileException,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    csv.Error,
    expat.ExpatError,
    zipfile.BadZipFile,
    zlib.error,
)


def read(file: BinaryIO, name: str) -> Rows:
    """The cells of the first sheet, as text; raises RuleBroken at "file" for what is no such table, or too large a one."""
    name = clean_name(name)
    ending = PurePosixPath(name).suffix.lower().lstrip(".")
    if ending not in READERS:
        raise RuleBroken(f"Choisissez un fichier {', '.join(LABELS[:-1])} ou {LABELS[-1]}.", field="file")
    content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise RuleBroken(f"Un tableau pèse {filesize(LARGEST)} au plus : gardez la feuille du budget.", field="file")
    format_of(io.BytesIO(content), name)
    try:
        if ending != "csv":
            _open_to_the_end(content)
        rows = READERS[ending](content)
    except BROKEN as problem:
        raise RuleBroken(
            f"Le fichier « {name} » ne peut pas être lu. Ouvrez-le, enregistrez-le de nouveau, puis recommencez.",
            field="file",
        ) from problem
    rows = _without_blanks(rows)
    if len(rows) > MOST_ROWS:
        raise RuleBroken(f"Le tableau a plus de {MOST_ROWS} lignes : gardez celles du budget.", field="file")
    return rows


def _open_to_the_end(content: bytes) -> None:
    """A bomb announces less than it holds; an entity is a bomb of another kind."""
    total = 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            with archive.open(entry) as part:
                before = b""
                while piece := part.read(256 * 1024):
                    total += len(piece)
                    if total > MOST_EXPANDED:
                        raise RuleBroken(
                            "Une fois ouvert, ce fichier occuperait une place démesurée : il est refusé.", field="file"
                        )
                    if b"<!DOCTYPE" in before + piece or b"<!ENTITY" in before + piece:
                        raise ValueError("a document type in a spreadsheet")
                    before = piece[-16:]


def _without_blanks(rows: Iterable[Sequence[str]]) -> Rows:
    """Without the empty rows and cells that end a sheet; those inside keep their place."""
    kept = [list(row[: _used(row)]) for row in rows]
    while kept and not kept[-1]:
        kept.pop()
    return kept


def _used(row: Sequence[str]) -> int:
    return max((place for place, cell in enumerate(row, 1) if cell.strip()), default=0)


def _read_csv(content: bytes) -> Rows:
    marked = content[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
    try:
        text = content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    head = next((line for line in text.splitlines() if line.strip()), "")
    separator = next((sign for sign in "\t;," if sign in head), ";")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


def _read_xlsx(content: bytes) -> Rows:
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    try:
        rows = book.worksheets[0].iter_rows(max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS, values_only=True)
        return [[_text(value) for value in row] for row in rows]
    finally:
        book.close()


def _text(value: Any) -> str:
    """A value as people type it: numbers with a comma, two decimals at most."""
    match value:
        case None:
            return ""
        case bool():
            return "oui" if value else "non"
        case int() | float() | Decimal():
            return _written(Decimal(str(value)))
        case _:
            return str(value)


def _written(value: Decimal) -> str:
    rounded = value.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return str(rounded.to_integral_value() if rounded == rounded.to_integral_value() else rounded).replace(".", ",")


OFFICE, TABLE, TEXT = (f"urn:oasis:names:tc:opendocument:xmlns:{part}:1.0 " for part in ("office", "table", "text"))


class _OdsSheet:
    """The cells of the first sheet, read as its XML goes by; repeated empty rows and cells stay within the bounds."""

    def __init__(self) -> None:
        self.rows: Rows = []
        self._tables = 0
        self._row: list[str] | None = None
        self._cell: list[str] | None = None
        self._told = ""
        self._repeated = [1, 1]
        self._paragraphs = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._tables += name == TABLE + "table"
        if self._tables != 1:
            return
        if name == TABLE + "table-row":
            self._row = []
            self._repeated[0] = int(attributes.get(TABLE + "number-rows-repeated", "1"))
        elif name in {TABLE + "table-cell", TABLE + "covered-table-cell"} and self._row is not None:
            self._cell, self._paragraphs = [], 0
            self._repeated[1] = int(attributes.get(TABLE + "number-columns-repeated", "1"))
            self._told = attributes.get(OFFICE + "value", "")
        elif self._cell is not None:
            self._write(name, attributes)

    def _write(self, name: str, attributes: dict[str, str]) -> None:
        cell = self._cell or []
        if name == TEXT + "p":
            self._paragraphs += 1
            cell.append(" " if self._paragraphs > 1 else "")
        elif name == TEXT + "s":
            cell.append(" " * min(int(attributes.get(TEXT + "c", "1")), 1_000))
        elif name in {TEXT + "tab", TEXT + "line-break"}:
            cell.append(" ")
        self._cell = cell

    def text(self, data: str) -> None:
        if self._cell is not None and self._paragraphs:
            self._cell.append(data)

    def end(self, name: str) -> None:
        if self._tables != 1:
            return
        if name in {TABLE + "table-cell", TABLE + "covered-table-cell"} and self._cell is not None:
            if self._row is not None:
                value = _written(Decimal(self._told)) if self._told else "".join(self._cell)
                self._row += [value] * min(self._repeated[1], MOST_COLUMNS - len(self._row))
            self._cell = None
        elif name == TABLE + "table-row" and self._row is not None:
            self.rows += [self._row] * min(self._repeated[0], MOST_ROWS + 1 - len(self.rows))
            self._row = None


def _read_ods(content: bytes) -> Rows:
    sheet = _OdsSheet()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = sheet.start, sheet.end
    parser.CharacterDataHandler = sheet.text
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parser.Parse(archive.read("content.xml"), True)  # noqa: FBT003 - the end of the text
    return sheet.rows


READERS: dict[str, Callable[[bytes], Rows]] = {"csv": _read_csv, "xlsx": _read_xlsx, "ods": _read_ods}


def write(kind: str, sheets: dict[str, list[list[Cell]]]) -> bytes:
    """A file of that kind (csv holds the first sheet alone) with numbers as numbers."""
    return WRITERS[kind](sheets)


def _storable(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return "".join(c for c in text if (ord(c) >= 32 or c in "\t\n") and c not in "\ufffe\uffff")


def _write_csv(sheets: dict[str, list[list[Cell]]]) -> bytes:
    text = io.StringIO(newline="")
    sheet = csv.writer(text, delimiter=";")
    for row in next(iter(sheets.values())):
        sheet.writerow([cell if isinstance(cell, str) else str(cell).replace(".", ",") for cell in row])
    return text.getvalue().encode("utf-8-sig")


def _write_xlsx(sheets: dict[str, list[list[Cell]]]) -> bytes:
    book = Workbook(write_only=True)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append([_storable(cell) if isinstance(cell, str) else cell for cell in row])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _write_ods(sheets: dict[str, list[list[Cell]]]) -> bytes:
    tables = "".join(
        f'<table:table table:name="{escape(title)}">{"".join(map(_ods_row, rows))}</table:table>'
        for title, rows in sheets.items()
    )
    namespaces = " ".join(
        f'xmlns:{part}="urn:oasis:names:tc:opendocument:xmlns:{part}:1.0"' for part in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {namespaces} office:version="1.3">'
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest '
        'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{MEDIA_TYPES["ods"]}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        # The standard wants the type first, in clear.
        archive.writestr("mimetype", MEDIA_TYPES["ods"], zipfile.ZIP_STORED)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest)
    return file.getvalue()


def _ods_row(row: list[Cell]) -> str:
    return f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>"


def _ods_cell(cell: Cell) -> str:
    if isinstance(cell, str):
        # Readers join spaces: those that follow one are counted.
        text = escape(_storable(cell)).replace("  ", " <text:s/>")
        return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
    return (
        f'<table:table-cell office:value-type="float" office:value="{cell}"><text:p>{cell}</text:p></table:table-cell>'
    )


WRITERS = {"csv": _write_csv, "xlsx": _write_xlsx, "ods": _write_ods}
