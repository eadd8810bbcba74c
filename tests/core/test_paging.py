"""Pages of twenty rows."""

import pytest
import sqlalchemy as sa

from guichet.accounts.models import Organisation
from guichet.core.paging import Page, paginate
from tests.factories.accounts import make_ministry


@pytest.fixture
def rows(session):
    for number in range(45):
        make_ministry(f"Ministère {number:02}")
    return sa.select(Organisation).order_by(Organisation.name)


@pytest.mark.parametrize(
    ("asked", "number", "first", "length"),
    [
        (1, 1, "00", 20),
        (2, 2, "20", 20),
        (3, 3, "40", 5),
        (4, 3, "40", 5),
        (0, 1, "00", 20),
        (-7, 1, "00", 20),
        (10**30, 3, "40", 5),
    ],
)
def test_any_number_leads_to_a_page(rows, asked, number, first, length):
    page = paginate(rows, asked)

    assert page.number == number
    assert page.items[0].name == f"Ministère {first}"
    assert len(page.items) == length
    assert (page.total, page.pages) == (45, 3)


def test_the_ends_have_no_further_page(rows):
    assert (paginate(rows, 1).has_previous, paginate(rows, 1).has_next) == (False, True)
    assert (paginate(rows, 3).has_previous, paginate(rows, 3).has_next) == (True, False)


def test_an_empty_list_has_one_empty_page(session):
    page = paginate(sa.select(Organisation).where(sa.false()), 5)

    assert page == Page(items=[], number=1, total=0)
    assert (page.pages, page.has_next, page.has_previous) == (1, False, False)


def test_a_page_costs_two_statements_whatever_it_shows(rows, session, statements):
    session.flush()
    statements.clear()

    paginate(rows, 2)

    assert len(statements) == 2


def test_rows_of_several_columns_stay_rows(rows):
    page = paginate(sa.select(Organisation.name, Organisation.kind).order_by(Organisation.name), 1)

    assert page.items[0].name == "Ministère 00"
