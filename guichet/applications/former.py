"""The files that a dossier does not show any more: removed, or replaced by another."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from guichet.accounts.models import Account
from guichet.applications.models import Attachment
from guichet.documents.models import Document


def files_of(application_id: UUID) -> sa.Select[*tuple[Any, ...]]:
    """Rows (attachment, who sent it, name of the file that replaced it), the last taken out first."""
    successor, its_file = aliased(Attachment), aliased(Document)
    return (
        sa.select(Attachment, Account.full_name, its_file.name.label("successor"))
        .join(Attachment.document)
        .outerjoin(Account, Account.id == Document.stored_by_id)
        .outerjoin(successor, successor.replaces_id == Attachment.id)
        .outerjoin(its_file, its_file.id == successor.document_id)
        .where(Attachment.application_id == application_id, Attachment.removed_at.is_not(None))
        .options(joinedload(Attachment.document), joinedload(Attachment.kind))
        .order_by(Attachment.removed_at.desc(), Attachment.id)
    )
