"""A budget as the cells of a spreadsheet, both ways: what people paste or import is read, what they have is written. Pure."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from guichet.applications.models import BudgetCategory
from guichet.core.money import CENT, LARGEST, ZERO
from guichet.web.fields import one_line
from guichet.web.filters import euros, number
from guichet.web.forms import clean

Values = dict[str, Any]
Cells = Sequence[str]

HEADERS = ("Poste", "Libellé", "Année", "Dépense", "Demandé")
LONGEST_LABEL, MOST_LINES = 200, 100
NEEDED = {"category": "Poste", "label": "Libellé", "year": "Année", "amount": "Dépense"}
# What a column may be called, without accents nor signs.
NAMES = {
    "category": {"poste", "categorie", "nature", "type"},
    "label": {"libelle", "intitule", "designation", "description", "objet", "libelle et poste"},
    "year": {"annee", "exercice"},
    "amount": {"depense", "montant", "cout", "depense eur", "montant ttc", "depense ttc", "cout ttc", "montant eur"},
    "amount_requested": {"demande", "montant demande", "aide demandee", "aide", "subvention", "demande eur"},
}
CATEGORIES = {
    BudgetCategory.EQUIPMENT: {"materiel", "materiels", "equipement", "equipements", "investissement"}
    | {"investissements"},
    BudgetCategory.SERVICES: {"prestation", "prestations", "service", "services", "prestations de service"}
    | {"prestations de services", "sous traitance"},
    BudgetCategory.SOFTWARE: {"logiciel", "logiciels", "licence", "licences", "logiciels et licences"}
    | {"logiciels licences"},
    BudgetCategory.TRAINING: {"formation", "formations"},
    BudgetCategory.STAFF: {"personnel interne", "personnel", "rh", "masse salariale", "salaires", "temps agent"},
    BudgetCategory.OTHER: {"autre", "autres", "divers"},
}
_SPACES = re.compile(r"[\s\u00a0\u2009\u202f]")
# What formulas leave in rows that nobody filled.
_NOTHING = re.compile(r"[\s\u00a0\u2009\u202f0.,€–—-]*")
# Written so that a spreadsheet never takes a text for a formula; more quotes than the text has, to be read back.
_FORMULA = re.compile(r"'*[=+\-@]")


@dataclass
class Reading:
    """What was found in the cells; nothing may be applied while there are errors."""

    lines: list[Values] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


class WrongCellError(ValueError):
    """What a cell says cannot be; the message says what to write."""


def cells_of(text: str) -> list[list[str]]:
    """The rows of a pasted text: cells parted by tabs, else by semicolons, else by commas."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    separator = next((sign for sign in "\t;," if sign in head), "\t")
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error:
        # A quote that never ends swallows the rest: the rows are taken as they stand.
        return [line.split(separator) for line in text.splitlines()]


def text_of(rows: Iterable[Cells]) -> str:
    """The same rows as a text to paste."""
    sheet = io.StringIO(newline="")
    csv.writer(sheet, delimiter="\t", lineterminator="\n").writerows(rows)
    return sheet.getvalue()


def read(rows: Sequence[Cells]) -> Reading:
    """The budget lines that `rows` say; the first row that is not empty names the columns, in any order."""
    reading = Reading()
    numbered = [(place, row) for place, row in enumerate(rows, 1) if not all(_NOTHING.fullmatch(cell) for cell in row)]
    if not numbered:
        reading.errors.append("Le tableau est vide : collez les cellules avec la ligne des titres.")
        return reading
    columns = _columns(numbered[0][1])
    if absent := [title for name, title in NEEDED.items() if name not in columns]:
        reading.errors.append(
            f"Ligne {numbered[0][0]} : il manque {'les colonnes' if len(absent) > 1 else 'la colonne'} "
            f"{', '.join(f'« {title} »' for title in absent)}. La première ligne nomme les colonnes : "
            f"{', '.join(HEADERS)}, dans l’ordre que vous voulez."
        )
        return reading
    titles = {name: str(one_line(clean(numbered[0][1][place]))) for name, place in columns.items()}
    for place, row in numbered[1:]:
        cells = {name: (row[at] if at < len(row) else "") for name, at in columns.items()}
        if not _is_total(cells, row):
            _read_line(place, cells, titles, reading)
    _judge_number(reading)
    return reading


def _judge_number(reading: Reading) -> None:
    if not reading.lines and not reading.errors:
        reading.errors.append("Le tableau n’a aucune ligne de dépense sous ses titres.")
    if len(reading.lines) > MOST_LINES:
        reading.errors.append(
            f"Le tableau a {len(reading.lines)} lignes : un budget en a {MOST_LINES} au plus. Regroupez les petites dépenses."
        )


def _columns(row: Cells) -> dict[str, int]:
    """Where each column is; the first of a name counts."""
    found: dict[str, int] = {}
    for place, cell in enumerate(row):
        title = _plain(cell)
        name = next((name for name, titles in NAMES.items() if title in titles), None)
        if name is not None:
            found.setdefault(name, place)
    return found


def _is_total(cells: dict[str, str], row: Cells) -> bool:
    """The last row of many tables: neither a category nor a year, and « Total » somewhere."""
    bare = not _plain(cells["category"]) or _plain(cells["category"]).startswith("total")
    return bare and not _plain(cells["year"]) and any(_plain(cell).startswith("total") for cell in row)


def _read_line(place: int, cells: dict[str, str], titles: dict[str, str], reading: Reading) -> None:
    line: Values = {"id": None, "amount_requested": ZERO}
    wrong = len(reading.errors)
    for name, cell in cells.items():
        try:
            line[name] = READERS[name](str(one_line(clean(cell))))
        except WrongCellError as problem:
            reading.errors.append(f"Ligne {place}, colonne « {titles[name]} » : {problem}")
    if len(reading.errors) > wrong:
        return
    if line["amount_requested"] > line["amount"]:
        reading.errors.append(
            f"Ligne {place}, colonne « {titles['amount_requested']} » : {euros(line['amount_requested'])} demandés "
            f"pour une dépense de {euros(line['amount'])}. Demandez au plus la dépense."
        )
        return
    reading.lines.append(line)


def _category(cell: str) -> BudgetCategory:
    found = next((category for category, names in CATEGORIES.items() if _plain(cell) in names), None)
    if found is None:
        labels = ", ".join(category.label for category in BudgetCategory)
        raise WrongCellError(f"{_quoted(cell)} n’est pas un poste. Écrivez l’un de : {labels}.")
    return found


def _label(cell: str) -> str:
    text = restored(cell)
    if not text:
        raise WrongCellError("la cellule est vide. Nommez la dépense.")
    if len(text) > LONGEST_LABEL:
        raise WrongCellError(f"le texte a {len(text)} caractères. Écrivez-en {LONGEST_LABEL} au plus.")
    return text


def _year(cell: str) -> int:
    typed = _SPACES.sub("", cell)
    if not re.fullmatch(r"[0-9]{4}([.,]0+)?", typed) or not 2000 <= int(typed[:4]) <= 2100:
        raise WrongCellError(f"{_quoted(cell)} n’est pas une année entre 2000 et 2100. Écrivez par exemple 2027.")
    return int(typed[:4])


def _spent(cell: str) -> Decimal:
    value = _amount(cell)
    if not value:
        raise WrongCellError("la dépense est vide ou nulle. Écrivez un montant supérieur à 0.")
    return value


def _amount(cell: str) -> Decimal:
    """An amount typed the French way; of two signs, the last one begins the cents."""
    typed = re.sub(r"€|EUR(OS?)?", "", _SPACES.sub("", cell), flags=re.IGNORECASE)
    if not typed or typed in {"-", "–", "—"}:
        return ZERO
    whole, cents = _parted(typed)
    if not re.fullmatch(r"[0-9]{1,15}", whole) or not re.fullmatch(r"[0-9]*", cents):
        raise WrongCellError(f"{_quoted(cell)} n’est pas un montant positif. Écrivez par exemple 1 234,50.")
    if len(cents.rstrip("0")) > 2 or len(cents) == 3:
        raise WrongCellError(f"{_quoted(cell)} se lit de deux façons. Écrivez les centimes sur deux chiffres.")
    value = Decimal(f"{whole}.{cents or '0'}").quantize(CENT)
    if value > LARGEST:
        raise WrongCellError(f"{_quoted(cell)} est un montant trop grand.")
    return value


def _parted(typed: str) -> tuple[str, str]:
    """What stands before and after the decimal sign, thousands joined."""
    last = max(typed.rfind(","), typed.rfind("."))
    if last < 0:
        return typed, ""
    sign, other = typed[last], "." if typed[last] == "," else ","
    whole, cents = typed[:last], typed[last + 1 :]
    if sign in whole or not re.fullmatch(rf"[0-9]{{1,3}}(\{other}[0-9]{{3}})*|[0-9]+", whole):
        # « 1.234.567 » has no cents; anything stranger is no amount.
        joined = re.fullmatch(rf"[0-9]{{1,3}}(\{sign}[0-9]{{3}})+", typed)
        return (typed.replace(sign, ""), "") if joined else ("?", "")
    return whole.replace(other, ""), cents


READERS = {"category": _category, "label": _label, "year": _year, "amount": _spent, "amount_requested": _amount}


def _quoted(cell: str) -> str:
    return f"« {cell[:40]}{'…' if len(cell) > 40 else ''} »" if cell else "une cellule vide"


def _plain(cell: str) -> str:
    """The words of a cell, without accents, signs nor capitals."""
    letters = unicodedata.normalize("NFKD", str(cell)).encode("ascii", "ignore").decode().lower()
    return " ".join(re.findall(r"[a-z0-9]+", letters))


def neutral(text: str) -> str:
    """`text` so that no spreadsheet takes it for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def restored(text: str) -> str:
    """What `neutral` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def rows_of(lines: Iterable[Any]) -> Iterator[list[str | int | Decimal]]:
    """Budget lines as typed cells, titles first."""
    yield list(HEADERS)
    for line in lines:
        yield [line.category.label, neutral(line.label), line.year, line.amount, line.amount_requested]


def cofunding_rows(cofundings: Iterable[Any]) -> Iterator[list[str | int | Decimal]]:
    """Who else pays, the same way."""
    yield ["Cofinanceur", "Nature", "Année", "Montant", "État"]
    for given in cofundings:
        yield [neutral(given.name), given.kind.label, given.year, given.amount, given.state.label]


def shown(amount: Decimal) -> str:
    """An amount as a cell of French text: « 1234,50 »."""
    return number(amount, 2).replace("\u202f", "")
