"""The journal of a call, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from guichet.audit.models import AuditEntry
from guichet.calls.models import MovementKind
from guichet.web.filters import euros

TITLES = {
    "call.create": "Appel créé",
    "call.clone": "Appel copié d’un autre",
    "call.update": "Règles modifiées",
    "call.correct": "Textes mis à jour",
    "call.publish": "Appel publié",
    "call.open": "Dépôt ouvert",
    "call.close": "Dépôt clos",
    "call.start_deliberation": "Délibération ouverte",
    "call.publish_results": "Résultats publiés",
    "call.archive": "Appel archivé",
    "call.rehearse": "Répétition demandée",
    "call.drop_rehearsal": "Répétition supprimée",
    "call.extend": "Délai prolongé",
    "call-round.add": "Relève ajoutée",
    "call-round.change": "Relève modifiée",
    "call-round.remove": "Relève retirée",
    "call-criterion.add": "Critère ajouté",
    "call-criterion.change": "Critère modifié",
    "call-criterion.remove": "Critère retiré",
    "call-criterion.move": "Critère déplacé",
    "call-attachment_kind.add": "Pièce demandée",
    "call-attachment_kind.remove": "Pièce retirée",
    "call-document.add": "Document ajouté",
    "call-document.remove": "Document retiré",
    "call-form.begin": "Formulaire : nouvelle version",
    "call-form.discard": "Formulaire : version abandonnée",
    "call-form.add": "Formulaire : question ou rubrique ajoutée",
    "call-form.change": "Formulaire : question ou rubrique modifiée",
    "call-form.remove": "Formulaire : question ou rubrique retirée",
    "call-form.move": "Formulaire : ordre changé",
    "call-form.adopt": "Formulaire copié",
    "call-form.publish": "Formulaire publié",
}


@dataclass(frozen=True)
class Fact:
    at: datetime
    title: str
    actor: str
    detail: str
    mails: tuple[Any, ...] = ()


def facts(entries: Sequence[AuditEntry]) -> list[Fact]:
    return [Fact(entry.created_at, _title(entry), entry.actor_name, _detail(entry)) for entry in entries]


def _title(entry: AuditEntry) -> str:
    if entry.action == "call.move_envelope":
        return f"Enveloppe : {MovementKind(entry.facts['kind']).label.lower()}"
    return TITLES.get(entry.action, entry.action)


def _detail(entry: AuditEntry) -> str:
    if entry.action == "call.move_envelope":
        return f"{euros(Decimal(entry.facts['amount']))}, {entry.facts['reason']}"
    if entry.action == "call.extend":
        return f"{entry.facts['label']} {entry.facts['reason']}".strip()
    return str(entry.facts.get("title") or entry.facts.get("label") or entry.facts.get("reason") or "")
