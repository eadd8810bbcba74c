"""What a dossier lacks to be submitted: shown on its pages, asked by the submission, section by section. Pure."""

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from guichet.applications.budget import LINES_A_PAGE, summarise
from guichet.applications.ceilings import broken
from guichet.applications.models import (
    ENVIRONMENTAL_UNITS,
    Application,
    ApplicationStatus,
    BudgetCategory,
    Section,
)
from guichet.applications.own import AnySection, OwnSection, all_sections, is_begun, lacking
from guichet.applications.sections import MOST_INDICATORS, MOST_KEPT
from guichet.calls import eligibility
from guichet.documents.models import ScanState


@dataclass(frozen=True)
class Gap:
    """One thing to do; `field` is the identifier of the control, or of its block, on the page of the section.

    `query` is what the address of that page says more, where it has several.
    """

    section: AnySection
    field: str
    message: str
    query: str = ""

    @property
    def place(self) -> str:
        """From the address of the section to the very field."""
        return f"{f'?{self.query}' if self.query else ''}#{self.field}"


class SectionState(enum.StrEnum):
    COMPLETE = "complete"
    PARTIAL = "partial"
    EMPTY = "empty"


TEXTS: dict[Section, tuple[tuple[str, str], ...]] = {
    Section.PROJECT: (("summary", "Résumez le projet."),),
    Section.SOLUTION: (
        ("problem", "Décrivez le besoin."),
        ("solution", "Décrivez la solution."),
        ("users_concerned", "Dites qui est concerné."),
        ("deliverables", "Listez les livrables."),
        ("without_funding", "Dites ce qui se passe sans financement."),
    ),
    Section.TEAM: (
        ("carrier_name", "Nommez l’agent qui porte le projet."),
        ("carrier_mandate", "Décrivez le mandat du porteur."),
        ("stakeholders", "Listez les parties prenantes et leur accord."),
        ("close_projects", "Citez les projets proches, ou écrivez qu’il n’y en a pas."),
    ),
    Section.IMPACT: (
        ("impact_method", "Décrivez la méthode d’estimation de l’impact."),
        ("own_footprint", "Décrivez l’empreinte du projet lui-même."),
    ),
    Section.OPENNESS: (
        ("licence", "Indiquez la licence des productions."),
        ("openness", "Dites ce qui sera publié."),
        ("risks", "Décrivez les risques."),
        ("reuse", "Dites comment d’autres ministères pourront réutiliser le projet."),
        ("feedback_sharing", "Dites comment le retour d’expérience sera partagé."),
    ),
}


def missing(application: Application) -> list[Gap]:
    """All that a submission asks and the dossier has not, in the order of the sections."""
    gaps = [*_texts(application), *(gap for check in CHECKS for gap in check(application))]
    gaps += [Gap(lack.section, lack.field, lack.message) for lack in lacking(application)]
    order = all_sections(application)
    return sorted(gaps, key=lambda gap: order.index(gap.section))


def states(application: Application) -> dict[AnySection, SectionState]:
    """How far each section is."""
    wanting = {gap.section for gap in missing(application)}
    return {section: _state(application, section, wanting) for section in all_sections(application)}


def _state(application: Application, section: AnySection, wanting: set[AnySection]) -> SectionState:
    if section not in wanting:
        return SectionState.COMPLETE
    return SectionState.PARTIAL if _is_begun(application, section) else SectionState.EMPTY


def _is_begun(application: Application, section: AnySection) -> bool:
    if isinstance(section, OwnSection):
        return is_begun(application, section)
    held: dict[Section, list[object]] = {
        Section.PROJECT: [application.family_id, application.priority_actions],
        Section.TEAM: [application.carrier_time_percent],
        Section.PLAN: [application.plan_links],
        Section.CALENDAR: [application.milestones],
        Section.BUDGET: [application.budget_lines, application.cofundings],
        Section.IMPACT: [application.indicators, application.annual_savings is not None],
        Section.ATTACHMENTS: [_kept_kinds(application)],
    }
    texts = [getattr(application, field) for field, _ in TEXTS.get(section, ())]
    return any(texts) or any(held.get(section, ()))


def _texts(application: Application) -> Iterator[Gap]:
    for section, fields in TEXTS.items():
        yield from (Gap(section, field, message) for field, message in fields if not getattr(application, field))


def _project(application: Application) -> Iterator[Gap]:
    if application.family is None:
        yield Gap(Section.PROJECT, "family_id", "Choisissez la famille de projet.")
    if not application.priority_actions:
        yield Gap(Section.PROJECT, "priority_action_ids", "Choisissez au moins une action prioritaire de l’appel.")


def _organisation(application: Application) -> Iterator[Gap]:
    rules = eligibility.rules_of(application.call, application.call.organisations)
    verdicts = eligibility.judge_organisation(rules, application.organisation)
    yield from (Gap(Section.PROJECT, "title", verdict.message) for verdict in eligibility.refusals(verdicts))


def _carrier(application: Application) -> Iterator[Gap]:
    if application.carrier_time_percent is None:
        yield Gap(Section.TEAM, "carrier_time_percent", "Indiquez le temps que le porteur y consacre.")


def _plan(application: Application) -> Iterator[Gap]:
    if not application.plan_links:
        yield Gap(
            Section.PLAN,
            "links-0-plan_action_id",
            "Rattachez le projet à une action du plan de votre ministère, ou proposez-en une.",
        )


def _calendar(application: Application) -> Iterator[Gap]:
    if not application.milestones:
        yield Gap(Section.CALENDAR, "milestones-0-label", "Ajoutez au moins un jalon daté.")


def _budget(application: Application) -> Iterator[Gap]:
    call = application.call
    if not application.budget_lines:
        yield Gap(Section.BUDGET, "lines-0-label", "Ajoutez au moins une ligne de dépense.")
        return
    budget = summarise(application.budget_lines, application.cofundings, staff_counted=call.staff_cost_counted)
    yield from (Gap(Section.BUDGET, "lines-0-amount_requested", message) for message in broken(budget, call))
    yield from _budget_lines(application)


def _budget_lines(application: Application) -> Iterator[Gap]:
    for index, line in enumerate(application.budget_lines):
        staff_refused = line.category is BudgetCategory.STAFF and not application.call.staff_cost_counted
        if staff_refused and line.amount_requested:
            message = f"L’appel ne finance pas le personnel interne : ligne « {line.label} »."
            page, place = divmod(index, LINES_A_PAGE)
            yield Gap(Section.BUDGET, f"lines-{place}-category", message, query=f"page={page + 1}")


def _impact(application: Application) -> Iterator[Gap]:
    if not any(indicator.unit in ENVIRONMENTAL_UNITS for indicator in application.indicators):
        units = "kg CO₂ éq., kWh, kg Sb éq. ou kg de matière"
        number = len(application.indicators)
        place = f"indicators-{number}-label" if number < MOST_INDICATORS else "indicators"
        yield Gap(Section.IMPACT, place, f"Ajoutez au moins un indicateur environnemental ({units}).")
    if application.annual_savings is None:
        yield Gap(Section.IMPACT, "annual_savings", "Indiquez l’économie annuelle attendue, 0 s’il n’y en a pas.")
    elif application.annual_savings and application.savings_from_year is None:
        yield Gap(Section.IMPACT, "savings_from_year", "Indiquez la première année d’économie.")


def _rgesn(application: Application) -> Iterator[Gap]:
    if not application.is_digital_service:
        return
    if application.rgesn_score is None:
        yield Gap(Section.IMPACT, "rgesn_score", "Indiquez le score RGESN du service numérique.")
    if not application.rgesn_version:
        yield Gap(Section.IMPACT, "rgesn_version", "Indiquez la version du RGESN.")
    if application.rgesn_on is None:
        yield Gap(Section.IMPACT, "rgesn_on", "Indiquez la date de l’évaluation RGESN.")


def _attachments(application: Application) -> Iterator[Gap]:
    kept = _kept_kinds(application)
    is_room = sum(attachment.removed_at is None for attachment in application.attachments) < MOST_KEPT
    for kind in application.call.attachment_kinds:
        if kind.required and kind.id not in kept:
            message = f"Joignez la pièce « {kind.label} »."
            yield Gap(Section.ATTACHMENTS, "kind_id" if is_room else "attachments", message, query=f"piece={kind.id}")


def infected(application: Application) -> Iterator[Gap]:
    """Asked only of those who can still change the files: nobody is stopped by what she may not put right."""
    if not _is_open(application, Section.ATTACHMENTS):
        return
    for attachment in application.attachments:
        if attachment.removed_at is None and attachment.document.scan_state is ScanState.INFECTED:
            name = attachment.document.name
            yield Gap(
                Section.ATTACHMENTS,
                f"piece-{attachment.id}",
                f"Remplacez ou retirez « {name} » : l’antivirus l’a trouvé infecté.",
            )


def _is_open(application: Application, section: Section) -> bool:
    match application.status:
        case ApplicationStatus.DRAFT:
            return True
        case ApplicationStatus.CHANGES_REQUESTED:
            asked = (request.sections for request in application.change_requests if request.is_open)
            return any(section.value in sections for sections in asked)
        case _:
            return False


def _kept_kinds(application: Application) -> set[object]:
    return {attachment.kind_id for attachment in application.attachments if attachment.removed_at is None}


CHECKS = (_organisation, _project, _carrier, _plan, _calendar, _budget, _impact, _rgesn, _attachments, infected)
