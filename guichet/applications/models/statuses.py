"""The words of a dossier: its statuses, sections and lists."""

import enum


class ApplicationStatus(enum.StrEnum):
    DRAFT = "draft"
    AWAITING_ENDORSEMENT = "awaiting_endorsement"
    SUBMITTED = "submitted"
    CHANGES_REQUESTED = "changes_requested"
    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    UNDER_REVIEW = "under_review"
    REVIEWED = "reviewed"
    DEFERRED = "deferred"
    WAITLISTED = "waitlisted"
    AWARDED = "awarded"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        return _STATUSES[self][0]

    @property
    def tone(self) -> str:
        return _STATUSES[self][1]

    @property
    def awaited(self) -> str:
        """What is awaited, and from whom, in one French sentence."""
        return _STATUSES[self][2]


_S = ApplicationStatus
_STATUSES: dict[ApplicationStatus, tuple[str, str, str]] = {
    _S.DRAFT: ("Brouillon", "neutral", "Le dossier n’est pas déposé : l’équipe le complète."),
    _S.AWAITING_ENDORSEMENT: ("Visa demandé", "new", "Le référent du ministère doit viser le dossier pour le déposer."),
    _S.SUBMITTED: ("Déposé", "info", "Le chargé d’instruction examine la recevabilité."),
    _S.CHANGES_REQUESTED: ("Compléments demandés", "warning", "L’équipe doit compléter les rubriques rouvertes."),
    _S.ELIGIBLE: ("Recevable", "success", "Le chargé d’instruction désigne les évaluateurs."),
    _S.INELIGIBLE: ("Irrecevable", "error", "Rien n’est attendu."),
    _S.UNDER_REVIEW: ("En évaluation", "info", "Les évaluateurs notent le dossier."),
    _S.REVIEWED: ("Évalué", "info", "Le comité doit se prononcer."),
    _S.DEFERRED: ("Ajourné", "warning", "Le chargé d’instruction réinscrira le dossier une fois les points levés."),
    _S.WAITLISTED: ("Liste complémentaire", "warning", "Le dossier sera retenu si des crédits se libèrent."),
    _S.AWARDED: ("Retenu", "success", "La convention est à signer."),
    _S.REJECTED: ("Non retenu", "error", "Rien n’est attendu."),
    _S.WITHDRAWN: ("Retiré", "neutral", "Rien n’est attendu."),
    _S.CLOSED: ("Classé sans suite", "neutral", "Rien n’est attendu."),
}

NEVER_SUBMITTED = frozenset({_S.DRAFT, _S.AWAITING_ENDORSEMENT})
IN_PROGRESS = frozenset(
    {_S.SUBMITTED, _S.CHANGES_REQUESTED, _S.ELIGIBLE, _S.UNDER_REVIEW, _S.REVIEWED, _S.DEFERRED, _S.WAITLISTED}
)


class RequestClosure(enum.StrEnum):
    """How complements end that are not answered: cancelled by the service, or with the dossier itself."""

    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        return {
            "cancelled": "Demande annulée",
            "withdrawn": "Dossier retiré",
            "closed": "Dossier classé sans suite",
        }[self.value]


class Section(enum.StrEnum):
    """The sections of a dossier, in the order in which they are filled."""

    PROJECT = "project"
    SOLUTION = "solution"
    TEAM = "team"
    PLAN = "plan"
    CALENDAR = "calendar"
    BUDGET = "budget"
    IMPACT = "impact"
    OPENNESS = "openness"
    ATTACHMENTS = "attachments"

    @property
    def label(self) -> str:
        return _SECTIONS[self][0]

    @property
    def slug(self) -> str:
        """How the section is called in addresses."""
        return _SECTIONS[self][1]


_SECTIONS = {
    Section.PROJECT: ("Le projet", "projet"),
    Section.SOLUTION: ("Besoin et solution", "solution"),
    Section.TEAM: ("Portage et parties prenantes", "portage"),
    Section.PLAN: ("Lien avec le plan d’action", "plan"),
    Section.CALENDAR: ("Calendrier", "calendrier"),
    Section.BUDGET: ("Budget", "budget"),
    Section.IMPACT: ("Impact environnemental", "impact"),
    Section.OPENNESS: ("Ouverture, risques et partage", "ouverture"),
    Section.ATTACHMENTS: ("Pièces jointes", "pieces"),
}


class TeamRole(enum.StrEnum):
    LEAD = "lead"
    EDITOR = "editor"

    @property
    def label(self) -> str:
        return {"lead": "Porteur", "editor": "Co-porteur"}[self.value]


class BudgetCategory(enum.StrEnum):
    EQUIPMENT = "equipment"
    SERVICES = "services"
    SOFTWARE = "software"
    TRAINING = "training"
    STAFF = "staff"
    OTHER = "other"

    @property
    def label(self) -> str:
        return {
            "equipment": "Matériel",
            "services": "Prestations",
            "software": "Logiciels",
            "training": "Formation",
            "staff": "Personnel interne",
            "other": "Autre",
        }[self.value]


class CofunderKind(enum.StrEnum):
    MINISTRY = "ministry"
    OPERATOR = "operator"
    LOCAL = "local"
    EUROPE = "europe"
    ASSOCIATION = "association"
    COMPANY = "company"
    OTHER = "other"

    @property
    def label(self) -> str:
        return {
            "ministry": "Ministère",
            "operator": "Opérateur de l’État",
            "local": "Collectivité",
            "europe": "Union européenne",
            "association": "Association",
            "company": "Entreprise",
            "other": "Autre",
        }[self.value]


class CofundingState(enum.StrEnum):
    ASKED = "asked"
    ACQUIRED = "acquired"

    @property
    def label(self) -> str:
        return {"asked": "Sollicité", "acquired": "Acquis"}[self.value]


class ImpactUnit(enum.StrEnum):
    """Units in which an avoided impact may be told; the first three are the environmental indicators of the rules."""

    KG_CO2E = "kgco2e"
    KWH = "kwh"
    KG_SB = "kgsb"
    KG = "kg"
    UNITS = "units"
    PERCENT = "percent"

    @property
    def label(self) -> str:
        return {
            "kgco2e": "kg CO₂ éq.",
            "kwh": "kWh",
            "kgsb": "kg Sb éq.",
            "kg": "kg de matière",
            "units": "équipements",
            "percent": "%",
        }[self.value]


ENVIRONMENTAL_UNITS = frozenset({ImpactUnit.KG_CO2E, ImpactUnit.KWH, ImpactUnit.KG_SB, ImpactUnit.KG})
