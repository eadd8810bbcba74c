"""THE table of who cares about which event. Nothing else joins packages sideways.

Each (event, handler) is one row of the outbox, delivered in a transaction of its own: a handler that fails
delays nobody else. Handler names are stored: renaming one needs a migration of the pending rows.
"""

from guichet.accounts import events as accounts
from guichet.applications import events as applications
from guichet.applications.handlers import make_receipt, report_infected
from guichet.calls import events as calls
from guichet.documents import events as documents
from guichet.notifications.handlers import notify
from guichet.outbox.registry import Subscriptions
from guichet.plans.handlers import record_decision
from guichet.questions.handlers import copy_form, publish_form
from guichet.review import events as review
from guichet.review.handlers import make_letter

SUBSCRIPTIONS: Subscriptions = {
    applications.EndorsementRequested: {"notify": notify},
    applications.ReturnedToDraft: {"notify": notify},
    applications.ApplicationSubmitted: {"make_receipt": make_receipt, "notify": notify},
    applications.ApplicationWithdrawn: {"notify": notify},
    applications.ChangesRequested: {"notify": notify},
    applications.DraftDeadlineNear: {"notify": notify},
    applications.DraftRemovalNear: {"notify": notify},
    applications.AttachmentInfected: {"notify": notify},
    applications.MessageSent: {"notify": notify},
    applications.NoteWritten: {"notify": notify},
    documents.DocumentInfected: {"report_infected": report_infected},
    documents.FilesDamaged: {"notify": notify},
    accounts.PasswordResetRequested: {"notify": notify},
    accounts.PasswordChanged: {"notify": notify},
    accounts.AccountInvited: {"notify": notify},
    calls.CallCopied: {"copy_form": copy_form},
    calls.CallPublished: {"publish_form": publish_form},
    review.EligibilityDecided: {"notify": notify},
    review.ApplicationClosed: {"notify": notify},
    review.ApplicationReopened: {"notify": notify},
    review.ReviewAssigned: {"notify": notify},
    review.ReviewDeclined: {"notify": notify},
    review.ReviewCompleted: {"notify": notify},
    review.DecisionPublished: {"make_letter": make_letter, "record_decision": record_decision, "notify": notify},
}
