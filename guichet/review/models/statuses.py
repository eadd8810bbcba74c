"""The words of review and committee: statuses, opinions and outcomes."""

import enum


class AssignmentStatus(enum.StrEnum):
    """`assigned` until the person says that she has no conflict; then she may read and score.

    `cancelled`: the officer took the assignment back before any answer; `stopped`: the dossier was withdrawn meanwhile.
    """

    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    CONFLICT = "conflict"
    DECLINED = "declined"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    STOPPED = "stopped"

    @property
    def label(self) -> str:
        return _ASSIGNMENTS[self][0]

    @property
    def tone(self) -> str:
        return _ASSIGNMENTS[self][1]


_ASSIGNMENTS = {
    AssignmentStatus.ASSIGNED: ("Déclaration attendue", "new"),
    AssignmentStatus.ACCEPTED: ("À évaluer", "info"),
    AssignmentStatus.CONFLICT: ("Conflit d’intérêts", "error"),
    AssignmentStatus.DECLINED: ("Déclinée", "warning"),
    AssignmentStatus.COMPLETED: ("Évaluation remise", "success"),
    AssignmentStatus.CANCELLED: ("Désignation retirée", "neutral"),
    AssignmentStatus.STOPPED: ("Dossier retiré", "neutral"),
}


class Recommendation(enum.StrEnum):
    FAVOURABLE = "favourable"
    RESERVED = "reserved"
    UNFAVOURABLE = "unfavourable"

    @property
    def label(self) -> str:
        return {"favourable": "Favorable", "reserved": "Réservé", "unfavourable": "Défavorable"}[self.value]

    @property
    def tone(self) -> str:
        return {"favourable": "success", "reserved": "warning", "unfavourable": "error"}[self.value]


class Outcome(enum.StrEnum):
    AWARDED = "awarded"
    REJECTED = "rejected"
    WAITLISTED = "waitlisted"
    DEFERRED = "deferred"

    @property
    def label(self) -> str:
        return _OUTCOMES[self][0]

    @property
    def tone(self) -> str:
        return _OUTCOMES[self][1]


_OUTCOMES = {
    Outcome.AWARDED: ("Retenu", "success"),
    Outcome.REJECTED: ("Non retenu", "error"),
    Outcome.WAITLISTED: ("Liste complémentaire", "warning"),
    Outcome.DEFERRED: ("Ajourné", "warning"),
}


class DecisionStatus(enum.StrEnum):
    """Prepared (the secretariat alone knows), published (told, letter frozen), cancelled before publication, or replaced."""

    PREPARED = "prepared"
    PUBLISHED = "published"
    CANCELLED = "cancelled"
    REPLACED = "replaced"

    @property
    def label(self) -> str:
        return {"prepared": "Préparée", "published": "Publiée", "cancelled": "Annulée", "replaced": "Remplacée"}[
            self.value
        ]

    @property
    def tone(self) -> str:
        return {"prepared": "new", "published": "success", "cancelled": "neutral", "replaced": "neutral"}[self.value]


class SessionStatus(enum.StrEnum):
    PLANNED = "planned"
    HELD = "held"

    @property
    def label(self) -> str:
        return {"planned": "Prévue", "held": "Tenue"}[self.value]

    @property
    def tone(self) -> str:
        return {"planned": "info", "held": "success"}[self.value]


class PublicationState(enum.StrEnum):
    """Where the publication of one decision of a run is."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"

    @property
    def label(self) -> str:
        return {"pending": "En attente", "done": "Publiée", "failed": "En échec"}[self.value]

    @property
    def tone(self) -> str:
        return {"pending": "info", "done": "success", "failed": "error"}[self.value]
