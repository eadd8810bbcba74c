"""What follows a submission, a few seconds later."""

from guichet.applications import versions
from guichet.applications.events import ApplicationSubmitted
from guichet.applications.receipts import receipt_data
from guichet.audit import services as audit
from guichet.audit.models import Audience
from guichet.documents import services as documents
from guichet.documents.typesetting import typeset


def make_receipt(event: ApplicationSubmitted) -> None:
    """The dated, numbered receipt of a submission, as a PDF: made once, however often the event is told."""
    version = versions.awaiting_receipt(event.application_id, event.version_number)
    if version is None:
        return
    call = versions.call_of(event.application_id)
    content = typeset("receipt", at=version.submitted_at, **receipt_data(version, call))
    name = f"accuse-de-reception-{version.content['reference']}-v{version.number}.pdf"
    document = documents.keep_made(content, name=name)
    version.receipt_id = document.id
    audit.record_by_id(
        None,
        "application.make-receipt",
        "application",
        version.application_id,
        audience=Audience.TEAM,
        version=version.number,
        sha256=document.sha256,
    )
