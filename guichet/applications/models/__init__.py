"""The dossier and what it holds."""

from guichet.applications.models.application import Application, application_priority_action
from guichet.applications.models.content import (
    ApplicationIndicator,
    Attachment,
    BudgetLine,
    Cofunding,
    Milestone,
    PlanLink,
    TeamMember,
)
from guichet.applications.models.exchanges import (
    ApplicationVersion,
    ChangeRequest,
    OutcomeReading,
    Recusal,
    SectionPresence,
)
from guichet.applications.models.exports import DossierExport, ExportKind, ExportStatus
from guichet.applications.models.messages import AuthorRole, Message, MessageAudience, MessageReading
from guichet.applications.models.offers import Invitation, LeadTransfer, Offer
from guichet.applications.models.own import OwnAnswers
from guichet.applications.models.statuses import (
    ENVIRONMENTAL_UNITS,
    IN_PROGRESS,
    NEVER_SUBMITTED,
    WRITERS,
    ApplicationStatus,
    BudgetCategory,
    CofunderKind,
    CofundingState,
    ImpactUnit,
    RequestClosure,
    Section,
    TeamRole,
)

__all__ = [
    "ENVIRONMENTAL_UNITS",
    "IN_PROGRESS",
    "NEVER_SUBMITTED",
    "WRITERS",
    "Application",
    "ApplicationIndicator",
    "ApplicationStatus",
    "ApplicationVersion",
    "Attachment",
    "AuthorRole",
    "BudgetCategory",
    "BudgetLine",
    "ChangeRequest",
    "CofunderKind",
    "Cofunding",
    "CofundingState",
    "DossierExport",
    "ExportKind",
    "ExportStatus",
    "ImpactUnit",
    "Invitation",
    "LeadTransfer",
    "Message",
    "MessageAudience",
    "MessageReading",
    "Milestone",
    "Offer",
    "OutcomeReading",
    "OwnAnswers",
    "PlanLink",
    "Recusal",
    "RequestClosure",
    "Section",
    "SectionPresence",
    "TeamMember",
    "TeamRole",
    "application_priority_action",
]
