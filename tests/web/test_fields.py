"""Fields that speak French, and that no text can break."""

import datetime as dt
import enum
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from guichet.core.money import LARGEST
from guichet.web.fields import (
    ChecksField,
    DayField,
    EnumField,
    EuroField,
    LineField,
    MomentField,
    NumberField,
    TextField,
    WholeField,
)
from guichet.web.forms import Form


class Colour(enum.StrEnum):
    RED = "red"
    BLUE = "blue"

    @property
    def label(self):
        return {"red": "Rouge", "blue": "Bleu"}[self.value]


class Everything(Form):
    line = LineField("Ligne", longest=200)
    text = TextField("Texte")
    number = NumberField("Nombre", least=None, most=1000)
    amount = EuroField("Montant")
    whole = WholeField("Entier", most=100)
    day = DayField("Jour")
    moment = MomentField("Instant")
    colour = EnumField("Couleur", Colour)
    checks = ChecksField("Choix", choices=[("a", "A"), ("b", "B")])


class EverythingRequired(Form):
    line = LineField("Ligne", longest=200, required=True)
    text = TextField("Texte", required=True)
    number = NumberField("Nombre", required=True)
    amount = EuroField("Montant", required=True)
    whole = WholeField("Entier", required=True)
    day = DayField("Jour", required=True)
    moment = MomentField("Instant", required=True)
    colour = EnumField("Couleur", Colour, required=True)
    checks = ChecksField("Choix", choices=[("a", "A")], required=True)


FIELDS = ["line", "text", "number", "amount", "whole", "day", "moment", "colour", "checks"]
HOSTILE = st.one_of(
    st.text(max_size=60),
    st.from_regex(r"[-+]?[0-9]{1,30}([.,][0-9]{0,30})?([eE][-+]?[0-9]{1,9})?", fullmatch=True),
    st.from_regex(r"[0-9]{1,6}[-/][0-9]{1,3}[-/][0-9]{1,6}[T ]?[0-9:]{0,8}", fullmatch=True),
    st.sampled_from(
        ["NaN", "sNaN", "-Infinity", "1e999999999", "1_000", "٣", "0x10", "½", "\x00", "9" * 5000, "red\x00"]
    ),
)


@pytest.fixture(scope="module")
def built(app):
    def make(form_class, data):
        with app.test_request_context(method="POST"):
            form = form_class(MultiDict(data), meta={"csrf": False})
            return form, form.validate()

    return make


def field_of(built, name, typed, form_class=Everything):
    form, _ = built(form_class, [(name, value) for value in ([typed] if isinstance(typed, str) else typed)])
    return form[name]


@pytest.mark.parametrize("form_class", [Everything, EverythingRequired])
@settings(max_examples=300, deadline=None)
@given(data=st.lists(st.tuples(st.sampled_from(FIELDS), HOSTILE), max_size=12))
@example(data=[("number", "1e400")])
@example(data=[("checks", "a"), ("checks", "z")])
def test_no_text_breaks_a_field(built, form_class, data):
    form, valid = built(form_class, data)

    for name in FIELDS:
        assert all(isinstance(error, str) and error for error in form[name].errors)
        assert form[name]() is not None
    assert valid is not any(form[name].errors for name in FIELDS)


@settings(max_examples=300, deadline=None)
@given(typed=HOSTILE)
def test_what_a_field_accepts_the_database_can_hold(built, typed):
    form, valid = built(Everything, [(name, typed) for name in FIELDS])

    if form.amount.data is not None and not form.amount.errors:
        assert 0 <= form.amount.data <= LARGEST
        assert form.amount.data == form.amount.data.quantize(Decimal("0.01"))
    if form.whole.data is not None and not form.whole.errors:
        assert isinstance(form.whole.data, int)
        assert 0 <= form.whole.data <= 100
    if form.day.data is not None and not form.day.errors:
        assert dt.date(2000, 1, 1) <= form.day.data <= dt.date(2100, 12, 31)
    if form.colour.data is not None and not form.colour.errors:
        assert form.colour.data in Colour
    assert isinstance(valid, bool)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("1 234,50", "1234.50"),
        ("1\u202f234,5 €", "1234.50"),
        ("1234.5", "1234.50"),
        ("0,005", "0.01"),
        ("0", "0.00"),
        ("9999999999,99", "9999999999.99"),
    ],
)
def test_an_amount_is_typed_the_french_way(built, typed, kept):
    field = field_of(built, "amount", typed)

    assert field.errors == []
    assert str(field.data) == kept


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("beaucoup", "Écrivez un nombre, par exemple 1 234,50."),
        ("NaN", "Écrivez un nombre, par exemple 1 234,50."),
        ("12 000 000 000", "Le nombre est trop grand."),
        ("-1", "Écrivez un nombre d’au moins 0."),
        ("1e999999999", "Écrivez un nombre, par exemple 1 234,50."),
        ("1,2,3", "Écrivez un nombre, par exemple 1 234,50."),
    ],
)
def test_a_wrong_amount_says_what_to_write_and_stays_shown(built, typed, said):
    field = field_of(built, "amount", typed)

    assert field.errors == [said]
    assert f'value="{typed}"' in field()


@pytest.mark.parametrize(("typed", "kept"), [("999,4567", "999.457"), ("-3,5", "-3.5"), ("", None), ("  ", None)])
def test_a_number_keeps_three_decimals(built, typed, kept):
    field = field_of(built, "number", typed)

    assert field.errors == []
    assert field.data == (kept and Decimal(kept))


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("number", "1000,001", "Écrivez un nombre de 1000 au plus."),
        ("whole", "1,5", "Écrivez un nombre entier, sans virgule."),
        ("whole", "101", "Écrivez un nombre entre 0 et 100."),
        ("whole", "-1", "Écrivez un nombre entre 0 et 100."),
    ],
)
def test_a_number_out_of_its_bounds_says_them(built, name, typed, said):
    assert field_of(built, name, typed).errors == [said]


def test_an_amount_is_shown_the_french_way(app):
    with app.test_request_context():
        form = Everything(data={"amount": Decimal("1234.50"), "whole": 7, "number": Decimal("1E+2")})

        assert 'value="1234,5"' in form.amount()
        assert 'value="7"' in form.whole()
        assert 'value="100"' in form.number()


@pytest.mark.parametrize(
    ("typed", "day"), [("2026-11-23", (2026, 11, 23)), (" 23/11/2026 ", (2026, 11, 23)), ("", None)]
)
def test_a_day_is_typed_in_two_ways(built, typed, day):
    field = field_of(built, "day", typed)

    assert field.errors == []
    assert field.data == (dt.date(*day) if day else None)


@pytest.mark.parametrize("typed", ["31/02/2026", "demain", "2026", "23-11-2026"])
def test_a_wrong_day_gives_an_example(built, typed):
    assert field_of(built, "day", typed).errors == ["Écrivez une date, par exemple 23/11/2026."]


@pytest.mark.parametrize("typed", ["1999-12-31", "01/01/2101", "0001-01-01", "9999-12-31"])
def test_a_day_of_another_century_is_refused(built, typed):
    field = field_of(built, "day", typed)

    assert field.errors == ["La date doit être comprise entre 2000 et 2100."]
    assert field.data is None


@pytest.mark.parametrize(
    ("typed", "zone", "instant"),
    [
        ("2026-07-14T12:00", "Europe/Paris", dt.datetime(2026, 7, 14, 10, 0, tzinfo=dt.UTC)),
        ("14/01/2026 12:00", "Europe/Paris", dt.datetime(2026, 1, 14, 11, 0, tzinfo=dt.UTC)),
        ("2026-07-14T12:00", "Indian/Reunion", dt.datetime(2026, 7, 14, 8, 0, tzinfo=dt.UTC)),
    ],
)
def test_an_instant_is_typed_in_its_zone_and_kept_in_utc(built, typed, zone, instant):
    class Planned(Form):
        opens_at = MomentField("Ouverture", zone=zone)

    field = field_of(built, "opens_at", typed, Planned)

    assert field.errors == []
    assert field.instant == instant


def test_an_instant_is_shown_in_its_zone(app):
    with app.test_request_context():
        form = Everything(data={"moment": dt.datetime(2026, 7, 14, 10, 0, tzinfo=dt.UTC)})

        assert 'value="2026-07-14T12:00"' in form.moment()


def test_an_enumeration_gives_its_member(built):
    field = field_of(built, "colour", "red")

    assert field.data is Colour.RED
    assert '<option selected value="red">Rouge</option>' in field()


@pytest.mark.parametrize("typed", ["green", "RED", "Rouge", "red ", "\x00"])
def test_a_stranger_to_the_enumeration_is_refused(built, typed):
    field = field_of(built, "colour", typed)

    assert field.errors == ["Choisissez une valeur de la liste."]
    assert field.data is None


def test_checks_refuse_a_stranger_to_their_list(built):
    assert field_of(built, "checks", ["a", "b"]).data == ["a", "b"]
    assert field_of(built, "checks", ["a", "z"]).errors == ["Choisissez parmi les valeurs de la liste."]


def test_required_fields_say_so_in_french(built):
    form, valid = built(EverythingRequired, [])

    assert not valid
    assert {tuple(form[name].errors) for name in FIELDS} == {("Ce champ est obligatoire.",)}


def test_a_line_stays_on_one_line_whatever_is_forged(app):
    class OneLine(Form):
        line = LineField("Ligne", longest=200)

    with app.test_request_context():
        form = OneLine(MultiDict({"line": "Projet\r\n\r\nCliquez ici :\nhttps://ailleurs.example\u2028fin\n"}))

    assert form.line.data == "Projet Cliquez ici : https://ailleurs.example fin"
