"""Cells read as a budget, and a budget written as cells: nothing guessed, each error at its line and column."""

import io
from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from guichet.applications.budget_sheet import cells_of, neutral, read, restored, rows_of, text_of
from guichet.applications.models import BudgetCategory
from guichet.documents import spreadsheets
from guichet.web.fields import one_line
from guichet.web.forms import clean

TITLES = "Poste\tLibellé\tAnnée\tDépense\tDemandé"


@dataclass(frozen=True)
class Line:
    category: BudgetCategory
    label: str
    year: int
    amount: Decimal
    amount_requested: Decimal


def pasted(*rows: str):
    return read(cells_of("\n".join((TITLES, *rows))))


def test_cells_copied_from_a_french_spreadsheet_are_read():
    reading = read(
        cells_of(
            "\n"
            "Année\tMontant (€)\tRemarque\tLibellé\tCatégorie\tMontant demandé\n"
            "2027\t1\u202f234,50\u00a0€\tà voir\tBancs d’essai\tMATÉRIEL\t617,25\n"
            "\t\t\t\t\t\n"
            "2028,00\t12 000\t\tAudit\tPrestations\t-\n"
            "\t13 234,50\t\tTotal\t\t617,25\n"
        )
    )

    assert reading.errors == []
    assert [(line["category"], line["label"], line["year"]) for line in reading.lines] == [
        (BudgetCategory.EQUIPMENT, "Bancs d’essai", 2027),
        (BudgetCategory.SERVICES, "Audit", 2028),
    ]
    assert [(line["amount"], line["amount_requested"]) for line in reading.lines] == [
        (Decimal("1234.50"), Decimal("617.25")),
        (Decimal("12000.00"), Decimal("0.00")),
    ]


@pytest.mark.parametrize(
    ("typed", "read_as"),
    [
        ("1234", "1234.00"),
        ("1 234,5", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("1\u2009234\u00a0567,89 €", "1234567.89"),
        ("1.234.567", "1234567.00"),
        ("12 EUR", "12.00"),
        ("12,3400", "12.34"),
    ],
)
def test_amounts_are_read_as_people_type_them(typed, read_as):
    reading = pasted(f"Autre\tDivers\t2027\t{typed}\t0")

    assert (reading.errors, [line["amount"] for line in reading.lines]) == ([], [Decimal(read_as)])


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("Pourboires\tDivers\t2027\t10\t0", "Ligne 2, colonne « Poste » : « Pourboires » n’est pas un poste."),
        ("\tDivers\t2027\t10\t0", "Ligne 2, colonne « Poste » : une cellule vide n’est pas un poste."),
        ("Autre\t\t2027\t10\t0", "Ligne 2, colonne « Libellé » : la cellule est vide."),
        (f"Autre\t{'x' * 201}\t2027\t10\t0", "Ligne 2, colonne « Libellé » : le texte a 201 caractères."),
        ("Autre\tDivers\t27\t10\t0", "Ligne 2, colonne « Année » : « 27 » n’est pas une année"),
        ("Autre\tDivers\t²027\t10\t0", "Ligne 2, colonne « Année » : « ²027 » n’est pas une année"),
        ("Autre\tDivers\t2027\tdix\t0", "Ligne 2, colonne « Dépense » : « dix » n’est pas un montant positif."),
        ("Autre\tDivers\t2027\t-10\t0", "Ligne 2, colonne « Dépense » : « -10 » n’est pas un montant positif."),
        ("Autre\tDivers\t2027\t\t0", "Ligne 2, colonne « Dépense » : la dépense est vide ou nulle."),
        ("Autre\tDivers\t2027\t1.234\t0", "Ligne 2, colonne « Dépense » : « 1.234 » se lit de deux façons."),
        ("Autre\tDivers\t2027\t99999999999\t0", "Ligne 2, colonne « Dépense » : « 99999999999 » est un montant trop"),
        ("Autre\tDivers\t2027\t#REF!\t0", "Ligne 2, colonne « Dépense » : « #REF! » n’est pas un montant positif."),
        ("Autre\tDivers\t2027\t10\t10,01", "Ligne 2, colonne « Demandé » : 10,01\u00a0€ demandés pour une dépense de"),
    ],
)
def test_each_error_names_its_line_and_its_column(row, told):
    reading = pasted(row)

    assert reading.lines == []
    assert [error.startswith(told) for error in reading.errors] == [True], reading.errors


def test_a_table_without_titles_says_which_are_awaited():
    reading = read(cells_of("Autre\tDivers\t2027\t10\t0"))

    assert len(reading.errors) == 1
    assert "il manque les colonnes « Poste », « Libellé », « Année », « Dépense »" in reading.errors[0]


@pytest.mark.parametrize("text", ["", "\n\n\t\t", TITLES])
def test_an_empty_table_is_told(text):
    assert len(read(cells_of(text)).errors) == 1


def test_a_hundred_lines_are_taken_and_no_more():
    row = "Autre\tDivers\t2027\t10\t0"

    assert pasted(*[row] * 100).errors == []
    assert "a 101 lignes : un budget en a 100 au plus" in pasted(*[row] * 101).errors[0]


def test_semicolons_and_a_quote_that_never_ends_are_read():
    assert len(read(cells_of("Poste;Libellé;Année;Montant\nAutre;Divers;2027;10,5")).lines) == 1
    assert read(cells_of(f'{TITLES}\nAutre\t"Divers\t2027\t10\t0')).errors != []


@given(st.text(max_size=300))
def test_whatever_is_pasted_is_read_or_refused(text):
    reading = read(cells_of(text))

    assert reading.lines or reading.errors


labels = (
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn"]), min_size=1, max_size=60)
    .map(lambda text: str(one_line(clean(text))))
    .filter(bool)
)
amounts = st.integers(1, 10**12 - 1).map(lambda cents: Decimal(cents) / 100)
written = st.builds(
    lambda category, label, year, amount, share: Line(
        category, label, year, amount, (amount * share / 100).quantize(Decimal("0.01"))
    ),
    st.sampled_from(BudgetCategory),
    labels,
    st.integers(2000, 2100),
    amounts,
    st.integers(0, 99),
)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "ods"])
@settings(max_examples=40, deadline=None)
@given(lines=st.lists(written, min_size=1, max_size=8))
@example(
    lines=[
        Line(BudgetCategory.OTHER, label, 2027, Decimal("0.10"), Decimal("0.00"))
        for label in (
            "=1+1",
            "'=1",
            "''@x",
            "+33 1",
            "-",
            "@sum",
            "Total",
            "l’« été »  à  deux",
            '"guillemets"',
            "a;b\u2003c",
            "1 234,50",
        )
    ]
)
def test_what_is_exported_is_imported_as_it_was(kind, lines):
    content = spreadsheets.write(kind, {"Dépenses": list(rows_of(lines))})

    reading = read(cells_of(text_of(spreadsheets.read(io.BytesIO(content), f"budget.{kind}"))))

    assert reading.errors == []
    assert [Line(**{name: line[name] for name in Line.__dataclass_fields__}) for line in reading.lines] == lines


@given(st.text(alphabet="'=+-@a", max_size=6))
def test_a_neutral_text_is_no_formula_and_is_given_back(text):
    assert not neutral(text).startswith(("=", "+", "-", "@"))
    assert restored(neutral(text)) == text
