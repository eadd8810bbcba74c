"""The base of all forms."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from wtforms import FormField, StringField

from guichet.core.errors import RuleBroken
from guichet.web.fields import LineField, TextField
from guichet.web.forms import EXPIRED, ActionForm, Form, clean


class Letter(Form):
    title = LineField("Titre", longest=20, required=True)
    body = TextField("Texte", longest=50)


@pytest.fixture
def form_of(app):
    """A form as posted, without token."""

    def make(form_class, **data):
        with app.test_request_context(method="POST"):
            return form_class(MultiDict(data), meta={"csrf": False})

    return make


@given(st.one_of(st.text(), st.none(), st.integers()))
def test_clean_leaves_only_what_a_database_and_a_pdf_can_hold(text):
    cleaned = clean(text)

    if not isinstance(text, str):
        assert cleaned == text
        return
    assert clean(cleaned) == cleaned
    assert "\x00" not in cleaned
    assert "\r" not in cleaned
    assert all(unicodedata.category(c) != "Cs" for c in cleaned)
    assert unicodedata.is_normalized("NFC", cleaned)
    cleaned.encode()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Zoé \r\n ", "Zoé"),
        ("Zoe\u0301", "Zoé"),
        ("a\x00b\x07c", "abc"),
        ("ligne 1\r\nligne 2", "ligne 1\nligne 2"),
        ("a\tb", "a\tb"),
        ("\u202eabc\u202c 😀", "\u202eabc\u202c 😀"),
    ],
)
def test_text_is_cleaned_before_it_is_checked(form_of, typed, kept):
    form = form_of(Letter, title="t", body=typed)

    assert form.validate()
    assert form.body.data == kept


@pytest.mark.parametrize("title", ["", "   ", "\x00", "\r\n"])
def test_what_is_only_blank_is_missing(form_of, title):
    form = form_of(Letter, title=title)

    assert not form.validate()
    assert form.title.errors == ["Ce champ est obligatoire."]


def test_too_long_says_how_long_and_keeps_what_was_typed(form_of):
    form = form_of(Letter, title="x" * 10_000)

    assert not form.validate()
    assert form.title.errors == ["20 caractères au plus."]
    assert form.title.data == "x" * 10_000


def test_messages_of_the_library_are_french(form_of):
    class Other(Form):
        code = StringField("Code", validators=[lambda _, field: field.gettext("Not a valid choice.")])

    form = form_of(Other, code="x")

    assert form.code.gettext("Not a valid choice.") == "N'est pas un choix valide."


def test_blame_shows_the_rule_at_its_field(form_of):
    form = form_of(Letter, title="t")
    assert form.validate()

    form.blame(RuleBroken("Ce titre est pris.", field="title"))

    assert form.title.errors == ["Ce titre est pris."]
    assert form.errors == {"title": ["Ce titre est pris."]}


@pytest.mark.parametrize("field", [None, "unknown"])
def test_blame_shows_a_rule_of_no_field_at_the_top(form_of, field):
    form = form_of(Letter, title="t")
    assert form.validate()

    form.blame(RuleBroken("L’appel est clos.", field=field))

    assert form.form_errors == ["L’appel est clos."]


def test_an_expired_token_is_told_once_and_keeps_the_rest(app):
    with app.test_request_context(method="POST", data={"title": "Gardé", "csrf_token": "old"}):
        form = Letter()

        assert not form.validate_on_submit()
        assert form.form_errors == [EXPIRED]
        assert form.csrf_token.errors == []
        assert form.title.data == "Gardé"


def test_a_form_of_one_button_is_refused_without_its_token(app):
    with app.test_request_context(method="POST"):
        assert not ActionForm().validate_on_submit()


def test_a_form_inside_a_form_is_cleaned_too(form_of):
    class Inside(Form):
        class Meta:
            csrf = False

        name = LineField("Nom", longest=20)

    class Outside(Form):
        person = FormField(Inside)

    form = form_of(Outside, **{"person-name": "  Zoé\x00 "})

    assert form.validate()
    assert form.person.data == {"name": "Zoé"}


class Reference(Form):
    code = StringField("Code", filters=[lambda typed: typed and typed.upper()])


def test_filters_of_a_field_hold_for_each_form_made(form_of):
    assert [form_of(Reference, code=" ner ").code.data for _ in range(2)] == ["NER", "NER"]
