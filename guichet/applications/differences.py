"""What changed from one version to the next, word by word in texts and line by line in tables. Pure.

Both the work and what it gives to read are bounded: a text of fifty thousand words is compared in a fraction of a second,
and what would be a confetti of changes is told as a whole.
"""

import difflib
import itertools
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from guichet.applications.frozen import Json, shown, shown_value
from guichet.applications.models import Section
from guichet.web.filters import filesize

# Texts shorter than this are read at a glance: before, after.
SHORT = 60
# Words compared in one stretch, and in a whole page: beyond, the stretch is told as replaced.
STRETCH, MOST_WORDS = 300, 3000
# Marks (additions and removals) on a page.
MOST_MARKS = 40
# Characters kept of an unchanged stretch, on each side of a change.
CONTEXT = 120
_WORD = re.compile(r"\S+\s*|\s+")
# A sentence ends at its point, or at the end of its line.
_SENTENCE = re.compile(r"[^\n.!?…]*(?:[.!?…]+(?=\s|$)|\n|[.!?…]|$)\s*")


@dataclass(frozen=True)
class Piece:
    """A stretch of text: `same`, `gone` or `new`."""

    kind: str
    text: str


@dataclass(frozen=True)
class Line:
    """A line of a table: `gone`, `new`, or `changed` in the cells told (label, before, after); `text` names it."""

    kind: str
    text: str
    cells: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Difference:
    """What a field says otherwise: by pieces of text (`more` marks are left out), by lines, or simply before and after
    (empty: it was not there).
    """

    section: str
    label: str
    before: str = ""
    after: str = ""
    pieces: list[Piece] = field(default_factory=list)
    more: int = 0
    lines: list[Line] = field(default_factory=list)


@dataclass
class Budget:
    """What is left to spend on a page."""

    words: int = MOST_WORDS
    marks: int = MOST_MARKS


def between(before: Json, after: Json) -> list[Difference]:
    """Field by field, then file by file, what changed from one frozen content to the next."""
    old, new, budget = _by_key(before), _by_key(after), Budget()
    found = []
    for key in [*new, *(key for key in old if key not in new)]:
        section, now = new.get(key) or old[key]
        was = old[key][1] if key in old else None
        if difference := _of_field(section, was, now if key in new else None, budget):
            found.append(difference)
    files = _lines([_file(piece) for piece in before["attachments"]], [_file(piece) for piece in after["attachments"]])
    label = Section.ATTACHMENTS.label
    return found + ([Difference(label, "Fichiers", lines=_within(files, budget))] if files else [])


def _by_key(content: Json) -> dict[tuple[str, str], tuple[str, Json]]:
    return {
        (section["section"], one["key"]): (section["label"], one)
        for section in content["sections"]
        for one in section["fields"]
    }


def _of_field(section: str, was: Json | None, now: Json | None, budget: Budget) -> Difference | None:
    before, after = (shown(one) if one else "" for one in (was, now))
    if before == after:
        return None
    label, kind = (now or was or {})["label"], {one["kind"] for one in (was, now) if one}
    if kind == {"table"}:
        return Difference(section, label, lines=_within(_rows(was, now), budget))
    if kind == {"lines"}:
        values = [one["value"] if one else [] for one in (was, now)]
        return Difference(section, label, lines=_within(_lines(*values), budget))
    if kind == {"text"} and before and after and max(len(before), len(after)) > SHORT:
        told, more = _first(words(before, after, budget), budget.marks)
        if any(piece.kind != "same" for piece in told):
            budget.marks -= sum(piece.kind != "same" for piece in told)
            return Difference(section, label, pieces=_cut(told), more=more)
    budget.marks -= 2
    return Difference(section, label, before, after)


def _first(pieces: list[Piece], most: int) -> tuple[list[Piece], int]:
    """The pieces up to `most` marks, and how many marks are left out."""
    marks = 0
    for place, piece in enumerate(pieces):
        marks += piece.kind != "same"
        if marks > most:
            return pieces[:place], sum(one.kind != "same" for one in pieces[place:])
    return pieces, 0


def _file(piece: Json) -> str:
    return f"{piece['kind']} : {piece['name']} ({filesize(piece['size'])}, empreinte {piece['sha256'][:8]})"


def _within(lines: list[Line], budget: Budget) -> list[Line]:
    """As many lines as the page may still show; the rest is counted."""
    room = max(5, budget.marks)
    budget.marks -= min(len(lines), room)
    more = len(lines) - room
    return lines if more <= 0 else [*lines[:room], Line("changed", f"et {more} autres lignes, à lire dans le tableau")]


# Tables


def _lines(before: Sequence[str], after: Sequence[str]) -> list[Line]:
    """Lines that come and go, whatever their order."""
    gone, new = Counter(before) - Counter(after), Counter(after) - Counter(before)
    return [Line("gone", text) for text in gone.elements()] + [Line("new", text) for text in new.elements()]


def _rows(was: Json | None, now: Json | None) -> list[Line]:
    """Rows of a table; one that keeps its first words, or its place, is changed rather than replaced."""
    columns = (now or was or {})["columns"]
    labels = [column["label"] for column in columns]
    tables = [[_cells(one, row) for row in one["value"]] if one else [] for one in (was, now)]
    if was and now and was["columns"] != now["columns"]:
        return _lines(*([" ; ".join(row) for row in rows] for rows in tables))
    left = Counter(tables[0]) - Counter(tables[1])
    came = Counter(tables[1]) - Counter(tables[0])
    found = []
    gone, new = list(left.elements()), list(came.elements())
    for row in list(gone):
        if (other := _alike(row, new)) is not None:
            gone.remove(row)
            new.remove(other)
            cells = [(label, one, two) for label, one, two in zip(labels, row, other, strict=True) if one != two]
            found.append(Line("changed", _name(labels, other), cells))
    found += [Line("gone", _told(labels, row)) for row in gone]
    return found + [Line("new", _told(labels, row)) for row in new]


def _cells(table: Json, row: Sequence[object]) -> tuple[str, ...]:
    return tuple(shown_value(column["kind"], value) for column, value in zip(table["columns"], row, strict=True))


def _alike(row: tuple[str, ...], others: list[tuple[str, ...]]) -> tuple[str, ...] | None:
    """The row most like it: half of its cells at least are the same."""
    scored = [(sum(one == two for one, two in zip(row, other, strict=True)), other) for other in others[:200]]
    best = max(scored, key=lambda pair: pair[0], default=(0, row))
    return best[1] if best[0] * 2 >= len(row) and best[0] else None


def _told(labels: list[str], row: tuple[str, ...]) -> str:
    return " ; ".join(f"{label} : {text}" for label, text in zip(labels, row, strict=True) if text)


def _name(labels: list[str], row: tuple[str, ...]) -> str:
    """The two first cells: enough to know which line it is."""
    return ", ".join(text for text in row[:2] if text) or _told(labels, row)


# Texts


def words(before: str, after: str, budget: Budget | None = None) -> list[Piece]:
    """The two texts as one, its stretches marked: what is not `new` says `before`, what is not `gone` makes `after`.

    White space that alone differs is read as it is after.
    """
    budget = budget or Budget()
    old, new = _SENTENCE.findall(before), _SENTENCE.findall(after)
    pieces: list[Piece] = []
    at_old = at_new = 0
    for one, two in [*_anchors(old, new), (len(old), len(new))]:
        pieces += _stretch("".join(old[at_old:one]), "".join(new[at_new:two]), budget)
        if two < len(new):
            pieces.append(Piece("same", new[two]))
        at_old, at_new = one + 1, two + 1
    return list(_parted(_joined(pieces)))


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The sentences, unique in both texts, that come in the same order: the longest such list. In n log n."""
    counted = [Counter(map(str.strip, side)) for side in (old, new)]
    places = {text.strip(): place for place, text in enumerate(new)}
    pairs = [
        (place, places[text])
        for place, text in enumerate(map(str.strip, old))
        if text and counted[0][text] == counted[1][text] == 1
    ]
    # Of the lists of each length, the one that ends the soonest; and which pair came before each.
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for number, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1], last[length : length + 1] = [place], [number]
    found, number = [], last[-1] if last else -1
    while number >= 0:
        found.append(pairs[number])
        number = before[number]
    return found[::-1]


def _stretch(before: str, after: str, budget: Budget) -> Iterator[Piece]:
    """A stretch between two sentences that did not change."""
    if before.split() == after.split():
        yield Piece("same", after)
        return
    old, new = _WORD.findall(before), _WORD.findall(after)
    bare = [[word.strip() for word in side] for side in (old, new)]
    starts = _shared(bare[0], bare[1])
    shortest = min(len(old), len(new)) - starts
    ends = min(shortest, _shared(bare[0][::-1], bare[1][::-1]))
    yield Piece("same", "".join(new[:starts]))
    middle = [side[starts : len(side) - ends] for side in (old, new, *bare)]
    yield from _compared(middle[0], middle[1], middle[2], middle[3], budget)
    yield Piece("same", "".join(new[len(new) - ends :]))


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words they have in common at their beginning."""
    alike = (left == right for left, right in zip(one, other, strict=False))
    return sum(1 for _ in itertools.takewhile(bool, alike))


def _compared(
    old: list[str], new: list[str], bare_old: list[str], bare_new: list[str], budget: Budget
) -> Iterator[Piece]:
    if max(len(old), len(new)) > STRETCH or len(old) + len(new) > budget.words or not (old and new):
        yield from (Piece("gone", "".join(old)), Piece("new", "".join(new)))
        return
    budget.words -= len(old) + len(new)
    for kind, i, j, k, m in difflib.SequenceMatcher(None, bare_old, bare_new).get_opcodes():
        if kind == "equal":
            yield Piece("same", "".join(new[k:m]))
        else:
            yield from (Piece("gone", "".join(old[i:j])), Piece("new", "".join(new[k:m])))


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Without empty pieces; a lone short word between two changes goes with them: it reads better than confetti."""
    # Stretches by turns: what is the same, what is changed (gone, new).
    runs: list[tuple[str, str, str]] = []
    for piece in pieces:
        if not piece.text:
            continue
        one = (piece.kind, piece.text if piece.kind != "new" else "", piece.text if piece.kind != "gone" else "")
        _add(runs, ("same" if piece.kind == "same" else "changed", *one[1:]))
    found = []
    for kind, before, after in runs:
        told = [Piece("same", after)] if kind == "same" else [Piece("gone", before), Piece("new", after)]
        found += [piece for piece in told if piece.text]
    return found


def _parted(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Words taken away after the last ones of a text keep their distance from them."""
    for before, piece in zip([None, *pieces], pieces, strict=False):
        is_stuck = before is not None and before.kind == "same" and not before.text[-1].isspace()
        yield Piece("gone", f" {piece.text}") if is_stuck and piece.kind == "gone" else piece


def _add(runs: list[tuple[str, str, str]], run: tuple[str, str, str]) -> None:
    is_change = run[0] == "changed"
    if is_change and len(runs) > 1 and runs[-1][0] == "same" and _is_small(runs[-1][2]):
        _, before, after = runs.pop()
        run = ("changed", before + run[1], after + run[2])
    if runs and runs[-1][0] == run[0]:
        kind, before, after = runs.pop()
        run = (kind, before + run[1], after + run[2])
    runs.append(run)


def _is_small(text: str) -> bool:
    return len(text.split()) <= 1 and len(text.strip()) <= 3


def _cut(pieces: list[Piece]) -> list[Piece]:
    """Of what did not change, the words around what did."""
    last = len(pieces) - 1
    return [
        Piece("same", _around(piece.text, starts=place == 0, ends=place == last)) if piece.kind == "same" else piece
        for place, piece in enumerate(pieces)
    ]


def _around(text: str, *, starts: bool, ends: bool) -> str:
    if len(text) <= 2 * CONTEXT:
        return text
    head = "" if starts else text[:CONTEXT].rsplit(" ", 1)[0] + " "
    tail = "" if ends else " " + text[-CONTEXT:].split(" ", 1)[-1]
    return f"{head}[…]{tail}"
