"""What each reader of the journal may know."""

from guichet.accounts.models import Account, Role
from guichet.audit.models import Audience, AuditEntry

# What administrators run. Whatever else is written for the secretariat (who evaluates, marks, conflicts of interest, what is
# decided and not published) is told to nobody outside it: a new kind of subject is hidden until it is named here.
ADMINISTERED = frozenset({"account", "organisation", "call", "email", "outbox_message", "action_plan", "plan_action"})


def can_read_facts(actor: Account, entry: AuditEntry) -> bool:
    """Auditors of the whole window read everything; administrators, what teams read and what they administer."""
    if actor.has_role(Role.AUDITOR) and actor.calls_as(Role.AUDITOR) is None:
        return True
    return entry.audience is Audience.TEAM or entry.subject_type in ADMINISTERED
