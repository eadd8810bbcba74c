"""Every thing that a submission asks is told, in its section, at its field; nothing else is."""

import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal

import pytest

from guichet.applications.completeness import TEXTS, SectionState, missing, states
from guichet.applications.models import (
    ENVIRONMENTAL_UNITS,
    Application,
    Attachment,
    BudgetCategory,
    ImpactUnit,
    Section,
)
from guichet.calls.models import AttachmentKind
from guichet.core import clock
from guichet.documents.models import Document
from tests.factories.applications import make_application, make_cofunding
from tests.factories.calls import make_call


@pytest.fixture
def dossier(session) -> Application:
    call = make_call(attachment_kinds=[AttachmentKind(id=uuid.uuid4(), position=1, label="Devis")])
    return make_application(complete=True, call=call)


def gaps(application: Application) -> list[tuple[Section, str]]:
    return [(gap.section, gap.field) for gap in missing(application)]


def test_missing_is_empty_when_all_is_filled(dossier):
    assert missing(dossier) == []
    assert set(states(dossier).values()) == {SectionState.COMPLETE}


def test_missing_lists_all_for_a_draft_just_begun(session):
    empty = {"priority_actions", "plan_links", "milestones", "budget_lines", "indicators", "attachments"}
    draft = make_application(**{name: [] for name in empty}, family=None)

    found = states(draft)

    assert found == dict.fromkeys(Section, SectionState.EMPTY) | {Section.ATTACHMENTS: SectionState.COMPLETE}
    # In the order in which sections are filled.
    assert [section for section, _ in gaps(draft)] == sorted(
        (section for section, _ in gaps(draft)), key=list(Section).index
    )


@pytest.mark.parametrize(("section", "field"), [(s, field) for s, fields in TEXTS.items() for field, _ in fields])
def test_missing_asks_each_text(dossier, section, field):
    setattr(dossier, field, "")

    assert gaps(dossier) == [(section, field)]
    assert states(dossier)[section] in {SectionState.PARTIAL, SectionState.EMPTY}


CHANGES: dict[str, tuple[Callable[[Application], None], Section, str]] = {
    "no family": (lambda a: setattr(a, "family", None), Section.PROJECT, "family_id"),
    "no priority action": (lambda a: a.priority_actions.clear(), Section.PROJECT, "priority_action_ids"),
    "no time for the carrier": (
        lambda a: setattr(a, "carrier_time_percent", None),
        Section.TEAM,
        "carrier_time_percent",
    ),
    "no plan link": (lambda a: a.plan_links.clear(), Section.PLAN, "links-0-plan_action_id"),
    "no milestone": (lambda a: a.milestones.clear(), Section.CALENDAR, "milestones-0-label"),
    "no budget": (lambda a: a.budget_lines.clear(), Section.BUDGET, "lines-0-label"),
    "more resources than costs": (
        lambda a: make_cofunding(a, amount=Decimal("60000.01")),
        Section.BUDGET,
        "lines-0-amount_requested",
    ),
    "no indicator": (lambda a: a.indicators.clear(), Section.IMPACT, "indicators-0-label"),
    "no environmental indicator": (
        lambda a: setattr(a.indicators[0], "unit", ImpactUnit.UNITS),
        Section.IMPACT,
        "indicators-1-label",
    ),
    "no savings": (lambda a: setattr(a, "annual_savings", None), Section.IMPACT, "annual_savings"),
    "savings from no year": (lambda a: setattr(a, "savings_from_year", None), Section.IMPACT, "savings_from_year"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_missing_tells_one_gap(dossier, name):
    change, section, field = CHANGES[name]

    change(dossier)

    assert gaps(dossier) == [(section, field)]
    assert missing(dossier)[0].message.endswith(".")


@pytest.mark.parametrize("unit", ENVIRONMENTAL_UNITS)
def test_missing_takes_each_environmental_unit(dossier, unit):
    dossier.indicators[0].unit = unit

    assert missing(dossier) == []


def test_missing_asks_the_rgesn_of_a_digital_service(dossier):
    dossier.is_digital_service = True
    fields = ["rgesn_score", "rgesn_version", "rgesn_on"]
    assert gaps(dossier) == [(Section.IMPACT, field) for field in fields]

    dossier.rgesn_score, dossier.rgesn_version, dossier.rgesn_on = 0, "2024", dt.date(2026, 10, 1)

    assert missing(dossier) == []


def test_missing_takes_savings_of_nought_without_a_year(dossier):
    dossier.annual_savings, dossier.savings_from_year = Decimal(0), None

    assert missing(dossier) == []


@pytest.mark.parametrize(
    ("requested", "total", "told"),
    [
        ("24999.99", "100000.00", "au moins 25\u202f000\u00a0€"),
        ("25000.00", "50000.00", None),
        ("25000.01", "50000.00", "le plafond est de 50\u00a0%, donc 25\u202f000\u00a0€ au plus"),
        ("250000.00", "500000.00", None),
        ("250000.01", "600000.00", "au plus 250\u202f000\u00a0€"),
    ],
)
def test_missing_judges_amount_and_rate_to_the_cent(dossier, requested, total, told):
    line = dossier.budget_lines[0]
    line.amount, line.amount_requested = Decimal(total), Decimal(requested)

    messages = [gap.message for gap in missing(dossier)]

    assert len(messages) == (0 if told is None else 1)
    assert all(told in message for message in messages)


def test_missing_leaves_internal_staff_out_of_the_base_when_the_call_says_so(dossier):
    line = dossier.budget_lines[0]
    staff = type(line)(
        position=2, category=BudgetCategory.STAFF, label="Chef de projet", year=2027, amount=Decimal(120_000)
    )
    staff.amount_requested = Decimal(0)
    line.amount, line.amount_requested = Decimal(80_000), Decimal(60_000)
    dossier.budget_lines.append(staff)
    assert missing(dossier) == []

    dossier.call.staff_cost_counted = False
    assert ["une assiette de 80\u202f000\u00a0€, soit 75\u00a0%" in gap.message for gap in missing(dossier)] == [True]

    staff.amount_requested, line.amount_requested = Decimal(20_000), Decimal(20_000)
    assert [gap.message for gap in missing(dossier)] == [
        "L’appel ne finance pas le personnel interne : ligne « Chef de projet »."
    ]


def test_missing_asks_the_required_attachments(dossier):
    kind = dossier.call.attachment_kinds[0]
    assert missing(dossier) == []

    kind.required = True
    assert gaps(dossier) == [(Section.ATTACHMENTS, "kind_id")]

    dossier.attachments.append(Attachment(kind_id=kind.id, document=Document(), removed_at=clock.now()))
    assert gaps(dossier) == [(Section.ATTACHMENTS, "kind_id")]

    dossier.attachments.append(Attachment(kind_id=kind.id, document=Document()))
    assert missing(dossier) == []
    # Neither row is to be written: they have no document.
    dossier.attachments.clear()


def test_states_tell_a_section_begun_from_an_empty_one(dossier):
    dossier.risks = ""
    for field, _ in TEXTS[Section.SOLUTION]:
        setattr(dossier, field, "")

    found = states(dossier)

    assert found[Section.OPENNESS] is SectionState.PARTIAL
    assert found[Section.SOLUTION] is SectionState.EMPTY
