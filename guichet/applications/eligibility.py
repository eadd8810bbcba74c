"""A dossier before the rules of its call, as the desk and the submission read them."""

from decimal import Decimal

import sqlalchemy as sa

from guichet.applications import queries
from guichet.applications.models import Application, BudgetCategory, BudgetLine
from guichet.calls import eligibility
from guichet.calls import queries as calls
from guichet.core.db import db


def judged(application: Application) -> list[eligibility.Verdict]:
    """Every rule, kept or not; the dossier comes with its call and its organisation."""
    rules = eligibility.rules_of(application.call, calls.organisations_of(application.call_id))
    request = eligibility.Request(
        requested=application.amount_requested,
        total=application.total_cost,
        staff=Decimal(0) if rules.staff_counted else _staff(application),
    )
    return [
        *eligibility.judge_organisation(rules, application.organisation),
        number(application),
        *eligibility.judge_request(rules, request),
    ]


def number(application: Application) -> eligibility.Verdict:
    """Whether the ministry may have this dossier too; the database is asked only where the call limits them."""
    rules = eligibility.rules_of(application.call, ())
    already = rules.one_per_ministry and queries.has_submitted(
        application.ministry_id, application.call_id, but=application.id
    )
    return eligibility.judge_number(rules, already=already)


def _staff(application: Application) -> Decimal:
    total = sa.select(sa.func.coalesce(sa.func.sum(BudgetLine.amount), 0)).where(
        BudgetLine.application_id == application.id, BudgetLine.category == BudgetCategory.STAFF
    )
    return Decimal(db.session.scalar(total) or 0)
