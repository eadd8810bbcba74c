"""What people outside the team read of a dossier: what was submitted, never what the team is rewriting."""

from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import undefer

from guichet.applications import queries as applications
from guichet.applications.frozen import Reading, reading_of
from guichet.applications.models import Application, ApplicationStatus, ApplicationVersion, Attachment
from guichet.applications.own import hidden_files
from guichet.core.db import db
from guichet.core.errors import NotFound
from guichet.documents.models import Document


@dataclass(frozen=True)
class Content:
    """A dossier to be read: as it is, or its last submitted version while complements are being written."""

    application: Application
    version: ApplicationVersion | None
    sections: list[Reading]
    # The files of that version, by the identifier that its content gives them.
    documents: dict[str, Document] = field(default_factory=dict)


def content_of(application: Application) -> Content:
    """`application` is known to the reader already. Nine statements at most."""
    version = _submitted_while_rewriting(application)
    if version is not None:
        return Content(application, version, reading_of(version.content), _documents_of(application))
    return Content(applications.loaded(application.id), None, [])


def _documents_of(application: Application) -> dict[str, Document]:
    rows = sa.select(Attachment.id, Document).join(Attachment.document)
    found = db.session.execute(rows.where(Attachment.application_id == application.id))
    return {str(attachment_id): document for attachment_id, document in found}


def document_of(application: Application, attachment_id: UUID) -> Document:
    """The file of an attachment that the reader has in the content. Raises NotFound."""
    version = _submitted_while_rewriting(application)
    if version is None:
        # Files of questions that are not asked stay with the team.
        hidden = [UUID(name) for name in hidden_files(applications.loaded(application.id))]
        shown = sa.and_(Attachment.removed_at.is_(None), Attachment.id.not_in(hidden))
    else:
        shown = Attachment.id.in_([UUID(piece["id"]) for piece in version.content["attachments"]])
    rows = sa.select(Document).join(Attachment, Attachment.document_id == Document.id)
    document = db.session.scalar(
        rows.where(Attachment.id == attachment_id, Attachment.application_id == application.id, shown)
    )
    if document is None:
        raise NotFound("Cette pièce n’existe pas.")
    return document


def _submitted_while_rewriting(application: Application) -> ApplicationVersion | None:
    if application.status is not ApplicationStatus.CHANGES_REQUESTED:
        return None
    return db.session.scalar(
        sa.select(ApplicationVersion)
        .where(ApplicationVersion.application_id == application.id)
        .options(undefer(ApplicationVersion.content))
        .order_by(ApplicationVersion.number.desc())
        .limit(1)
    )
