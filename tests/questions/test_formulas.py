"""Formulas: what reads, what is computed, what is « non calculable »; nothing is ever executed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.questions.formulas import FormulaError, evaluate, parse, places

VALUES = {
    "q1": Decimal(10),
    "q2": Decimal(4),
    "q3": None,
    "q9.c1": [Decimal(1), Decimal(2)],
    "q9.c2": [Decimal(1), None],
}


def computed(text):
    return evaluate(parse(text), VALUES.get)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("10 - 4 - 3", "3"),
        ("q1 / q2", "2.5"),
        ("-q1 + 1,5", "-8.5"),
        ("sum(q9.c1)", "3"),
        ("max(q9.c1, q1) − min(2; 3)", "8"),
        ("Q1 × 2 ÷ 4", "5"),
    ],
)
def test_a_formula_is_computed(text, value):
    assert computed(text) == Decimal(value)


@pytest.mark.parametrize("text", ["q1 / 0", "q3 + 1", "sum(q9.c2)", "q7", "0 / 0", "9999999999999 * 9999999999999"])
def test_what_cannot_be_computed_is_none(text):
    assert computed(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 +",
        "(1",
        "1 2",
        "q9.c1",
        "__import__('os')",
        "q1 ** 2",
        "sum()",
        "foo(1)",
        "(" * 500 + "1",
        "-" * 200 + "1",
    ],
)
def test_what_does_not_read_is_told(text):
    with pytest.raises(FormulaError):
        parse(text)


def test_a_formula_tells_what_it_names():
    assert places(parse("q1 + sum(q9.c1, q2) * 3")) == {"q1", "q2", "q9.c1"}


@given(st.text(alphabet="q12.c+-*/(), minaxsu×÷\u0661e", max_size=60))
def test_any_text_reads_or_is_refused(text):
    try:
        node = parse(text)
    except FormulaError:
        return
    value = evaluate(node, VALUES.get)
    assert value is None or value.is_finite()
