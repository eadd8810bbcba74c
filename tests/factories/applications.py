"""Dossiers, the smallest valid ones; `complete=True` fills all that a submission asks."""

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any

from sqlalchemy.orm.attributes import set_committed_value

from guichet.accounts.models import Account, Role
from guichet.applications.models import (
    Application,
    ApplicationIndicator,
    ApplicationStatus,
    BudgetCategory,
    BudgetLine,
    CofunderKind,
    Cofunding,
    CofundingState,
    ImpactUnit,
    Milestone,
    PlanLink,
    TeamMember,
    TeamRole,
)
from guichet.calls.models import Call
from guichet.core import clock
from guichet.core.db import db
from guichet.plans.models import EngagementLevel, Theme
from guichet.questions import queries as questions
from tests.factories.accounts import make_account
from tests.factories.calls import make_call

_numbers = itertools.count(1)
NEVER_SUBMITTED = {ApplicationStatus.DRAFT, ApplicationStatus.AWAITING_ENDORSEMENT}

TEXTS = {
    "summary": "Prolonger de deux ans l’usage de 1 200 ordinateurs portables.",
    "problem": "Le parc est renouvelé tous les quatre ans.",
    "solution": "Un atelier de réparation et une politique de renouvellement.",
    "users_concerned": "1 200 agents.",
    "deliverables": "Un atelier, un guide, un tableau de suivi.",
    "without_funding": "Le projet serait reporté de deux ans.",
    "carrier_name": "Dominique Porteur",
    "carrier_mandate": "Lettre de mission du secrétaire général.",
    "stakeholders": "Direction du numérique, service des achats.",
    "close_projects": "Aucun projet proche connu.",
    "impact_method": "Facteurs publiés par la MiNumEco, 17,1 kg par an et par portable.",
    "own_footprint": "Outillage et déplacements : 2 t au plus.",
    "licence": "Licence Ouverte 2.0",
    "openness": "Le guide est publié.",
    "risks": "Pénurie de pièces.",
    "reuse": "Méthode transposable.",
    "feedback_sharing": "Webinaire interministériel.",
}


def make_application(
    *,
    call: Call | None = None,
    lead: Account | None = None,
    status: ApplicationStatus = ApplicationStatus.DRAFT,
    complete: bool = False,
    amount: int = 60_000,
    **columns: Any,
) -> Application:
    """A dossier of `lead`'s organisation; half of `amount` × 2 is requested when complete or submitted."""
    call = call or make_call()
    lead = lead or make_account(Role.APPLICANT)
    complete = complete or status not in NEVER_SUBMITTED
    columns.setdefault("title", "Prolonger la vie des ordinateurs")
    columns.setdefault("cofundings", [])
    if status not in NEVER_SUBMITTED:
        columns.setdefault("reference", f"TEST-{next(_numbers):04}")
        columns.setdefault("submitted_at", clock.now())
    if status is ApplicationStatus.AWARDED:
        columns.setdefault("amount_granted", Decimal(amount))
    if status is ApplicationStatus.REJECTED:
        columns.setdefault("outcome_reason", "Impact insuffisant.")
    if complete:
        columns = {**_complete(call, amount), **columns}
    if status not in NEVER_SUBMITTED:
        columns = {**_told(columns), **columns}
    application = Application(
        call=call,
        call_id=call.id,
        organisation=lead.organisation,
        organisation_id=lead.organisation_id,
        ministry_id=lead.organisation.ministry_id,
        status=status,
        team=[TeamMember(account=lead, account_id=lead.id, role=TeamRole.LEAD)],
        own=None,
        **columns,
    )
    db.session.add(application)
    db.session.flush()
    # What a page would find: the form that the call has published, if any.
    set_committed_value(application, "current_form", questions.published_of(call.id))
    return application


def hand_in(application: Application, status: ApplicationStatus = ApplicationStatus.SUBMITTED) -> None:
    """Put a draft in a status that follows its submission, as the use cases would, without their checks."""
    application.status = status
    application.reference, application.submitted_at = f"TEST-{next(_numbers):04}", clock.now()
    columns = ("title", "summary", "total_cost", "amount_requested", "is_digital_service")
    for name, value in _told({name: getattr(application, name) for name in columns}).items():
        setattr(application, name, value)


def _told(columns: dict[str, Any]) -> dict[str, Any]:
    """What its last submission said."""
    return {
        "submitted_title": columns["title"],
        "submitted_summary": columns.get("summary", ""),
        "submitted_cost": columns.get("total_cost", Decimal(0)),
        "submitted_amount": columns.get("amount_requested", Decimal(0)),
        "submitted_digital": columns.get("is_digital_service", False),
    }


def _complete(call: Call, amount: int) -> dict[str, Any]:
    year = clock.today().year + 1
    return {
        **TEXTS,
        "is_digital_service": False,
        "family": call.families[0],
        "priority_actions": list(call.priority_actions),
        "carrier_time_percent": 40,
        "annual_savings": Decimal(20_000),
        "savings_from_year": year,
        "total_cost": Decimal(2 * amount),
        "amount_requested": Decimal(amount),
        "plan_links": [
            PlanLink(
                proposed_title="Réparer les postes",
                proposed_theme=Theme.USE_PHASE,
                level_aimed=EngagementLevel.REALISATION,
            )
        ],
        "milestones": [Milestone(position=1, label="Ouverture de l’atelier", due_on=dt.date(year, 3, 1))],
        "budget_lines": [
            BudgetLine(
                position=1,
                category=BudgetCategory.EQUIPMENT,
                label="Outillage et pièces",
                year=year,
                amount=Decimal(2 * amount),
                amount_requested=Decimal(amount),
            )
        ],
        "indicators": [
            ApplicationIndicator(
                position=1,
                label="Émissions évitées",
                unit=ImpactUnit.KG_CO2E,
                baseline=Decimal(0),
                target=Decimal(41_040),
                measured_on=dt.date(year, 12, 31),
            )
        ],
        "attachments": [],
        "versions": [],
        "change_requests": [],
    }


def make_cofunding(application: Application, **columns: Any) -> Cofunding:
    """The Region gives 10,000 €, for sure."""
    values = {
        "position": len(application.cofundings) + 1,
        "name": "Région",
        "kind": CofunderKind.LOCAL,
        "year": clock.today().year + 1,
        "amount": Decimal(10_000),
        "state": CofundingState.ACQUIRED,
    }
    cofunding = Cofunding(**{**values, **columns})
    application.cofundings.append(cofunding)
    db.session.flush()
    return cofunding
