"""What each section holds, as plain values: to fill its form, to notice that somebody changed it. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from guichet.applications import merging
from guichet.applications.models import Application, Section

COLUMNS: dict[Section, tuple[str, ...]] = {
    Section.PROJECT: ("title", "summary", "family_id", "is_digital_service"),
    Section.SOLUTION: ("problem", "solution", "users_concerned", "deliverables", "without_funding"),
    Section.TEAM: ("carrier_name", "carrier_mandate", "carrier_time_percent", "stakeholders", "close_projects"),
    Section.IMPACT: (
        "impact_method",
        "own_footprint",
        "annual_savings",
        "savings_from_year",
        "rgesn_score",
        "rgesn_version",
        "rgesn_on",
    ),
    Section.OPENNESS: ("licence", "openness", "risks", "reuse", "feedback_sharing"),
}
LINK = ("plan_action_id", "proposed_title", "proposed_theme", "level_aimed")
MILESTONE = ("label", "due_on")
LINE = ("id", "category", "label", "year", "amount", "amount_requested")
COFUNDING = ("name", "kind", "year", "amount", "state")
INDICATOR = ("label", "unit", "baseline", "target", "measured_on")

MOST_INDICATORS, MOST_KEPT = 8, 20

Values = dict[str, Any]


def values_of(application: Application, section: Section) -> Values:
    """The content of `section`; rows are dictionaries, in their order."""
    values = {name: getattr(application, name) for name in COLUMNS.get(section, ())}
    match section:
        case Section.PROJECT:
            values["priority_action_ids"] = [str(action.id) for action in application.priority_actions]
        case Section.PLAN:
            # Links made in one save share their instant: the identifier settles the order.
            links = sorted(application.plan_links, key=lambda link: (link.created_at, link.id))
            values["links"] = _rows(links, LINK)
        case Section.CALENDAR:
            values["milestones"] = _rows(application.milestones, MILESTONE)
        case Section.BUDGET:
            values["lines"] = _rows(application.budget_lines, LINE)
            values["cofundings"] = _rows(application.cofundings, COFUNDING)
        case Section.IMPACT:
            values["indicators"] = _rows(application.indicators, INDICATOR)
        case _:
            pass
    return values


def _rows(things: Iterable[Any], names: tuple[str, ...]) -> list[Values]:
    return [{name: getattr(thing, name) for name in names} for thing in things]


def fingerprint(application: Application, section: Section, shown: Mapping[str, str] | None = None) -> str:
    """Changes whenever the content of `section` does, and only then: two people may write two sections at once.

    `shown` (see merging.Merge.kept) is for a page that goes on without having been given somebody else's values.
    """
    return merging.fingerprint(values_of(application, section), shown)
