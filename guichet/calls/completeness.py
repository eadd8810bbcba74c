"""What a call still lacks before it may be published."""

import datetime as dt
from dataclasses import dataclass

from guichet.calls import policies
from guichet.calls.dating import CallKind
from guichet.calls.models import Call


@dataclass(frozen=True)
class Gap:
    """`field` is the form's field, or the page, where it is filled."""

    field: str
    message: str


def missing(call: Call, *, at: dt.datetime) -> list[Gap]:
    """Every gap, in the order of the form; `call` comes with its criteria, families and priority actions."""
    checks = (
        ("opens_at", call.opens_at > at, "L’ouverture doit être à venir."),
        ("rounds", call.kind is not CallKind.ROUNDS or bool(call.rounds), "Ajoutez au moins une relève."),
        ("closes_at", not policies.is_over(call, at=at), "La clôture doit être à venir."),
        ("family_ids", bool(call.families), "Choisissez au moins une famille de projets."),
        ("priority_action_ids", bool(call.priority_actions), "Choisissez au moins une action prioritaire."),
        ("criteria", bool(call.criteria), "Ajoutez au moins un critère d’évaluation."),
        ("envelope", call.envelope_left > 0, "Ouvrez l’enveloppe de l’appel."),
    )
    return [Gap(field, message) for field, holds, message in checks if not holds]
