"""A call's configuration as a file: there and back, and what is refused, with its line."""

import datetime as dt
import string
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guichet.accounts.models import OrganisationKind
from guichet.calls import portable
from guichet.calls.dating import CallKind
from guichet.calls.models import Applicability
from guichet.web.filters import ZONES

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t"), max_size=80)
LABELS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60)
FILLED = TEXT.filter(lambda text: text.strip())
CODES = st.from_regex(r"[A-Z0-9]{1,6}(-[A-Z0-9]{1,6})?", fullmatch=True)
PERCENTS = st.decimals(Decimal("0.01"), 100, places=2)
NAMES = st.lists(FILLED, max_size=3, unique=True).map(tuple)
CRITERIA = st.builds(
    portable.CriterionLine,
    title=FILLED,
    description=TEXT,
    weight=PERCENTS,
    highest_mark=st.integers(1, 20),
    applicability=st.sampled_from(Applicability),
)
INSTANTS = st.datetimes(dt.datetime(2010, 1, 1), dt.datetime(2090, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001


@st.composite
def configurations(draw):
    opens_at = draw(INSTANTS)
    kind = draw(st.sampled_from(CallKind))
    endless = kind is CallKind.CONTINUOUS and draw(st.booleans())
    spans = draw(st.lists(st.integers(1, 10**7), min_size=1, max_size=4))
    closings = [opens_at + dt.timedelta(seconds=sum(spans[:number])) for number in range(1, len(spans) + 1)]
    amount_min = draw(st.decimals(Decimal("0.01"), 5_000_000_000, places=2))
    kinds = draw(st.sets(st.sampled_from(OrganisationKind)))
    attachments = draw(st.dictionaries(FILLED, st.booleans(), max_size=3))
    return portable.Configuration(
        title=draw(FILLED),
        code=draw(CODES),
        summary=draw(FILLED),
        description=draw(TEXT),
        who_may_apply=draw(TEXT),
        contact_email=draw(st.sampled_from(["", "guichet@ministere.example"])),
        time_zone=draw(st.sampled_from(list(ZONES))),
        opens_at=opens_at,
        kind=kind,
        closes_at=None if kind is CallKind.ROUNDS or endless else closings[-1],
        rounds=tuple((draw(LABELS), closing) for closing in closings) if kind is CallKind.ROUNDS else (),
        amount_min=amount_min,
        amount_max=amount_min + draw(st.decimals(0, 1_000_000, places=2)),
        max_rate=draw(PERCENTS),
        staff_cost_counted=draw(st.booleans()),
        endorsement_required=draw(st.booleans()),
        reviews_required=draw(st.integers(1, 10)),
        decision_delay_days=draw(st.none() | st.integers(1, 730)),
        applicant_kinds=tuple(kind for kind in OrganisationKind if kind in kinds),
        organisations=draw(NAMES),
        one_per_ministry=draw(st.booleans()),
        families=draw(NAMES),
        priority_actions=draw(NAMES),
        criteria=tuple(draw(st.lists(CRITERIA, max_size=3))),
        attachments=tuple(attachments.items()),
        documents=draw(NAMES),
    )


@settings(max_examples=60, deadline=None)
@given(configurations())
def test_a_configuration_comes_back_as_it_was(configuration):
    assert portable.load(portable.dump(configuration)) == configuration


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=300) | st.text(string.printable, max_size=300))
def test_any_text_is_a_call_or_a_told_refusal(text):
    with pytest.raises(portable.Unreadable) as refused:
        portable.load(text)

    assert refused.value.faults


VALID = """\
format: 1
titre: Numérique écoresponsable
code: NER-2027
resume: Un résumé.
dates:
  fuseau: Pacific/Noumea
  ouverture: 2027-01-04T08:00:00
  cloture: 2027-03-31T17:00:00
argent:
  montant_minimal: 25000
  montant_maximal: 250000.50
  taux_maximal: 50
  personnel_compte: true
eligibilite:
  natures: [ministry]
  un_dossier_par_ministere: non
instruction:
  visa: true
  evaluations: 2
criteres:
  - titre: Impacts
    poids: 2.5
    note_maximale: 4
    s_applique_a: always
"""


def test_a_file_written_by_hand_is_read_in_its_own_zone():
    found = portable.load(VALID)

    assert found.opens_at == dt.datetime(2027, 1, 3, 21, tzinfo=dt.UTC)
    assert found.amount_max == Decimal("250000.50")
    assert found.applicant_kinds == (OrganisationKind.MINISTRY,)
    assert [line.weight for line in found.criteria] == [Decimal("2.5")]


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("25000\n", ".nan\n", "ligne 10 : « montant_minimal »"),
        ("25000\n", ".inf\n", "ligne 10 : « montant_minimal »"),
        ("25000\n", "1e999999\n", "ligne 10 : « montant_minimal »"),
        ("25000\n", "9" * 400 + "\n", "ligne 10 : « montant_minimal »"),
        ("25000\n", "-5\n", "ligne 10 : « montant_minimal »"),
        ("25000\n", "0x10\n", "ligne 10 : « montant_minimal »"),
        ("25000\n", "[1, 2]\n", "ligne 10 : « montant_minimal » attend une seule valeur"),
        ("25000\n", "300000\n", "ligne 11 : le montant maximal doit atteindre"),
        ("taux_maximal: 50", "taux_maximal: 100.01", "ligne 12 : « taux_maximal » doit être entre"),
        ("taux_maximal: 50", "taux_maximal: 33.333", "ligne 12 : « taux_maximal » attend un nombre"),
        ("evaluations: 2", "evaluations: 2.5", "ligne 19 : « evaluations » attend un nombre entier"),
        ("visa: true", "visa: peut-être", "ligne 18 : « visa » attend"),
        ("Pacific/Noumea", "Mars/Olympe", "ligne 6 : « fuseau » attend"),
        ("2027-01-04T08:00:00", "demain", "ligne 7 : « ouverture » attend une date"),
        ("2027-01-04T08:00:00", "2027-02-30T08:00:00", "ligne 7 : « ouverture » attend une date"),
        ("2027-03-31T17:00:00", "2026-03-31T17:00:00", "ligne 8 : la clôture doit suivre"),
        ("[ministry]", "[royaume]", "ligne 15 : « natures » attend"),
        ("NER-2027", "ner 2027", "ligne 3 : « code » attend"),
        ("code: NER-2027", "titre: Encore", "ligne 3 : la clé « titre » est écrite deux fois"),
        ("resume: Un résumé.", "resumé: Un résumé.", "ligne 4 : la clé « resumé » n’est pas connue"),
        ("code: NER-2027\n", "", "il manque « code »"),
        ("resume: Un résumé.", "resume: &a Un résumé.", "ligne 4 : les ancres et les alias sont refusés"),
        ("resume: Un résumé.", "resume: *a", "ligne 4 : les ancres et les alias sont refusés"),
        ("resume: Un résumé.", "resume: !!python/name:os.system x", "ligne 4 : les étiquettes"),
        ("resume: Un résumé.", "resume: [[[[[[[[[1]]]]]]]]]", "ligne 4 : trop de niveaux"),
        ("resume: Un résumé.", 'resume: "a\\0b"', "ligne 4 : « resume » contient un caractère interdit"),
        ("resume: Un résumé.", "resume: {", "n’est pas du YAML"),
        ("resume: Un résumé.", "resume: " + "a" * 501, "ligne 4 : « resume » dépasse 500 caractères"),
        ("format: 1", "format: 2", "ligne 1 : « format » doit être 1"),
    ],
)
def test_a_fault_is_told_with_its_line(before, after, fault):
    with pytest.raises(portable.Unreadable) as refused:
        portable.load(VALID.replace(before, after, 1))

    assert fault in " ".join(refused.value.faults)


def test_all_faults_are_told_at_once_in_the_order_of_the_file():
    wrong = VALID.replace("25000\n", "beaucoup\n").replace("evaluations: 2", "evaluations: 99").replace("NER", "ner")

    with pytest.raises(portable.Unreadable) as refused:
        portable.load(wrong)

    assert [fault.split(" :")[0] for fault in refused.value.faults] == ["ligne 3", "ligne 10", "ligne 19"]


@pytest.mark.parametrize(
    "text", ["", "[]", "a", "- 1\n" * 13_000, "a" * 400_001, "a" * 5_000_000, "x: \x07", "? [a]\n: b"]
)
def test_what_is_no_configuration_is_refused(text):
    with pytest.raises(portable.Unreadable):
        portable.load(text)
