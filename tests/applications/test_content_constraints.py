"""The database refuses impossible dossiers, whoever writes: each named constraint is violated once."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from guichet.applications.models import (
    Application,
    ApplicationIndicator,
    ApplicationStatus,
    BudgetCategory,
    BudgetLine,
    Cofunding,
    ImpactUnit,
    Milestone,
    PlanLink,
    Recusal,
    TeamMember,
    TeamRole,
)
from guichet.core import clock
from guichet.core.db import db
from guichet.plans.models import EngagementLevel, Theme
from tests.factories.applications import make_application, make_cofunding
from tests.factories.plans import make_action, make_plan

S = ApplicationStatus


@pytest.fixture
def dossier(session) -> Application:
    return make_application(complete=True)


def write(*rows: Any) -> None:
    with db.session.begin_nested():
        db.session.add_all(rows)
        db.session.flush()


def refused_by(constraint: str, *rows: Any) -> None:
    """The rows cannot be written, and this constraint says so."""
    with pytest.raises(IntegrityError) as refusal:
        write(*rows)
    assert refusal.value.orig.diag.constraint_name == constraint


def changed(dossier: Application, **columns: Any) -> Application:
    for name, value in columns.items():
        setattr(dossier, name, value)
    return dossier


SUBMITTED = {"submitted_at": clock.now(), "reference": "X-1"}
IMPOSSIBLE: dict[str, dict[str, Any]] = {
    "ck_application_submitted_at_iff_submitted": SUBMITTED,
    "ck_application_reference_iff_submitted": {"reference": "X-1"},
    "ck_application_amount_granted_iff_awarded": {"amount_granted": Decimal(1)},
    "ck_application_amount_granted_positive": {"status": S.AWARDED, "amount_granted": Decimal(0), **SUBMITTED},
    "ck_application_granted_within_request": {"status": S.AWARDED, "amount_granted": Decimal(60_001), **SUBMITTED},
    "ck_application_amounts_not_negative": {"amount_requested": Decimal(-1)},
    "ck_application_request_within_cost": {"amount_requested": Decimal(120_001)},
    "ck_application_rejection_has_a_reason": {"status": S.REJECTED, **SUBMITTED},
    "ck_application_carrier_time_is_a_percentage": {"carrier_time_percent": 101},
    "ck_application_rgesn_score_is_a_percentage": {"rgesn_score": -1},
    "ck_application_ministry_rank_positive": {"ministry_rank": 0},
    "ck_application_told_iff_submitted": {"submitted_title": "Titre"},
}


@pytest.mark.parametrize("constraint", IMPOSSIBLE)
def test_an_impossible_dossier_is_refused(dossier, constraint):
    refused_by(constraint, changed(dossier, **IMPOSSIBLE[constraint]))


def test_a_status_of_no_list_is_refused(dossier):
    with pytest.raises(IntegrityError) as refusal:
        db.session.execute(sa.text("UPDATE application SET status = 'lost' WHERE id = :id"), {"id": dossier.id})
    assert refusal.value.orig.diag.constraint_name == "ck_application_applicationstatus"


def test_two_dossiers_have_two_references(session):
    make_application(status=S.SUBMITTED, reference="X-1")
    other = make_application(status=S.SUBMITTED, reference="X-2")

    refused_by("uq_application_reference", changed(other, reference="X-1"))


def test_two_dossiers_of_a_ministry_have_two_ranks_in_a_call(dossier):
    dossier.ministry_rank = 1
    lead = dossier.team[0].account
    other = make_application(call=dossier.call, lead=lead, ministry_rank=2)

    refused_by("uq_application_ministry_id_call_id_ministry_rank", changed(other, ministry_rank=1))


def test_a_person_is_once_in_a_team(dossier):
    lead = dossier.team[0]

    refused_by(
        "uq_team_member_application_id_account_id",
        TeamMember(application_id=dossier.id, account_id=lead.account_id, role=TeamRole.EDITOR),
    )


def link(dossier: Application, **columns: Any) -> PlanLink:
    return PlanLink(application_id=dossier.id, level_aimed=EngagementLevel.REFLECTION, **columns)


def test_a_link_is_to_an_action_or_to_a_proposal(dossier):
    action = make_action(make_plan(dossier.organisation))

    refused_by("ck_plan_link_existing_or_proposed", link(dossier, proposed_theme=Theme.TRAINING))
    refused_by("ck_plan_link_existing_or_proposed", link(dossier, plan_action_id=action.id, proposed_title="Deux"))
    refused_by("ck_plan_link_proposal_has_a_theme", link(dossier, proposed_title="Sans thème"))
    refused_by(
        "uq_plan_link_application_id_plan_action_id",
        link(dossier, plan_action_id=action.id),
        link(dossier, plan_action_id=action.id),
    )


def line(dossier: Application, **columns: Any) -> BudgetLine:
    columns = {"position": 2, "year": 2027, "amount": Decimal(10), **columns}
    return BudgetLine(application_id=dossier.id, category=BudgetCategory.OTHER, label="Divers", **columns)


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("ck_budget_line_amount_positive", {"amount": Decimal(0)}),
        ("ck_budget_line_request_within_amount", {"amount_requested": Decimal("-0.01")}),
        ("ck_budget_line_request_within_amount", {"amount_requested": Decimal("10.01")}),
        ("ck_budget_line_year_sensible", {"year": 1999}),
        ("uq_budget_line_application_id_position", {"position": 1}),
    ],
)
def test_an_impossible_budget_line_is_refused(dossier, constraint, columns):
    refused_by(constraint, line(dossier, **columns))


@pytest.mark.parametrize(
    ("constraint", "columns"),
    [
        ("ck_cofunding_amount_positive", {"amount": Decimal(0)}),
        ("ck_cofunding_name_not_empty", {"name": ""}),
        ("ck_cofunding_year_sensible", {"year": 2101}),
        ("uq_cofunding_application_id_position", {"position": 1}),
        ("ck_cofunding_cofunderkind", {"kind": "patron"}),
        ("ck_cofunding_cofundingstate", {"state": "promised"}),
    ],
)
def test_an_impossible_cofunding_is_refused(dossier, constraint, columns):
    make_cofunding(dossier)
    values = {"position": 2, "name": "Région", "kind": "local", "year": 2027, "amount": 10, "state": "asked", **columns}
    words = ", ".join(f":{name}" for name in values)
    inserted = sa.text(
        f"INSERT INTO cofunding (id, application_id, {', '.join(values)}) "  # noqa: S608 - names of columns
        f"VALUES (gen_random_uuid(), :application_id, {words})"
    )
    with pytest.raises(sa.exc.IntegrityError, match=constraint), db.session.begin_nested():
        db.session.execute(inserted, {"application_id": dossier.id, **values})


def test_two_rows_have_two_places(dossier):
    refused_by(
        "uq_milestone_application_id_position",
        Milestone(application_id=dossier.id, position=1, label="Deux", due_on=dt.date(2027, 1, 1)),
    )
    refused_by(
        "uq_application_indicator_application_id_position",
        ApplicationIndicator(
            application_id=dossier.id,
            position=1,
            label="Deux",
            unit=ImpactUnit.KWH,
            baseline=Decimal(0),
            target=Decimal(0),
        ),
    )


def test_a_person_is_recused_once(dossier):
    refused_by(
        "uq_recusal_application_id_account_id",
        *(Recusal(application_id=dossier.id, account_id=dossier.team[0].account_id, reason="Parent") for _ in range(2)),
    )


def test_every_constraint_of_the_dossier_is_tried_here():
    """A constraint that is added must be violated above: its name is in this file."""
    models = (Application, TeamMember, PlanLink, BudgetLine, Cofunding, Milestone, ApplicationIndicator, Recusal)
    names = {
        str(constraint.name)
        for model in models
        for constraint in model.__table__.constraints
        if isinstance(constraint, sa.CheckConstraint | sa.UniqueConstraint) and constraint.name is not None
    }
    text = Path(__file__).read_text(encoding="utf-8")

    # The lists of values are all made by `stored`: one of them is tried.
    values = {name for name in names if name.rsplit("_", 1)[-1] in {"teamrole", "budgetcategory", "impactunit"}}
    values |= {"ck_plan_link_proposed_theme", "ck_plan_link_level_aimed"}
    # Rounds have a file of their own.
    text += Path(__file__).with_name("test_rounds.py").read_text(encoding="utf-8")
    assert {name for name in names - values if name not in text} == set()


@pytest.mark.parametrize("column", ["title", "summary", "total_cost", "amount_requested", "is_digital_service"])
def test_the_words_submitted_are_those_of_the_dossier_but_while_complements_are_written(session, column):
    changes = {"total_cost": Decimal(130_000), "amount_requested": Decimal(50_000), "is_digital_service": True}
    change = {column: changes.get(column, "Récrit")}
    being_written = make_application(status=S.CHANGES_REQUESTED)
    being_examined = make_application(status=S.ELIGIBLE)

    write(changed(being_written, **change))
    refused_by("ck_application_told_as_submitted", changed(being_examined, **change))
