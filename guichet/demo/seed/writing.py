"""Writing a dossier from a project's texts: the values of each section, as the forms would give them."""

import datetime as dt
import io
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

from guichet.accounts.models import Account
from guichet.applications.models import Application, CofundingState, Section
from guichet.applications.queries import call_with_lists
from guichet.applications.sections import fingerprint
from guichet.applications.services import attachments, drafting
from guichet.core.db import db
from guichet.demo.seed import papers, questions
from guichet.demo.seed.cast import Cast, deadline_of, ministry_of, office_of, person
from guichet.demo.seed.texts import Cost, Dossier, Effect, Project, projects
from guichet.plans.models import EngagementLevel, Theme

Values = dict[str, Any]
NARROW_SPACE = "\u202f"
# Months between the closing of a call and the start of its projects.
START = 3


def title_of(dossier: Dossier) -> str:
    return dossier.title or projects()[dossier.project].title


def write(
    cast: Cast, dossier: Dossier, application: Application, sections: Iterable[Section], *, actor: Account
) -> None:
    """Fill `sections` one after the other."""
    for section in sections:
        if section is Section.ATTACHMENTS:
            questions.answer(application, actor=actor)
            attach(application, dossier, actor)
            continue
        values = WRITERS[section](cast, dossier, application)
        save(application, section, values, actor)


def save(application: Application, section: Section, values: Values, actor: Account) -> None:
    seen = fingerprint(application, section)
    drafting.save_section(application, section, values, seen=seen, actor=actor)
    # The dossier's version moves now, so that the next section is written on what this one left.
    db.session.flush()


def attach(application: Application, dossier: Dossier, actor: Account) -> None:
    """The papers that the call requires."""
    kinds = {kind.label: kind.id for kind in application.call.attachment_kinds}
    letter, budget = papers.letter(application, dossier.lead), papers.budget(application)
    for label, name, content in (
        ("Lettre d’engagement du service porteur", "lettre-d-engagement.pdf", letter),
        ("Budget détaillé", "budget-detaille.csv", budget),
    ):
        attachments.attach(application, io.BytesIO(content), name=name, kind_id=kinds[label], actor=actor)


def numbers(dossier: Dossier) -> dict[str, int]:
    """The project's figures at the size of this dossier."""
    return {name: round(value * dossier.scale) for name, value in projects()[dossier.project].values.items()}


def filled(text: str, dossier: Dossier) -> str:
    """`text` with this dossier's figures and names."""
    figures = {name: f"{value:,}".replace(",", NARROW_SPACE) for name, value in numbers(dossier).items()}
    office, ministry = office_of(dossier.lead), ministry_of(dossier.lead)
    names = {"le_ministere": ministry.the, "du_ministere": ministry.of}
    return text.format(**figures, **names, organisation=office.the, de_organisation=office.of)


def _project(_cast: Cast, dossier: Dossier, application: Application) -> Values:
    project = projects()[dossier.project]
    call = call_with_lists(application.call_id)
    families = {family.code: family.id for family in call.families}
    offered = {action.code: str(action.id) for action in call.priority_actions}
    return {
        "title": title_of(dossier),
        "summary": filled(project.summary, dossier),
        "family_id": families[project.family],
        "is_digital_service": project.digital_service,
        "priority_action_ids": [offered[code] for code in project.actions if code in offered],
    }


def _solution(_cast: Cast, dossier: Dossier, _application: Application) -> Values:
    project = projects()[dossier.project]
    return {
        "problem": filled(project.problem, dossier),
        "solution": filled(project.solution, dossier),
        "users_concerned": filled(project.users, dossier),
        "deliverables": filled(project.deliverables, dossier),
        "without_funding": filled(project.without_funding, dossier),
    }


def _team(_cast: Cast, dossier: Dossier, _application: Application) -> Values:
    project, holder = projects()[dossier.project], person(dossier.lead)
    return {
        "carrier_name": f"{holder.name}, {holder.job[0].lower()}{holder.job[1:]}",
        "carrier_mandate": filled(project.mandate, dossier),
        "carrier_time_percent": project.time,
        "stakeholders": filled(project.stakeholders, dossier),
        "close_projects": filled(project.close_projects, dossier),
    }


def _plan(cast: Cast, dossier: Dossier, _application: Application) -> Values:
    project = projects()[dossier.project]
    ministry = ministry_of(dossier.lead)
    existing = None if project.proposed else cast.actions[ministry.key, project.plan]
    links = [_link(existing, project.proposed, project.theme, project.level)]
    if dossier.proposes:
        links.append(_link(None, dossier.proposes, dossier.proposes_theme, EngagementLevel.REFLECTION))
    return {"links": links}


def _link(existing: UUID | None, title: str, theme: Theme | None, level: EngagementLevel) -> Values:
    return {"plan_action_id": existing, "proposed_title": title, "proposed_theme": theme, "level_aimed": level}


def _calendar(_cast: Cast, dossier: Dossier, application: Application) -> Values:
    return {
        "milestones": [
            {"label": filled(step.label, dossier), "due_on": _after(application, step.months)}
            for step in projects()[dossier.project].milestones
        ]
    }


def _budget(_cast: Cast, dossier: Dossier, application: Application) -> Values:
    first_year = _after(application, 0).year
    costs = projects()[dossier.project].budget
    return {
        "lines": [_line(cost, dossier, first_year) for cost in costs],
        "cofundings": [_cofunding(cost, dossier, first_year) for cost in costs if cost.cofunded],
    }


def _cofunding(cost: Cost, dossier: Dossier, first_year: int) -> Values:
    """Who else pays a part of this cost; told as acquired where the project's first year has it."""
    return {
        "name": cost.cofunder,
        "kind": cost.cofunder_kind,
        "year": first_year + cost.year,
        "amount": tens(cost.cofunded * dossier.scale),
        "state": CofundingState.ACQUIRED if cost.year == 0 else CofundingState.ASKED,
    }


def _line(cost: Cost, dossier: Dossier, first_year: int) -> Values:
    return {
        # A new line of the budget.
        "id": None,
        "category": cost.category,
        "label": filled(cost.label, dossier),
        "year": first_year + cost.year,
        "amount": tens(cost.amount * dossier.scale),
        "amount_requested": tens(cost.requested * dossier.scale),
    }


def tens(amount: float) -> Decimal:
    """`amount` in tens of euros, as people budget."""
    return Decimal(int(amount // 10 * 10))


def _impact(_cast: Cast, dossier: Dossier, application: Application) -> Values:
    project = projects()[dossier.project]
    start = _after(application, 0)
    return {
        "impact_method": filled(project.impact_method, dossier),
        "own_footprint": filled(project.own_footprint, dossier),
        "annual_savings": tens(project.savings * dossier.scale),
        "savings_from_year": start.year + project.savings_after if project.savings else None,
        "rgesn_score": project.rgesn,
        "rgesn_version": "2024" if project.digital_service else "",
        "rgesn_on": application.call.opens_at.date() + dt.timedelta(days=2) if project.digital_service else None,
        "indicators": [_effect(effect, dossier, application) for effect in project.indicators],
    }


def _effect(effect: Effect, dossier: Dossier, application: Application) -> Values:
    scale = Decimal(1) if effect.fixed else Decimal(str(dossier.scale))
    return {
        "label": effect.label,
        "unit": effect.unit,
        "baseline": effect.baseline * scale,
        "target": effect.target * scale,
        "measured_on": _after(application, effect.months),
    }


def _openness(_cast: Cast, dossier: Dossier, _application: Application) -> Values:
    project = projects()[dossier.project]
    return {
        "licence": project.licence,
        "openness": filled(project.openness, dossier),
        "risks": filled(project.risks, dossier),
        "reuse": filled(project.reuse, dossier),
        "feedback_sharing": filled(project.feedback, dossier),
    }


def _after(application: Application, months: int) -> dt.date:
    """The first day of a month, so many after the project's start."""
    closing = deadline_of(application.call).date()
    passed = closing.month - 1 + START + months
    return dt.date(closing.year + passed // 12, passed % 12 + 1, 1)


WRITERS: dict[Section, Callable[[Cast, Dossier, Application], Values]] = {
    Section.PROJECT: _project,
    Section.SOLUTION: _solution,
    Section.TEAM: _team,
    Section.PLAN: _plan,
    Section.CALENDAR: _calendar,
    Section.BUDGET: _budget,
    Section.IMPACT: _impact,
    Section.OPENNESS: _openness,
}


def amend(application: Application, dossier: Dossier, *, actor: Account) -> None:
    """The answer to the complements asked: the method is told further, the other sections named are read again."""
    if not dossier.answer:
        return
    if Section.IMPACT in dossier.complements:
        values = WRITERS[Section.IMPACT](Cast(), dossier, application)
        for before, after in dossier.corrects.items():
            values["impact_method"] = values["impact_method"].replace(before, after)
        values["impact_method"] += "\n\n" + dossier.answer
        save(application, Section.IMPACT, values, actor)
    elif Section.TEAM in dossier.complements:
        values = WRITERS[Section.TEAM](Cast(), dossier, application)
        values["stakeholders"] += "\n\n" + dossier.answer
        save(application, Section.TEAM, values, actor)


def project_of(dossier: Dossier) -> Project:
    return projects()[dossier.project]
