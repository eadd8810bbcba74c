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
        shown = _shown_in(applications.loaded(application.id))
    else:
        told = {piece["id"] for piece in version.content["attachments"]}
        shown = {name: document for name, document in _documents_of(application).items() if name in told}
    document = shown.get(str(attachment_id))
    if document is None:
        raise NotFound("Cette pièce n’existe pas.")
    return document


def _shown_in(application: Application) -> dict[str, Document]:
    """The files of the dossier as it is; those of questions that are not asked stay with the team."""
    hidden = hidden_files(application)
    kept = (piece for piece in application.attachments if piece.removed_at is None)
    return {str(piece.id): piece.document for piece in kept if str(piece.id) not in hidden}


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
