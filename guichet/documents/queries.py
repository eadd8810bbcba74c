"""Finding stored files."""

from uuid import UUID

from guichet.core.db import db
from guichet.core.errors import NotFound
from guichet.documents.models import Document


def by_id(document_id: UUID | None) -> Document:
    """Raises NotFound, also for a document that is not made yet (None)."""
    document = db.session.get(Document, document_id) if document_id else None
    if document is None:
        raise NotFound("Ce document n’existe pas, ou pas encore.")
    return document
