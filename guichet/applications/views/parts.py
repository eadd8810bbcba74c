"""What the pages of a dossier share: breadcrumb, list of its sections, list of what it lacks, its buttons."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import url_for
from flask_wtf import FlaskForm

from guichet.accounts.access import current_account
from guichet.accounts.models import Account
from guichet.applications import policies
from guichet.applications.awaited import Awaited, awaited, who_hands_in
from guichet.applications.completeness import Gap, SectionState, missing, states
from guichet.applications.legal_clock import clock_of, in_words
from guichet.applications.models import NEVER_SUBMITTED, Application, ApplicationStatus, Section
from guichet.applications.own import AnySection, OwnSection, all_sections
from guichet.applications.services import presence
from guichet.applications.workflow import WORKFLOW
from guichet.core import clock
from guichet.core.money import ZERO
from guichet.web.filters import hour
from guichet.web.pages import page
from guichet.workflow.engine import open_transitions

Crumbs = list[tuple[str, str | None]]
SHOWN_STATES = {
    SectionState.COMPLETE: "complete",
    SectionState.PARTIAL: "incomplete",
    SectionState.EMPTY: "incomplete",
}
# Transition -> page of the step, in the order of the buttons.
STEPS = {
    "submit": "applications.submit",
    "endorse": "applications.endorse",
    "request_endorsement": "applications.request_endorsement",
    "resubmit": "applications.resubmit",
    "return_to_draft": "applications.return_to_draft",
    "withdraw": "applications.withdraw",
}


@dataclass(frozen=True)
class SectionItem:
    """A line of the list of sections, as macros/stepper.html draws it."""

    label: str
    url: str
    state: str | None
    current: bool
    detail: str


@dataclass(frozen=True)
class Step:
    label: str
    url: str


@dataclass(frozen=True)
class Standing:
    """The banner of every page of a dossier. `gaps` counts what it lacks, for those who write it (None for others); `delay`
    says where the time to decide is.
    """

    awaited: Awaited
    gaps: int | None
    hands_in: str
    delay: str


@dataclass(frozen=True)
class Words:
    """What the headings of a dossier's pages say of it: as it is being written, or as submitted to who may not read that."""

    title: str
    total_cost: Decimal
    amount_requested: Decimal
    saved_at: dt.datetime | None


def words(application: Application) -> Words:
    if policies.can_read_rewriting(current_account(), application):
        money = application.total_cost, application.amount_requested
        return Words(application.title, *money, application.saved_at)
    money = application.submitted_cost or ZERO, application.submitted_amount or ZERO
    return Words(application.known_title, *money, None)


def standing(application: Application, actor: Account) -> Standing:
    writes = policies.is_on_team(actor, application) or policies.is_focal_point(actor, application)
    shown = writes and _is_being_written(application)
    count = clock_of(application, at=clock.now())
    return Standing(
        awaited=awaited(application, at=clock.now()),
        delay=in_words(count, yours=writes) if count else "",
        gaps=len(missing(application)) if shown else None,
        hands_in=who_hands_in(application) if shown else "",
    )


def dossier_page(
    template: str, form: FlaskForm | None, application: Application, *here: str, **context: Any
) -> tuple[str, int]:
    """A page of the dossier, under its banner and the way to `here`."""
    return page(
        template,
        form,
        application=application,
        words=words(application),
        standing=standing(application, current_account()),
        crumbs=crumbs(application, *here),
        **context,
    )


def company(application: Application, section: Section, actor: Account) -> str:
    """Who else is writing the section at this moment, in words; empty when nobody is."""
    zone = application.call.time_zone
    others = presence.others(application, section, actor=actor)
    return " ".join(f"{name} écrit aussi dans cette rubrique depuis {hour(since, zone)}." for name, since in others)


def crumbs(application: Application, *here: str) -> Crumbs:
    """The way to a page of the dossier; without `here`, to the dossier itself."""
    url = url_for("applications.show", application_id=application.id) if here else None
    way: Crumbs = [("Accueil", "/"), ("Dossiers", url_for("applications.index")), (words(application).title, url)]
    return [*way, *((label, None) for label in here)]


def section_items(application: Application, actor: Account, current: AnySection | None = None) -> list[SectionItem]:
    """The sections of the dossier, each with its page and, while it is being written, how far it is."""
    if not policies.can_read_rewriting(actor, application):
        return []
    found = states(application) if _is_being_written(application) else {}
    return [
        SectionItem(
            label=section.label,
            url=section_url(application, actor, section),
            state=_shown_state(application, actor, section, found.get(section)),
            current=section == current,
            detail="Pas commencé" if found.get(section) is SectionState.EMPTY else "",
        )
        for section in all_sections(application)
    ]


def _is_being_written(application: Application) -> bool:
    return application.status in NEVER_SUBMITTED or application.status is ApplicationStatus.CHANGES_REQUESTED


def _shown_state(
    application: Application, actor: Account, section: AnySection, state: SectionState | None
) -> str | None:
    if application.status is ApplicationStatus.CHANGES_REQUESTED and not policies.can_edit_section(
        actor, application, section
    ):
        return "locked"
    return SHOWN_STATES[state] if state else None


def section_url(application: Application, actor: Account, section: AnySection) -> str:
    """Where `actor` writes the section, or reads it when it is closed to her."""
    if policies.can_edit_section(actor, application, section):
        if isinstance(section, OwnSection):
            return url_for("applications.own_section", application_id=application.id, key=section.key)
        return url_for("applications.section", application_id=application.id, slug=section.slug)
    return url_for("applications.content", application_id=application.id, _anchor=section.slug)


def gaps_with_links(application: Application, actor: Account) -> list[tuple[Gap, str]]:
    """What the dossier lacks while it is being written, each with the place where to fill it."""
    if not _is_being_written(application) or not policies.can_read_rewriting(actor, application):
        return []
    return [
        (gap, section_url(application, actor, gap.section) + (gap.place if _is_open(application, actor, gap) else ""))
        for gap in missing(application)
    ]


def _is_open(application: Application, actor: Account, gap: Gap) -> bool:
    return policies.can_edit_section(actor, application, gap.section)


def steps(application: Application, actor: Account) -> list[Step]:
    """The buttons of the dossier: the transitions that `actor` could make now."""
    names = open_transitions(WORKFLOW, application, actor)
    return [
        Step(WORKFLOW[name].label, url_for(endpoint, application_id=application.id))
        for name, endpoint in STEPS.items()
        if name in names
    ]
