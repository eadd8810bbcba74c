"""The ranking: one order for everybody, and never more above the line than the envelope holds."""

from dataclasses import dataclass
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from guichet.review.ranking import Scores, rank, scores_of

CENTS = st.decimals(0, 300_000, places=2)
MEANS = st.decimals(0, 100, places=2)


@dataclass(frozen=True)
class Dossier:
    reference: str
    amount_requested: Decimal
    takes: Decimal
    scores: Scores


@st.composite
def dossiers(draw):
    count = draw(st.integers(0, 12))
    # Few values, so that ties happen.
    amounts, means = draw(st.lists(CENTS, min_size=1, max_size=3)), draw(st.lists(MEANS, min_size=1, max_size=3))
    rows = []
    for number in range(count):
        amount = draw(st.sampled_from(amounts))
        opinions = draw(st.lists(st.sampled_from(means), max_size=3))
        takes = draw(st.sampled_from([amount, amount / 2, Decimal(0)]))
        rows.append(Dossier(f"NER-{number:04}", amount, takes, scores_of(opinions)))
    return rows


def names(places):
    return [place.candidate.reference for place in places]


def plain(reference, mean, amount, takes=None):
    amount = Decimal(amount)
    return Dossier(reference, amount, amount if takes is None else Decimal(takes), scores_of([Decimal(mean)]))


@given(dossiers(), CENTS, st.randoms())
def test_rank_gives_the_same_order_whatever_the_order_of_reading(rows, envelope, random):
    shuffled = list(rows)
    random.shuffle(shuffled)

    assert rank(shuffled, envelope) == rank(rows, envelope)


@given(dossiers(), CENTS)
def test_rank_keeps_every_dossier_once_from_the_best_to_the_worst(rows, envelope):
    places = rank(rows, envelope)

    assert sorted(names(places)) == sorted(row.reference for row in rows)
    assert [place.rank for place in places] == list(range(1, len(rows) + 1))
    means = [place.candidate.scores.mean for place in places]
    known = [mean for mean in means if mean is not None]
    assert known == sorted(known, reverse=True)
    assert means[len(known) :] == [None] * (len(means) - len(known))


@given(dossiers(), CENTS)
def test_rank_never_takes_more_above_the_line_than_the_envelope(rows, envelope):
    places = rank(rows, envelope)
    above = [place for place in places if place.funded]

    assert sum(place.candidate.takes for place in above) <= envelope
    # One line: whoever is under it stays under it.
    assert [place.funded for place in places] == [True] * len(above) + [False] * (len(places) - len(above))
    if len(above) < len(places) and places[len(above)].candidate.scores.mean is not None:
        assert places[len(above)].cumulative > envelope


@given(dossiers(), CENTS)
def test_rank_says_who_is_tied(rows, envelope):
    means = [row.scores.mean for row in rows]
    for place in rank(rows, envelope):
        mean = place.candidate.scores.mean
        assert place.tied == (mean is not None and means.count(mean) > 1)


@given(st.lists(MEANS, max_size=8))
def test_scores_of_stays_between_the_lowest_and_the_highest(means):
    scores = scores_of(means)

    assert scores.count == len(means)
    if means:
        assert scores.lowest <= scores.mean <= scores.highest
    else:
        assert (scores.mean, scores.lowest, scores.highest) == (None, None, None)


def test_scores_of_rounds_half_up():
    assert scores_of([Decimal("70.00"), Decimal("70.01")]).mean == Decimal("70.01")


def test_rank_breaks_ties_by_amount_then_by_reference():
    rows = [plain("B", 70, 30), plain("A", 70, 30), plain("C", 70, 20), plain("D", 80, 90)]

    assert names(rank(rows, Decimal(1000))) == ["D", "C", "A", "B"]


def test_rank_lets_nobody_jump_over_the_line():
    places = rank([plain("A", 90, 60), plain("B", 80, 60), plain("C", 70, 10)], Decimal(100))

    assert [(place.cumulative, place.funded) for place in places] == [
        (Decimal(60), True),
        (Decimal(120), False),
        (Decimal(130), False),
    ]


def test_rank_counts_what_a_decided_dossier_takes():
    places = rank([plain("A", 90, 60, takes=0), plain("B", 80, 60, takes=40), plain("C", 70, 60)], Decimal(100))

    assert [place.funded for place in places] == [True, True, True]
