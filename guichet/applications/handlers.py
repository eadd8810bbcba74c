"""What follows a submission, or the verdict of the antivirus, a few seconds later."""

from guichet.applications import versions
from guichet.applications.events import ApplicationSubmitted, AttachmentInfected
from guichet.applications.receipts import receipt_data
from guichet.audit import services as audit
from guichet.audit.models import Audience
from guichet.documents import services as documents
from guichet.documents.events import DocumentInfected
from guichet.documents.typesetting import typeset
from guichet.outbox import services as outbox


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


def report_infected(event: DocumentInfected) -> None:
    """A file of a dossier is infected: its journal says so, and those who can do something are told."""
    attachment = versions.attachment_of(event.document_id)
    if attachment is None:
        return
    submitted = versions.holds_attachment(attachment.application_id, attachment.id)
    # What was never submitted is the team's own business.
    audit.record_by_id(
        None,
        "application.find-infected",
        "application",
        attachment.application_id,
        audience=Audience.TEAM,
        name=attachment.document.name,
        sha256=attachment.document.sha256,
    )
    if attachment.removed_at is None or submitted:
        outbox.publish(
            AttachmentInfected(
                application_id=attachment.application_id, attachment_id=attachment.id, submitted=submitted
            )
        )
