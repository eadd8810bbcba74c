"""What changed between two versions: words in texts, lines in tables, within bounds."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guichet.applications.differences import MOST_MARKS, Budget, Piece, between, words

TEXTS = st.text(alphabet="ab .!\n", max_size=60) | st.text(max_size=40)


def told(pieces):
    marks = {"same": "{}", "gone": "[-{}-]", "new": "[+{}+]"}
    return "".join(marks[piece.kind].format(piece.text) for piece in pieces)


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        (
            "Le parc a quatre ans. Il compte 1200 postes.",
            "Le parc a cinq ans. Il compte 1300 postes.",
            "Le parc a [-quatre -][+cinq +]ans. Il compte [-1200 -][+1300 +]postes.",
        ),
        ("Un guide.", "Un guide. Et un film.", "Un guide. [+Et un film.+]"),
        ("Un guide. Et un film.", "Un guide.", "Un guide.[- Et un film.-]"),
        ("Un guide et un film", "Un guide", "Un guide[- et un film-]"),
        ("Un  guide", "Un guide", "Un guide"),
        ("Rien n’a changé.", "Rien n’a changé.", "Rien n’a changé."),
        # A lone short word between two changes goes with them.
        (
            "une table et une chaise",
            "deux tables et deux chaises",
            "[-une table et une chaise-][+deux tables et deux chaises+]",
        ),
    ],
)
def test_words_are_marked_where_they_change(before, after, wanted):
    assert told(words(before, after)) == wanted


@given(TEXTS, TEXTS)
def test_nothing_is_lost_of_either_text(before, after):
    pieces = words(before, after)

    # White space is read as it is after.
    kept = "".join(piece.text for piece in pieces if piece.kind != "new")
    assert "".join(kept.split()) == "".join(before.split())
    assert "".join(piece.text for piece in pieces if piece.kind != "gone") == after
    assert all(piece.text for piece in pieces)


@given(TEXTS)
def test_a_text_does_not_differ_from_itself(text):
    assert {piece.kind for piece in words(text, text)} <= {"same"}


def prose(words_of, sentence=15):
    return " ".join(f"{word}." if place % sentence == sentence - 1 else word for place, word in enumerate(words_of))


def hostile():
    draw = random.Random(7)  # noqa: S311 - nothing secret
    long = [draw.choice("abcdefghij") * draw.randrange(1, 9) for _ in range(50_000)]
    touched = [word if draw.random() > 0.004 else "autre" for word in long]
    swapped = [word for place in range(0, 50_000, 2) for word in (long[place + 1], long[place])]
    yield prose(long), prose(touched)
    yield prose(long), prose(long[::-1])
    yield prose(long), prose(swapped)
    yield "a. b. " * 25_000, "b. a. " * 25_000
    yield "le " * 50_000, "la " * 50_000
    yield "." * 50_000, "!" * 50_000
    yield "x" * 50_000, "x" * 49_999


def test_a_text_of_fifty_thousand_words_is_compared_at_once():
    for before, after in hostile():
        begun = time.process_time()
        pieces = words(before, after)

        assert time.process_time() - begun < 2
        assert "".join(piece.text for piece in pieces if piece.kind != "gone") == after


def content(**fields):
    """A frozen content with one section; a value that is a list of lists is a table of two columns."""
    columns = [{"label": "Dépense", "kind": "text"}, {"label": "Montant", "kind": "euros"}]
    told = []
    for key, value in fields.items():
        one = {"key": key, "label": key.capitalize(), "kind": "text", "value": value}
        if isinstance(value, list):
            kind = {"kind": "table", "columns": columns} if value and isinstance(value[0], list) else {"kind": "lines"}
            one |= kind
        told.append(one)
    return {"sections": [{"section": "s", "label": "Rubrique", "fields": told}], "attachments": []}


def test_a_table_is_told_line_by_line():
    before = content(budget=[["Serveurs", "1000.00"], ["Formation", "200.00"], ["Licences", "50.00"]])
    after = content(budget=[["Serveurs", "1200.00"], ["Formation", "200.00"], ["Audit", "90.00"]])

    (change,) = between(before, after)

    lines = [(line.kind, line.text, line.cells) for line in change.lines]
    assert lines == [
        ("changed", "Serveurs, 1\u202f200\u00a0€", [("Montant", "1\u202f000\u00a0€", "1\u202f200\u00a0€")]),
        ("gone", "Dépense : Licences ; Montant : 50\u00a0€", []),
        ("new", "Dépense : Audit ; Montant : 90\u00a0€", []),
    ]


def test_lines_that_only_change_places_are_no_change_of_lines():
    (change,) = between(content(actions=["Un", "Deux", "Trois"]), content(actions=["Deux", "Trois", "Quatre"]))

    assert [(line.kind, line.text) for line in change.lines] == [("gone", "Un"), ("new", "Quatre")]


def test_a_short_text_is_read_before_and_after_and_a_long_one_by_its_words():
    long = "Le parc compte mille deux cents postes et il est renouvelé tous les quatre ans au plus."
    short, text = between(content(court="Oui", long=long), content(court="Non", long=long.replace("quatre", "cinq")))

    assert (short.before, short.after, short.pieces) == ("Oui", "Non", [])
    assert Piece("new", "cinq ") in text.pieces


def test_a_field_that_came_or_went_is_told_whole():
    gone, came = between(content(ancien="Un texte", autre=""), content(autre="Un autre texte"))[::-1]

    assert (gone.before, gone.after) == ("Un texte", "")
    assert (came.before, came.after) == ("", "Un autre texte")


def test_what_did_not_change_is_cut_around_what_did():
    filler = " ".join(f"mot{number}" for number in range(400))
    (change,) = between(content(long=f"{filler} fin"), content(long=f"{filler} suite"))

    assert change.pieces[0].text.startswith("[…]")
    assert len(change.pieces[0].text) < 200


def test_a_page_shows_a_bounded_number_of_marks_and_says_how_many_are_left_out():
    texts = [f"La phrase numéro {number} dit {'ceci' if number % 2 else 'cela'}. " for number in range(200)]
    (change,) = between(content(long="".join(texts)), content(long="".join(texts).replace("ceci", "autre chose")))

    marks = sum(piece.kind != "same" for piece in change.pieces)
    assert marks <= MOST_MARKS
    assert marks + change.more == 200


def test_budget_is_shared_by_the_fields_of_a_page():
    budget = Budget(words=10)

    assert told(words("un deux trois quatre cinq six", "sept deux trois quatre cinq huit", budget)) == (
        "[-un deux trois quatre cinq six-][+sept deux trois quatre cinq huit+]"
    )
