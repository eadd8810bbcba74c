"""The interface kit: what each macro writes is correct HTML, tied together for a screen reader."""

import datetime as dt
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from flask import Flask
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, EmailField, FieldList, FileField, FormField, PasswordField, RadioField, SelectField
from wtforms import Form as PlainForm
from wtforms.validators import InputRequired

from guichet.web.fields import ChecksField, DayField, EuroField, LineField, MomentField, TextField, WholeField
from guichet.web.forms import Form

SETTINGS = SimpleNamespace(service_name="Guichet", state_brand=False, contact_email="contact@demo.example")


class Line(PlainForm):
    amount = EuroField("Montant", required=True)


class Project(Form):
    title = LineField("Titre", longest=20, required=True, description="Une ligne.")
    summary = TextField("Résumé", longest=2000)
    email = EmailField("Courriel")
    password = PasswordField("Mot de passe")
    family = SelectField("Famille", choices={"": "Choisir…", "a": "Réemploi", "b": "Sobriété"})
    level = RadioField("Niveau", [InputRequired("Choisissez un niveau.")], choices={"r": "Réflexion", "e": "Essai"})
    actions = ChecksField("Actions", choices=[("1", "Réemploi"), ("2", "Durée de vie")])
    starts_on = DayField("Début")
    closes_at = MomentField("Clôture")
    total = EuroField("Budget")
    people = WholeField("Agents")
    letter = FileField("Lettre")
    certified = BooleanField("J’atteste")
    lines = FieldList(FormField(Line), label="Lignes", min_entries=1)


@pytest.fixture
def request_context(kit: Flask) -> Iterator[Flask]:
    with kit.test_request_context("/dossiers?etat=a&q=postes&tri=titre&page=3"):
        yield kit


def draw(kit: Flask, source: str, **context: Any) -> Element:
    """The HTML of a template, parsed without namespaces; an error of syntax fails."""
    text = kit.jinja_env.from_string(source).render(**context)
    parser = html5lib.HTMLParser(namespaceHTMLElements=False, strict=True)
    return parser.parse(f"<!DOCTYPE html><html><head><title>-</title></head><body>{text}</body></html>")


def by_id(page: Element, wanted: str) -> Element:
    found = [element for element in page.iter() if element.get("id") == wanted]
    assert len(found) == 1, wanted
    return found[0]


def text_of(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def row(kit: Flask, form: Form, name: str, options: str = "") -> Element:
    return draw(kit, f'{{% from "macros/form.html" import row %}}{{{{ row(form.{name}{options}) }}}}', form=form)


def refused(**typed: str) -> Project:
    form = Project(MultiDict(typed), meta={"csrf": False})
    assert not form.validate()
    return form


@pytest.mark.parametrize(
    "name",
    [
        "title",
        "summary",
        "email",
        "password",
        "family",
        "starts_on",
        "closes_at",
        "total",
        "people",
        "letter",
        "certified",
    ],
)
def test_row_ties_a_label_to_its_control(request_context: Flask, name: str):
    page = row(request_context, Project(meta={"csrf": False}), name)

    label = next(page.iter("label"))
    assert by_id(page, label.get("for") or "").get("name") == name


def test_row_ties_hint_and_error_to_the_control(request_context: Flask):
    page = row(request_context, refused(), "title")

    control = by_id(page, "title")
    described = [text_of(by_id(page, name)) for name in (control.get("aria-describedby") or "").split()]
    assert described == ["Une ligne.", "Ce champ est obligatoire."]
    assert control.get("aria-invalid") == "true"
    assert "(obligatoire)" in text_of(page)


@pytest.mark.parametrize("name", ["level", "actions"])
def test_row_groups_choices_in_a_fieldset_with_its_legend(request_context: Flask, name: str):
    page = row(request_context, refused(), name)

    controls = list(page.iter("input"))
    assert [control.get("id") for control in controls] == [name, f"{name}-1"]
    assert [label.get("for") for label in page.iter("label")] == [name, f"{name}-1"]
    ids = (next(page.iter("fieldset")).get("aria-labelledby") or "").split()
    assert all(text_of(by_id(page, name)) for name in ids)


def test_row_keeps_what_was_chosen_and_typed(request_context: Flask):
    form = refused(level="e", actions="2", total="1 000,5x", summary="<b>Gras</b>")

    assert [i.get("value") for i in row(request_context, form, "level").iter("input") if "checked" in i.attrib] == ["e"]
    assert [i.get("value") for i in row(request_context, form, "actions").iter("input") if "checked" in i.attrib] == [
        "2"
    ]
    assert by_id(row(request_context, form, "total"), "total").get("value") == "1 000,5x"
    assert text_of(by_id(row(request_context, form, "summary"), "summary")) == "<b>Gras</b>"


def test_row_takes_numbers_typed_the_french_way(request_context: Flask):
    control = by_id(row(request_context, Project(meta={"csrf": False}), "total"), "total")

    assert (control.get("type"), control.get("inputmode")) == ("text", "decimal")
    assert not {"step", "min", "max"} & control.attrib.keys()


def test_row_lets_a_long_text_reach_the_server(request_context: Flask):
    page = row(request_context, Project(meta={"csrf": False}), "summary")

    assert by_id(page, "summary").get("maxlength") is None
    assert by_id(row(request_context, Project(meta={"csrf": False}), "title"), "title").get("maxlength") is None
    assert text_of(by_id(page, "summary-compteur")) == "2000 caractères au plus"


def test_row_tells_size_and_kinds_of_a_file_before_it_is_chosen(request_context: Flask):
    page = row(request_context, Project(meta={"csrf": False}), "letter", ', max_size=5_000_000, kinds=["PDF", "ODT"]')

    assert text_of(by_id(page, "letter-aide")) == "Taille maximale : 5 Mo. Formats acceptés : PDF, ODT."
    assert by_id(page, "letter").get("data-max-size") == "5000000"


def test_form_errors_link_to_every_control_in_error(request_context: Flask):
    form = refused(family="")
    form.form_errors.append("Le total dépasse la moitié du budget.")

    page = draw(
        request_context,
        '{% from "macros/form.html" import form_errors, row, cell %}{{ form_errors(form) }}'
        "{{ row(form.title) }}{{ row(form.level) }}"
        "{{ cell(form.lines[0].form.amount) }}",
        form=form,
    )

    targets = [(link.get("href") or "").removeprefix("#") for link in page.iter("a")]
    assert targets == ["title", "level", "lines-0-amount"]
    assert all(by_id(page, target).tag == "input" for target in targets)
    assert "Le total dépasse la moitié du budget." in text_of(page)


def test_form_errors_says_nothing_of_a_right_form(request_context: Flask):
    page = draw(request_context, '{% from "macros/form.html" import form_errors %}{{ form_errors(form) }}', form=Line())

    assert text_of(page) == "-"


def test_action_button_posts_a_token_without_an_id(request_context: Flask):
    source = '{% from "macros/form.html" import action_button %}' + '{{ action_button(form, "Rouvrir", "/x") }}' * 2

    page = draw(request_context, source, form=Form())

    assert [form.get("method") for form in page.iter("form")] == ["post", "post"]
    assert [field.get("id") for field in page.iter("input") if field.get("name") == "csrf_token"] == [None, None]


class Filters(Form):
    q = LineField("Rechercher", longest=100)
    etat = SelectField("État", choices={"": "Tous", "a": "Déposé"})


def test_filters_offer_to_take_each_active_filter_away(request_context: Flask):
    form = Filters(MultiDict({"etat": "a", "q": "postes"}), meta={"csrf": False})

    page = draw(request_context, '{% from "macros/form.html" import filters %}{{ filters(form) }}', form=form)

    links = {text_of(link): link.get("href") for link in page.iter("a")}
    assert links == {
        "Retirer le filtre Rechercher : postes": "?etat=a&tri=titre",
        "Retirer le filtre État : Déposé": "?q=postes&tri=titre",
        "Tout effacer": "/dossiers",
    }


def test_table_heads_its_columns_and_sorts_while_keeping_the_filters(request_context: Flask):
    source = (
        '{% from "macros/table.html" import table %}'
        '{% set columns = ["Référence", {"label": "Titre", "sort": "titre"}, {"label": "Actions", "hidden": True}] %}'
        '{% call(item) table("Dossiers", columns, [1, 2]) %}'
        "<td>{{ item }}</td><td>-</td><td>-</td>{% endcall %}"
    )

    page = draw(request_context, source)

    heads = list(page.iter("th"))
    assert [(text_of(head), head.get("scope"), head.get("aria-sort")) for head in heads] == [
        ("Référence", "col", None),
        ("Titre", "col", "ascending"),
        ("Actions", "col", None),
    ]
    assert next(page.iter("a")).get("href") == "?etat=a&q=postes&tri=-titre"
    assert [text_of(line) for line in page.iter("tr")][1:] == ["1--", "2--"]


@pytest.mark.parametrize(
    ("number", "pages", "shown"),
    [
        (1, 1, []),
        (1, 3, ["Page 1", "Page 2", "Page 3", "Suivante"]),
        (5, 9, ["Précédente", "Page 1", "…", "Page 4", "Page 5", "Page 6", "…", "Page 9", "Suivante"]),
        (9, 9, ["Précédente", "Page 1", "…", "Page 8", "Page 9"]),
    ],
)
def test_paging_shows_the_pages_around(request_context: Flask, number: int, pages: int, shown: list[str]):
    page = SimpleNamespace(
        number=number, pages=pages, total=pages * 20, has_previous=number > 1, has_next=number < pages
    )

    html = draw(
        request_context,
        '{% from "macros/paging.html" import paging %}{{ paging(page, address, noun="dossier") }}',
        page=page,
        address=lambda n: f"?page={n}",
    )

    assert [text_of(item) for item in html.iter("li")] == shown
    assert [text_of(link) for link in html.iter("a") if link.get("aria-current")] == (
        [f"Page {number}"] if pages > 1 else []
    )


def test_state_banner_says_state_awaited_person_and_term(request_context: Flask):
    source = (
        '{% from "macros/banner.html" import state_banner %}'
        '{{ state_banner(status, "Répondre aux compléments", by="votre équipe", until=until, days_left=1) }}'
    )

    page = draw(
        request_context,
        source,
        status=SimpleNamespace(label="Compléments demandés", tone="warning"),
        until=dt.date(2026, 12, 3),
    )

    assert text_of(page).removeprefix("- ") == (
        "Compléments demandés Répondre aux compléments, par votre équipe Au plus tard le 3 décembre 2026, encore 1 jour"
    )


@pytest.mark.parametrize(
    ("days", "words"),
    [(-2, "délai dépassé de 2 jours"), (-1, "délai dépassé de 1 jour"), (0, "dernier jour"), (5, "encore 5 jours")],
)
def test_state_banner_counts_the_days_left(request_context: Flask, days: int, words: str):
    page = draw(
        request_context,
        '{% from "macros/banner.html" import state_banner %}{{ state_banner(status, until=until, days_left=days) }}',
        status=SimpleNamespace(label="Déposé", tone="info"),
        until=dt.datetime(2026, 12, 3, 16, 0, tzinfo=dt.UTC),
        days=days,
    )

    assert text_of(page).endswith(words)


def test_charts_have_a_name_a_description_and_their_figures_in_a_table(request_context: Flask):
    source = (
        '{% from "macros/chart.html" import bars, stacked_bar %}{{ bars("Par famille", "Le réemploi en tête.", rows) }}'
        '{{ stacked_bar("Enveloppe", "La moitié est engagée.", rows) }}'
    )

    page = draw(request_context, source, rows=[("Réemploi", 12, "12 dossiers"), ("Sobriété", 0, "aucun")])

    for image in page.iter("{http://www.w3.org/2000/svg}svg"):
        assert image.get("role") == "img"
        assert all(text_of(by_id(page, name)) for name in (image.get("aria-labelledby") or "").split())
    assert [text_of(cell) for cell in page.iter("td")] == ["12 dossiers", "aucun"] * 2
    assert not [element for element in page.iter() if element.get("style")]


def test_summary_rows_say_what_is_missing_and_escape_the_rest(request_context: Flask):
    page = draw(
        request_context,
        '{% from "macros/summary.html" import rows %}{{ rows(pairs) }}',
        pairs=[("Licence", None), ("Titre", "<i>x</i>"), ("Lien", Markup('<a href="/x">y</a>')), ("Montant", 0)],
    )

    assert [text_of(value) for value in page.iter("dd")] == ["Non renseigné", "<i>x</i>", "y", "0"]


@pytest.mark.parametrize("status", [403, 404, 409, 413, 422, 429, 500, 503])
def test_error_pages_say_what_to_do_and_lead_home(request_context: Flask, status: int):
    text = request_context.jinja_env.get_template(f"errors/{status}.html").render(
        settings=SETTINGS, message="", reference="a1b2c3d4", menu=[]
    )

    page = html5lib.HTMLParser(namespaceHTMLElements=False, strict=True).parse(text)
    assert len(list(page.iter("h1"))) == 1
    assert [link.get("href") for link in page.iter("a") if link.get("class") == "fr-btn"] == ["/"]
    assert ("a1b2c3d4" in text) is (status == 500)
