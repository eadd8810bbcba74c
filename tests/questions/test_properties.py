"""Any form, any answers: nothing unexpected, nothing lost, the same after a round trip."""

import json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guichet.questions.answers import NOT_COMPUTABLE, Names, Refused, Sheet, accepted
from guichet.questions.checks import problems
from guichet.questions.definition import Column, Condition, Definition, Kind, Question, Section, Test, dump, load
from guichet.questions.differences import differences
from tests.factories.questions import SHORT

TEXTS = st.text(max_size=30) | st.sampled_from(
    ["🌍 éco", "\u202eمرحبا", "Oui", "1e999999", "NaN", "-Infinity", "x" * 6000]
)
NAMES = Names({"action": "1. Réparer"}, {"file": "lettre.pdf"})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXTS | st.sampled_from(["c1", "c2"]), inner, max_size=4)
    ),
    max_leaves=8,
)
TITLES = st.text(min_size=1, max_size=20).filter(lambda text: text.strip())


@st.composite
def forms(draw):
    """A sound form: codes in order, conditions on what comes before, formulas over numbers."""
    number, sections, before = 0, [], []
    for _ in range(draw(st.integers(0, 3))):
        number += 1
        key, questions = f"s{number}", []
        for _ in range(draw(st.integers(0, 4))):
            number += 1
            questions.append(draw(question(f"q{number}", before)))
            before.append(questions[-1])
        sections.append(Section(key=key, title=draw(TITLES), questions=questions))
    form = Definition(sections=sections, last=number)
    return form if not problems(form) else SHORT


@st.composite
def question(draw, key, before):
    kind = draw(st.sampled_from(Kind))
    numeric = [one.key for one in before if one.kind in {Kind.NUMBER, Kind.AMOUNT, Kind.COMPUTED}]
    terms = {
        "columns": [Column(key="c1", title="Colonne", kind=Kind.NUMBER)] if kind is Kind.TABLE else [],
        "choices": ["Un", "Deux"] if kind in {Kind.CHOICE, Kind.CHOICES} else [],
        "formula": " + ".join(numeric) or "1 / 0" if kind is Kind.COMPUTED else "",
    }
    condition = None
    if before and draw(st.booleans()):
        condition = Condition(question=draw(st.sampled_from([one.key for one in before])), test=Test.FILLED)
    return Question(key=key, kind=kind, title=draw(TITLES), required=draw(st.booleans()), condition=condition, **terms)


@given(forms(), st.data())
@settings(max_examples=150, deadline=None)
def test_any_answers_to_any_form_are_read_and_kept(form, data):
    stored = {one.key: data.draw(JSON) for one in form.questions}
    sheet = Sheet(form, stored, NAMES)

    for section in form.sections:
        for one in section.questions:
            value = sheet.value(one)
            text = sheet.text(one)
            assert isinstance(text, str)
            if not sheet.is_asked(one):
                assert value is None
            elif one.kind is Kind.COMPUTED:
                assert text == NOT_COMPUTABLE or Decimal(value).is_finite()
            else:
                assert accepted(one, value, NAMES) == value
                assert json.loads(json.dumps(value)) == value
    assert sheet.stored == stored


@given(forms(), forms())
@settings(max_examples=80, deadline=None)
def test_forms_come_back_from_the_database_and_tell_what_differs(form, other):
    assert load(msgspec.json.decode(msgspec.json.encode(dump(form)))) == form
    assert differences(form, form) == []
    assert all(one.title and one.what for one in differences(form, other))


HOSTILE = [
    (Kind.NUMBER, "NaN"),
    (Kind.NUMBER, "1e400"),
    (Kind.NUMBER, ["1"]),
    (Kind.AMOUNT, "-1"),
    (Kind.AMOUNT, "Infinity"),
    (Kind.CHOICE, "Trois"),
    (Kind.CHOICES, ["Un", "Trois"]),
    (Kind.YES_NO, "oui"),
    (Kind.DATE, "2026-02-30"),
    (Kind.DATE, "9999-01-01"),
    (Kind.FILE, "another"),
    (Kind.PLAN_ACTION, "another"),
    (Kind.SHORT_TEXT, "x" * 201),
    (Kind.SHORT_TEXT, {"a": 1}),
    (Kind.TABLE, [{"c1": "1"}] * 10_000),
    (Kind.TABLE, [{"c7": "1"}]),
    (Kind.TABLE, "x"),
]


@pytest.mark.parametrize(("kind", "value"), HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_answer_is_refused_with_words(kind, value):
    asked = Question(
        key="q1",
        kind=kind,
        title="Question",
        choices=["Un", "Deux"],
        columns=[Column(key="c1", title="C", kind=Kind.NUMBER)],
    )
    with pytest.raises(Refused) as refusal:
        accepted(asked, value, NAMES)
    assert str(refusal.value)


def test_a_hidden_answer_is_kept_and_does_not_count():
    sheet = Sheet(SHORT, {"q2": "10", "q3": "50.00", "q5": False, "q6": "Société"}, NAMES)

    assert sheet.text(SHORT.question("q4")) == "5 €"
    assert sheet.value(SHORT.question("q6")) is None
    assert sheet.stored["q6"] == "Société"
    assert sheet.text(SHORT.question("q10")) == NOT_COMPUTABLE
