"""The fictitious dossiers: the values of each section, as the forms would give them, within the rules of the call."""

import datetime as dt
import io
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

from guichet.accounts.models import Account
from guichet.applications.models import Application, BudgetCategory, ImpactUnit, Section
from guichet.applications.own import OwnSection, fingerprint, sheet_of
from guichet.applications.queries import call_with_lists, one_for
from guichet.applications.sections import fingerprint as section_fingerprint
from guichet.applications.services import attachments, drafting, own
from guichet.calls.models import Call
from guichet.core import clock
from guichet.core.db import db
from guichet.core.money import euros
from guichet.plans.models import EngagementLevel, Theme
from guichet.questions.answers import Names
from guichet.questions.definition import Kind, Question
from guichet.questions.definition import Section as OwnPart
from guichet.rehearsal.report import Place
from guichet.rehearsal.story.answers import NoAnswer, Style, answer_to
from guichet.rehearsal.story.blocked import Blocked, leads_to
from guichet.rehearsal.story.cast import Team
from guichet.rehearsal.story.copying import closing_of

TEXT = "Texte fictif, écrit pour la répétition de l’appel."
LATEST_YEAR = 2100
Values = dict[str, Any]
# Its content and its name.
File = tuple[io.BytesIO, str]


@dataclass(frozen=True)
class Profile:
    """What tells a dossier from the others; `quality` is the part of the highest marks that it deserves."""

    title: str
    style: Style
    is_digital_service: bool
    quality: Decimal

    def amount(self, call: Call) -> Decimal:
        """What it asks for, in euros: a typical dossier stands half-way between the call's amounts."""
        match self.style:
            case Style.LARGEST:
                return call.amount_max
            case Style.LEAST:
                return call.amount_min
            case _:
                return euros((call.amount_min + call.amount_max) / 2)


PROFILES = (
    Profile("Dossier fictif courant", Style.TYPICAL, is_digital_service=True, quality=Decimal("0.9")),
    Profile("Dossier fictif au montant maximal", Style.LARGEST, is_digital_service=False, quality=Decimal("0.75")),
    Profile("Dossier fictif au montant minimal", Style.LEAST, is_digital_service=False, quality=Decimal("0.5")),
)


def write(application: Application, profile: Profile, team: Team) -> tuple[Application, list[str]]:
    """Fill the whole dossier, own questions and files included. Returns it as it is now, and what deserves a remark.

    Raises Blocked where the call asks what nobody could give.
    """
    lead = team.lead
    for section, values in _sections(application, profile, team).items():
        with leads_to(Place.RULES):
            seen = section_fingerprint(application, section)
            drafting.save_section(application, section, values, seen=seen, actor=lead)
            # The dossier's version moves now, so that the next section is written on what this one left.
            db.session.flush()
    application, remarks = _answer(one_for(lead, application.id), profile, lead)
    with leads_to(Place.ATTACHMENTS):
        _attach(application, lead)
    return one_for(lead, application.id), remarks


def _sections(application: Application, profile: Profile, team: Team) -> Mapping[Section, Values]:
    call = call_with_lists(application.call_id)
    start = (closing_of(call) + dt.timedelta(days=90)).date()
    return {
        Section.PROJECT: {
            "title": profile.title,
            "summary": TEXT,
            "family_id": call.families[0].id,
            "is_digital_service": profile.is_digital_service,
            "priority_action_ids": [str(call.priority_actions[0].id)],
        },
        Section.SOLUTION: _texts("problem", "solution", "users_concerned", "deliverables", "without_funding"),
        Section.TEAM: {
            **_texts("carrier_mandate", "stakeholders", "close_projects"),
            "carrier_name": team.lead.full_name,
            "carrier_time_percent": 50,
        },
        Section.PLAN: {"links": [_link(profile, team)]},
        Section.CALENDAR: {"milestones": [{"label": "Jalon fictif", "due_on": start}]},
        Section.BUDGET: {"lines": [_line(profile, call, min(start.year, LATEST_YEAR))], "cofundings": []},
        Section.IMPACT: _impact(profile, start),
        Section.OPENNESS: {**_texts("openness", "risks", "reuse", "feedback_sharing"), "licence": "EUPL 1.2"},
    }


def _texts(*names: str) -> Values:
    return dict.fromkeys(names, TEXT)


def _link(profile: Profile, team: Team) -> Values:
    """An action that the plan has already, for the typical dossier; the others propose one."""
    known = profile.style is Style.TYPICAL
    return {
        "plan_action_id": team.action.id if known else None,
        "proposed_title": "" if known else "Action fictive proposée par le dossier",
        "proposed_theme": None if known else Theme.USE_PHASE,
        "level_aimed": EngagementLevel.REALISATION,
    }


def _line(profile: Profile, call: Call, year: int) -> Values:
    """The smallest cost on which the call's rate lets the amount be asked for."""
    asked = profile.amount(call)
    cost = (asked * 100 / call.max_rate).quantize(Decimal("0.01"), ROUND_CEILING)
    return {
        "id": None,
        "category": BudgetCategory.EQUIPMENT,
        "label": "Dépense fictive",
        "year": year,
        "amount": cost,
        "amount_requested": asked,
    }


def _impact(profile: Profile, start: dt.date) -> Values:
    indicator = {
        "label": "Électricité consommée en un an",
        "unit": ImpactUnit.KWH,
        "baseline": Decimal(1000),
        "target": Decimal(600),
        "measured_on": start,
    }
    digital = profile.is_digital_service
    return {
        **_texts("impact_method", "own_footprint"),
        "annual_savings": Decimal(0),
        "savings_from_year": None,
        "rgesn_score": 70 if digital else None,
        "rgesn_version": "2024" if digital else "",
        "rgesn_on": clock.today() if digital else None,
        "indicators": [indicator],
    }


def _answer(application: Application, profile: Profile, lead: Account) -> tuple[Application, list[str]]:
    """The call's own questions, section by section: an answer may open the next ones."""
    remarks: list[str] = []
    for part in sheet_of(application).definition.sections:
        if not sheet_of(application).is_shown(part):
            continue
        values, files = _answers_of(application, part, profile, remarks)
        section, seen = OwnSection(part.key, part.title), fingerprint(application, part)
        with leads_to(Place.QUESTIONS):
            own.save(application, section, values, files, seen=seen, actor=lead)
        db.session.flush()
        application = one_for(lead, application.id)
    sheet = sheet_of(application)
    remarks += [
        f"« {question.title} » n’est pas calculable avec les réponses du « {profile.title} »."
        for part in sheet.shown()
        for question in sheet.asked(part)
        if question.kind is Kind.COMPUTED and sheet.value(question) is None
    ]
    return application, remarks


def _answers_of(
    application: Application, part: OwnPart, profile: Profile, remarks: list[str]
) -> tuple[Values, dict[str, File]]:
    names = own.offered_actions(application)
    values: Values = {}
    files: dict[str, File] = {}
    # What a file will be once it is attached, for the conditions that ask whether there is one.
    told: Values = {}
    for question in part.questions:
        known = Names(names.actions, {**names.files, **dict.fromkeys(files, "fichier")})
        if not own.sheet_with(application, {**values, **told}, known).is_asked(question):
            continue
        if question.kind is Kind.FILE:
            if question.required or profile.style is not Style.LEAST:
                files[question.key] = _file(question.key)
                told[question.key] = question.key
            continue
        try:
            answer = answer_to(question, profile.style, names, closing_of(application.call).date())
        except NoAnswer as problem:
            _refuse(question, problem, remarks)
            continue
        if answer is not None:
            values[question.key] = answer
    return values, files


def _refuse(question: Question, problem: NoAnswer, remarks: list[str]) -> None:
    message = f"Personne ne peut répondre à « {question.title} » : {problem}"
    if question.required:
        raise Blocked(message, Place.QUESTIONS)
    remarks.append(message)


def _attach(application: Application, lead: Account) -> None:
    for kind in application.call.attachment_kinds:
        if kind.required:
            content, name = _file(f"piece-{kind.position}")
            attachments.attach(application, content, name=name, kind_id=kind.id, actor=lead)
    db.session.flush()


def _file(word: str) -> File:
    # Each of its own content: a dossier does not take the same file twice.
    return io.BytesIO(f"Fichier fictif {word}, écrit pour la répétition de l’appel.\n".encode()), f"{word}.txt"
