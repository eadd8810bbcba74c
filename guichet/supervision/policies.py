"""What each reader of the journal may know."""

from guichet.accounts.models import Account, Role
from guichet.applications.timeline import WRITING
from guichet.audit.models import Audience, AuditEntry

# What administrators run. Whatever else is written for the secretariat (who evaluates, marks, conflicts of interest, what is
# decided and not published) is told to nobody outside it: a new kind of subject is hidden until it is named here.
ADMINISTERED = frozenset({"account", "organisation", "call", "email", "outbox_message", "action_plan", "plan_action"})


def reserved_to(actor: Account, entry: AuditEntry) -> str:
    """Whom the facts of an entry are kept for, in French; empty when `actor` may read them.

    Auditors of the whole window read everything; administrators, what teams and service both read and what they administer.
    What a team writes may not be handed in yet: its files are named to nobody else.
    """
    if actor.has_role(Role.AUDITOR) and actor.calls_as(Role.AUDITOR) is None:
        return ""
    if entry.action in WRITING:
        return "l’équipe du dossier"
    return "" if entry.audience is Audience.TEAM or entry.subject_type in ADMINISTERED else "l’instruction"
