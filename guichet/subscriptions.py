"""THE table of who cares about which event. Nothing else joins packages sideways.

Each (event, handler) is one row of the outbox, delivered in a transaction of its own: a handler that fails
delays nobody else. Handler names are stored: renaming one needs a migration of the pending rows.
"""

from guichet.accounts import events as accounts
from guichet.applications import begun
from guichet.applications import events as applications
from guichet.applications.handlers import make_receipt, report_infected
from guichet.calls import events as calls
from guichet.calls.registry import Begins, Chapter
from guichet.documents import events as documents
from guichet.notifications.handlers import notify
from guichet.outbox.registry import Subscriptions
from guichet.plans.handlers import record_decision
from guichet.questions.chapter import QUESTIONS
from guichet.questions.handlers import publish_form
from guichet.review import events as review
from guichet.review.handlers import clear_withdrawn, make_letter

SUBSCRIPTIONS: Subscriptions = {
    applications.EndorsementRequested: {"notify": notify},
    applications.ReturnedToDraft: {"notify": notify},
    applications.ApplicationSubmitted: {"make_receipt": make_receipt, "notify": notify},
    applications.ApplicationWithdrawn: {"clear_withdrawn": clear_withdrawn, "notify": notify},
    applications.ChangesRequested: {"notify": notify},
    applications.ChangesExtended: {"notify": notify},
    applications.ChangesCancelled: {"notify": notify},
    applications.ChangesDueSoon: {"notify": notify},
    applications.DraftDeadlineNear: {"notify": notify},
    applications.DraftRemovalNear: {"notify": notify},
    applications.AttachmentInfected: {"notify": notify},
    applications.OutcomeUnread: {"notify": notify},
    applications.TeamInvited: {"notify": notify},
    applications.MemberAdded: {"notify": notify},
    applications.MemberJoined: {"notify": notify},
    applications.MemberRemoved: {"notify": notify},
    applications.MemberRoleChanged: {"notify": notify},
    applications.LeadProposed: {"notify": notify},
    applications.LeadDeclined: {"notify": notify},
    applications.LeadTransferred: {"notify": notify},
    applications.MessageSent: {"notify": notify},
    applications.NoteWritten: {"notify": notify},
    documents.DocumentInfected: {"report_infected": report_infected},
    documents.FilesDamaged: {"notify": notify},
    accounts.PasswordResetRequested: {"notify": notify},
    accounts.PasswordChanged: {"notify": notify},
    accounts.AccountInvited: {"notify": notify},
    calls.CallPublished: {"publish_form": publish_form},
    review.EligibilityDecided: {"notify": notify},
    review.ApplicationClosed: {"notify": notify},
    review.ApplicationReopened: {"notify": notify},
    review.ReviewAssigned: {"notify": notify},
    review.ReviewDeclined: {"notify": notify},
    review.ReviewStopped: {"notify": notify},
    review.ReviewCompleted: {"notify": notify},
    review.DecisionPublished: {"make_letter": make_letter, "record_decision": record_decision, "notify": notify},
}

# What other packages add to the file of a call, by key.
CHAPTERS: dict[str, Chapter] = {"questions": QUESTIONS}
# Who knows the dossiers that somebody has begun in a call.
BEGINS: Begins = begun.by
