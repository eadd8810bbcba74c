"""The content of a dossier as it is frozen at each submission. Pure.

Every field travels with its label and its kind, so that it still reads when the forms have changed. Values are exact
(decimals as text, ISO days): the fingerprint is taken of the JSON with sorted keys and no space, in UTF-8, which anybody
can compute again.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from guichet.accounts.models import Account
from guichet.applications.models import Application, PlanLink, Section
from guichet.applications.own import file_labels, frozen_sections, hidden_files
from guichet.applications.sections import COLUMNS
from guichet.core.money import ZERO
from guichet.web.filters import day, euros, number

Json = dict[str, Any]

# Kinds of values; a `table` has columns of the other kinds.
TEXT, EUROS, NUMBER, DAY, YES_NO, LINES, TABLE = "text", "euros", "number", "day", "yes_no", "lines", "table"

LABELS = {
    "title": ("Titre du projet", TEXT),
    "summary": ("Résumé", TEXT),
    "family_id": ("Famille de projet", TEXT),
    "priority_actions": ("Actions prioritaires servies", LINES),
    "is_digital_service": ("Service numérique", YES_NO),
    "problem": ("Besoin", TEXT),
    "solution": ("Solution", TEXT),
    "users_concerned": ("Personnes concernées", TEXT),
    "deliverables": ("Livrables", TEXT),
    "without_funding": ("Sans financement", TEXT),
    "carrier_name": ("Agent qui porte le projet", TEXT),
    "carrier_mandate": ("Mandat", TEXT),
    "carrier_time_percent": ("Temps consacré au projet, en %", NUMBER),
    "stakeholders": ("Parties prenantes et leur accord", TEXT),
    "close_projects": ("Projets proches et mutualisation", TEXT),
    "impact_method": ("Méthode d’estimation", TEXT),
    "own_footprint": ("Empreinte du projet lui-même", TEXT),
    "annual_savings": ("Économie attendue par an", EUROS),
    "savings_from_year": ("Première année d’économie", TEXT),
    "rgesn_score": ("Score RGESN, en %", NUMBER),
    "rgesn_version": ("Version du RGESN", TEXT),
    "rgesn_on": ("Date de l’évaluation RGESN", DAY),
    "licence": ("Licence des productions", TEXT),
    "openness": ("Ouverture", TEXT),
    "risks": ("Risques", TEXT),
    "reuse": ("Réutilisation par d’autres ministères", TEXT),
    "feedback_sharing": ("Partage du retour d’expérience", TEXT),
}
TABLES: dict[Section, tuple[str, str, tuple[tuple[str, str, str], ...]]] = {
    Section.CALENDAR: ("milestones", "Jalons", (("label", "Jalon", TEXT), ("due_on", "Date", DAY))),
    Section.BUDGET: (
        "budget_lines",
        "Dépenses",
        (
            ("category", "Poste", TEXT),
            ("label", "Dépense", TEXT),
            ("year", "Année", TEXT),
            ("amount", "Montant", EUROS),
            ("amount_requested", "Demandé", EUROS),
        ),
    ),
    Section.IMPACT: (
        "indicators",
        "Indicateurs",
        (
            ("label", "Indicateur", TEXT),
            ("unit", "Unité", TEXT),
            ("baseline", "Avant", NUMBER),
            ("target", "Après", NUMBER),
            ("measured_on", "Mesuré le", DAY),
        ),
    ),
}


COFUNDINGS = (
    ("name", "Cofinanceur", TEXT),
    ("kind", "Nature", TEXT),
    ("year", "Année", TEXT),
    ("amount", "Montant", EUROS),
    ("state", "État", TEXT),
)


def content_of(application: Application, *, number: int, at: dt.datetime, by: Account) -> Json:
    """All that `application` says at the instant `at`, when `by` hands it in as version `number`."""
    return {
        "format": 1,
        "version": number,
        "reference": application.reference,
        "title": application.title,
        "submitted_at": at.isoformat(),
        "submitted_by": by.full_name,
        "call": {"code": application.call.code, "title": application.call.title},
        # Only where the call goes by rounds.
        **({"round": application.round.name} if application.round else {}),
        "organisation": application.organisation.name,
        "ministry": application.ministry.name,
        "team": [{"name": member.account.full_name, "role": member.role.label} for member in application.team],
        "sections": [
            {"section": section.value, "label": section.label, "fields": list(_fields(application, section))}
            for section in Section
            if section is not Section.ATTACHMENTS
        ]
        + frozen_sections(application),
        "attachments": _attachments(application),
    }


def _fields(application: Application, section: Section) -> Iterator[Json]:
    if section is Section.PLAN:
        links = sorted(application.plan_links, key=lambda link: (link.created_at, link.id))
        yield _field("plan_links", "Actions du plan servies", LINES, [_link(link) for link in links])
    if section in TABLES:
        yield _table(application, *TABLES[section])
    if section is Section.BUDGET:
        yield _table(application, "cofundings", "Cofinancements", COFUNDINGS)
        yield _field("total_cost", "Coût total", EUROS, application.total_cost)
        yield _field("amount_requested", "Montant demandé", EUROS, application.amount_requested)
        yield _field("amount_cofunded", "Montant cofinancé", EUROS, sum(_given(application), ZERO))
    for name in COLUMNS.get(section, ()):
        value = getattr(application, name)
        if name == "family_id":
            value = application.family.label if application.family else ""
        yield _field(name, *LABELS[name], value)
    if section is Section.PROJECT:
        actions = [action.label for action in application.priority_actions]
        yield _field("priority_actions", *LABELS["priority_actions"], actions)


def _given(application: Application) -> Iterator[Decimal]:
    return (cofunding.amount for cofunding in application.cofundings)


def _field(key: str, label: str, kind: str, value: Any) -> Json:
    return {"key": key, "label": label, "kind": kind, "value": _exact(value)}


def _exact(value: Any) -> Any:
    match value:
        case Decimal():
            return str(value)
        case dt.date():
            return value.isoformat()
        case bool() | None | list():
            return value
        case int():
            return str(value)
        case _:
            return getattr(value, "label", value)


def _table(application: Application, name: str, label: str, columns: tuple[tuple[str, str, str], ...]) -> Json:
    rows = [[_exact(getattr(row, key)) for key, _, _ in columns] for row in getattr(application, name)]
    kept = [{"label": words, "kind": kind} for _, words, kind in columns]
    return {"key": name, "label": label, "kind": TABLE, "columns": kept, "value": rows}


def _link(link: PlanLink) -> str:
    action = link.plan_action
    told = f"{action.number}. {action.title}" if action else f"{link.proposed_title} (action proposée)"
    return f"{told} : niveau visé, {link.level_aimed.label.lower()}"


def _attachments(application: Application) -> list[Json]:
    hidden, answers = hidden_files(application), file_labels(application)
    return [
        {
            "id": str(attachment.id),
            "kind": attachment.kind.label if attachment.kind else answers.get(str(attachment.id), "Autre pièce"),
            "name": attachment.document.name,
            "media_type": attachment.document.media_type,
            "size": attachment.document.size,
            "sha256": attachment.document.sha256,
        }
        for attachment in application.attachments
        if attachment.removed_at is None and str(attachment.id) not in hidden
    ]


def sha256_of(content: Json) -> str:
    """The fingerprint of a frozen content, in hexadecimal."""
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


@dataclass(frozen=True)
class Reading:
    """A section of a frozen content as people read it: pairs (label, text)."""

    label: str
    slug: str
    pairs: list[tuple[str, str]]


def reading_of(content: Json) -> list[Reading]:
    return [
        Reading(
            section["label"],
            section["section"],
            [(field["label"], shown(field)) for field in section["fields"]],
        )
        for section in content["sections"]
    ]


def shown(field: Json) -> str:
    """The value of a field as people read it; one line for each row."""
    match field["kind"]:
        case "table":
            return "\n".join(_shown_row(field["columns"], row) for row in field["value"])
        case "lines":
            return "\n".join(field["value"])
        case kind:
            return shown_value(kind, field["value"])


def _shown_row(columns: list[Json], row: list[Any]) -> str:
    texts = ((column["label"], shown_value(column["kind"], value)) for column, value in zip(columns, row, strict=True))
    return " ; ".join(f"{label} : {text}" for label, text in texts if text)


def shown_value(kind: str, value: Any) -> str:
    """A value of that kind as people read it."""
    if value is None or value == "":
        return ""
    match kind:
        case "euros":
            return euros(Decimal(value))
        case "number":
            return number(Decimal(value), 3)
        case "day":
            return day(dt.date.fromisoformat(value))
        case "yes_no":
            return "Oui" if value else "Non"
        case _:
            return str(value)
