"""What follows a published decision, a few seconds later."""

from guichet.accounts.models import Account
from guichet.applications.events import ApplicationWithdrawn
from guichet.audit import services as audit
from guichet.audit.models import Audience
from guichet.core.db import db
from guichet.documents import services as documents
from guichet.documents.typesetting import typeset
from guichet.review.events import DecisionPublished
from guichet.review.letters import letter_data
from guichet.review.models import DecisionStatus
from guichet.review.queries.letters import with_its_dossier
from guichet.review.services import withdrawal
from guichet.workflow.engine import lock


def clear_withdrawn(event: ApplicationWithdrawn) -> None:
    """Nothing is asked any more of the reviewers and of the committee; the money reserved returns."""
    withdrawal.clear(event.application_id, by=db.session.get_one(Account, event.by_id))


def make_letter(event: DecisionPublished) -> None:
    """The decision letter, as a PDF frozen with its SHA-256: made once, however often the event is told."""
    decision = with_its_dossier(event.decision_id)
    application = decision.application
    lock(application)
    lock(decision)
    if decision.letter_id is not None:
        return
    content = typeset("letter", at=event.published_at, **letter_data(decision, published_at=event.published_at))
    document = documents.keep_made(content, name=f"decision-{event.reference}.pdf")
    decision.letter_id = document.id
    # A decision replaced in the meantime keeps its letter, which is no more the dossier's.
    if decision.status is DecisionStatus.PUBLISHED:
        application.outcome_letter_id = document.id
    audit.record(None, "application.make-letter", application, audience=Audience.TEAM, sha256=document.sha256)
