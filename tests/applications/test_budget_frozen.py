"""What a submission freezes of a budget, what the difference of two versions says, and how an old version still reads."""

from decimal import Decimal

import pytest

from guichet.accounts.models import Account, Role
from guichet.applications.differences import between
from guichet.applications.frozen import content_of, reading_of
from guichet.applications.models import Section
from guichet.applications.receipts import receipt_data
from guichet.applications.services import submission
from guichet.core import clock
from guichet.core.errors import RuleBroken
from guichet.core.transaction import unit_of_work
from tests.factories.accounts import make_account
from tests.factories.applications import make_application, make_cofunding
from tests.factories.submission import loaded, make_submitted


@pytest.fixture
def lead(session) -> Account:
    return make_account(Role.APPLICANT)


def frozen(application, lead, number=1):
    return content_of(application, number=number, at=clock.now(), by=lead)


def budget_of(content) -> dict[str, str]:
    return dict(next(section.pairs for section in reading_of(content) if section.slug == Section.BUDGET))


def test_cofunders_are_frozen_with_their_amounts(lead):
    application = make_application(lead=lead, complete=True)
    make_cofunding(application, amount=Decimal("12000.50"))

    told = budget_of(frozen(application, lead))

    year = clock.today().year + 1
    assert told["Cofinancements"] == (
        f"Cofinanceur : Région ; Nature : Collectivité ; Année : {year} ; Montant : 12\u202f000,50\u00a0€ ; État : Acquis"
    )
    assert told["Montant cofinancé"] == "12\u202f000,50\u00a0€"
    # Four amounts, never mixed: what is granted, committed or paid is no part of what is submitted.
    assert list(told) == ["Dépenses", "Cofinancements", "Coût total", "Montant demandé", "Montant cofinancé"]


def test_the_difference_of_two_versions_names_the_cofunder_that_came(lead):
    application = make_application(lead=lead, complete=True)
    before = frozen(application, lead)
    make_cofunding(application, name="Département")

    found = between(before, frozen(application, lead, 2))

    assert [(change.label, change.before) for change in found] == [
        ("Cofinancements", ""),
        ("Montant cofinancé", "0\u00a0€"),
    ]
    (line,) = found[0].lines
    assert (line.kind, "Département" in line.text) == ("new", True)


def old_version(lead):
    """A version frozen before co-funders had a list of their own."""
    content = frozen(make_application(lead=lead, complete=True), lead)
    (section,) = (section for section in content["sections"] if section["section"] == "budget")
    columns = ["Poste", "Dépense", "Année", "Montant", "Demandé", "Cofinancé", "Cofinanceur"]
    kinds = ["text", "text", "text", "euros", "euros", "euros", "text"]
    section["fields"] = [
        {
            "key": "budget_lines",
            "label": "Dépenses",
            "kind": "table",
            "columns": [{"label": label, "kind": kind} for label, kind in zip(columns, kinds, strict=True)],
            "value": [["Matériel", "Bancs", "2026", "100.00", "50.00", "10.00", "Région"]],
        },
        {"key": "total_cost", "label": "Coût total", "kind": "euros", "value": "100.00"},
    ]
    return content


def test_an_old_version_still_reads(lead):
    told = budget_of(old_version(lead))

    assert told["Dépenses"].endswith("Demandé : 50\u00a0€ ; Cofinancé : 10\u00a0€ ; Cofinanceur : Région")


def test_the_receipt_tells_the_amounts_that_were_handed_in(lead):
    application = make_submitted(lead)
    version = application.versions[-1]

    facts = dict(receipt_data(version, application.call)["facts"])

    assert (facts["Coût total"], facts["Montant demandé"]) == ("120\u202f000\u00a0€", "60\u202f000\u00a0€")
    assert facts["Montant cofinancé"] == "0\u00a0€"
    version.content = {**old_version(lead), "reference": application.reference}
    facts = dict(receipt_data(version, application.call)["facts"])
    assert facts["Coût total"] == "100\u00a0€"
    assert "Montant cofinancé" not in facts


def test_submit_judges_the_budget_again(lead):
    application = make_application(lead=lead, complete=True)
    make_cofunding(application, amount=Decimal(60_001))

    with pytest.raises(RuleBroken, match="c’est 1\u00a0€ de trop"), unit_of_work():
        submission.submit(loaded(application), actor=lead)
