"""The questions of a call in its file: there and back, and what is refused, with its line."""

import io

import pytest
import sqlalchemy as sa
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from guichet.accounts.models import Role
from guichet.audit import queries as journal
from guichet.calls import portable as calls
from guichet.calls.models import Call
from guichet.calls.reading import Block
from guichet.core.db import db
from guichet.questions import portable, queries
from guichet.questions.definition import (
    COLUMN_KINDS,
    LISTS,
    NUMBERS,
    Column,
    Condition,
    Definition,
    Kind,
    Question,
    Section,
    Test,
    dump,
    load,
)
from tests.factories.accounts import make_account
from tests.factories.calls import make_call
from tests.factories.questions import SHORT, make_form

IMPORT = "/instruction/appels/importation"
SAID = st.characters(exclude_categories=("Cs", "Cc"))
TITLES = st.text(SAID, min_size=1, max_size=30).filter(lambda text: text.strip())
HELP = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t"), max_size=60)


@st.composite
def questions(draw, key, before):
    kind = draw(st.sampled_from(Kind))
    numeric = [one.key for one in before if one.kind in NUMBERS | {Kind.COMPUTED}]
    told = draw(st.booleans()) and before
    return Question(
        key=key,
        kind=kind,
        title=draw(TITLES),
        help=draw(HELP),
        required=draw(st.booleans()),
        unit=draw(st.text(SAID, max_size=10)),
        longest=draw(st.none() | st.integers(1, 5000)),
        least="2026-01-01" if kind is Kind.DATE else "0.5" if kind in NUMBERS else None,
        choices=draw(st.lists(TITLES, min_size=2, max_size=4, unique=True)) if kind in LISTS else [],
        columns=[Column(key="c1", title=draw(TITLES), kind=draw(st.sampled_from(COLUMN_KINDS)))]
        if kind is Kind.TABLE
        else [],
        formula=(" + ".join(numeric) or "1 / 0") if kind is Kind.COMPUTED else "",
        condition=Condition(question=draw(st.sampled_from([one.key for one in before])), test=Test.FILLED)
        if told
        else None,
    )


@st.composite
def forms(draw):
    """A sound form: codes in order, conditions on what comes before, formulas over numbers."""
    number, sections, before = 0, [], []
    for _ in range(draw(st.integers(1, 3))):
        number += 1
        key, held = f"s{number}", []
        for _ in range(draw(st.integers(0, 4))):
            number += 1
            held.append(draw(questions(f"q{number}", before)))
            before.append(held[-1])
        sections.append(Section(key=key, title=draw(TITLES), help=draw(HELP), questions=held))
    return Definition(sections=sections, last=number)


def told_by(text):
    """What a file says of its questions, and the faults that it has."""
    faults = []
    form = portable.read(Block(yaml.compose(text, Loader=yaml.SafeLoader), "", faults), "questions")
    return form, [f"ligne {line} : {message}" for line, message in faults]


def file_of(form):
    return yaml.safe_dump({"questions": portable.write(form)}, allow_unicode=True, sort_keys=False)


@settings(max_examples=120, deadline=None)
@given(forms())
def test_any_form_comes_back_as_it_was(form):
    assert told_by(file_of(form)) == (form, [])


SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(SAID, max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["code", "titre", "nature", "questions", "condition", "choix", "colonnes", "x"]), inner
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(SHAPES)
def test_any_shape_is_a_form_or_told_faults(data):
    form, faults = told_by(yaml.safe_dump({"questions": data}, allow_unicode=True))

    assert form is None or not faults
    assert all(fault.startswith("ligne ") for fault in faults)


VALID = """\
questions:
  - code: s1
    titre: Le parc
    questions:
      - code: q2
        nature: number
        titre: Postes
        minimum: 1
      - code: q3
        nature: choice
        titre: Ampleur
        choix: [Un site, Plusieurs sites]
      - code: q4
        nature: computed
        titre: Le double
        formule: q2 * 2
      - code: q5
        nature: short_text
        titre: Pourquoi ?
        condition: {question: q3, test: equals, valeurs: [Un site]}
"""


def test_a_form_written_by_hand_is_read():
    form, faults = told_by(VALID)

    assert faults == []
    assert [one.key for one in form.questions] == ["q2", "q3", "q4", "q5"]
    assert form.question("q2").least == "1"
    assert form.last == 5


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("nature: number", "nature: poème", "ligne 6 : « nature » attend l’une de ces valeurs"),
        ("titre: Postes", "titre: ''", "ligne 7 : « titre » est vide"),
        ("titre: Postes", "titre: " + "a" * 201, "ligne 7 : « titre » dépasse 200 caractères"),
        ("minimum: 1", "minimum: beaucoup", "ligne 8 : Écrivez un nombre, ou laissez vide."),
        ("minimum: 1", "longueur_maximale: -1", "ligne 8 : « longueur_maximale » attend un nombre entier"),
        ("minimum: 1", "obligatoire: peut-être", "ligne 8 : « obligatoire » attend"),
        ("code: q3", "code: q2", "ligne 2 : Deux questions ou deux rubriques portent le même code."),
        ("[Un site, Plusieurs sites]", "[Un site]", "ligne 12 : Écrivez au moins deux choix"),
        ("[Un site, Plusieurs sites]", "[Un site, Un site]", "ligne 12 : « Un site » est écrit deux fois"),
        ("[Un site, Plusieurs sites]", "Un site", "ligne 12 : « choix » attend une liste"),
        ("q2 * 2", "q2 *", "ligne 16 : "),
        ("q2 * 2", "q99 * 2", "ligne 16 : Aucune question ne porte le code « q99 »."),
        ("q2 * 2", "q4 * 2", "ligne 16 : Cette formule dépend d’elle-même."),
        ("question: q3", "question: q5", "ligne 20 : Une condition porte sur une question placée avant."),
        ("test: equals", "test: rhymes", "ligne 20 : « test » attend l’une de ces valeurs"),
        ("valeurs: [Un site]", "valeurs: [Mars]", "ligne 20 : La réponse attendue est l’une de"),
        ("    titre: Le parc", "    titel: Le parc", "ligne 3 : la clé « titel » n’est pas connue"),
        ("  - code: s1", "  - code: q1", "ligne 2 : Le code d’une rubrique commence par « s »."),
    ],
)
def test_a_fault_is_told_with_its_line(before, after, fault):
    form, faults = told_by(VALID.replace(before, after, 1))

    assert fault in " ".join(faults)
    assert form is None or faults


@pytest.fixture
def officer(session):
    return make_account(Role.OFFICER)


@pytest.fixture
def model(session):
    call = make_call(slug="modele")
    make_form(call)
    return call


def exported(client):
    return client.get("/instruction/appels/modele/configuration.yaml").get_data(as_text=True)


def draft_of(code):
    return queries.draft_of(db.session.scalar(sa.select(Call.id).where(Call.code == code)))


def test_an_imported_call_has_the_questions_in_a_draft(client_for, officer, model):
    client = client_for(officer)
    text = exported(client).replace(f"code: {model.code}", "code: NEUF-1")

    sent = client.send(IMPORT, {"file": (io.BytesIO(text.encode()), "appel.yaml")})

    assert sent.status_code == 303
    form = draft_of("NEUF-1")
    assert form.published_at is None
    assert load(form.definition) == SHORT
    call = db.session.get(Call, form.call_id)
    assert "call-form.adopt" in {entry.action for entry in journal.history_of(call)}


def test_a_fault_in_the_questions_makes_no_call(client_for, officer, model):
    client = client_for(officer)
    text = exported(client).replace(f"code: {model.code}", "code: NEUF-1").replace("q3 / q2", "q3 / q99")
    line = next(number for number, words in enumerate(text.splitlines(), start=1) if "q99" in words)

    answer = client.send(IMPORT, {"text": text})

    assert answer.status_code == 422
    assert f"ligne {line} : Aucune question ne porte le code « q99 »." in answer.get_data(as_text=True)
    assert db.session.scalar(sa.select(Call.id).where(Call.code == "NEUF-1")) is None


def test_a_call_without_question_says_nothing_of_them(client_for, officer, session):
    make_call(slug="modele")

    assert "questions:" not in exported(client_for(officer))


@pytest.mark.parametrize(("role", "told"), [(Role.OFFICER, True), (Role.FINANCE, False), (Role.AUDITOR, False)])
def test_the_version_being_written_is_for_who_runs_the_call(client_for, session, model, role, told):
    changed = Definition(sections=[Section(key="s1", title="En préparation")], last=1)
    make_form(model, changed, number=2, published=False)

    text = exported(client_for(make_account(role)))

    assert ("En préparation" in text) is told
    assert ("Postes concernés" in text) is not told


def test_the_fullest_form_fits_in_a_file(client_for, officer, model):
    """What may be built may be exported and brought in again."""
    long = "é" * 200
    full = [
        Question(
            key=f"q{number}",
            kind=Kind.CHOICE,
            title=long,
            help="a" * 500,
            choices=[f"{choice} {'x' * 190}" for choice in range(14)],
        )
        for number in range(20, 20 + 8 * 12)
    ]
    sections = [
        Section(key=f"s{place + 1}", title=long, questions=full[place * 12 : place * 12 + 12]) for place in range(8)
    ]
    text = calls.dump(calls.load(exported(client_for(officer))))
    form = Definition(sections=sections, last=200)

    whole = text.partition("questions:")[0] + file_of(form)

    assert calls.load(whole).chapters["questions"] == Definition(sections=sections, last=115)


def test_what_the_database_holds_is_what_the_file_holds(session, model):
    assert dump(told_by(file_of(SHORT))[0]) == queries.latest_of(model.id).definition
