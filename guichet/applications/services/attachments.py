"""The files of a dossier: added and removed while its section is open, never erased once they were there."""

import datetime as dt
from collections.abc import Sequence
from typing import BinaryIO
from uuid import UUID

import sqlalchemy as sa

from guichet.accounts.models import Account
from guichet.applications import policies
from guichet.applications.models import Application, Attachment, Section
from guichet.applications.own import AnySection
from guichet.audit import services as audit
from guichet.audit.models import Audience
from guichet.calls.models import AttachmentKind
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Forbidden, NotFound, RuleBroken
from guichet.documents import services as documents
from guichet.documents.models import Document
from guichet.workflow.engine import lock

# At a time, and with those that were removed: they are kept, and take room.
MOST_KEPT = 20
MOST_EVER = 100


def attach(
    application: Application,
    upload: BinaryIO,
    *,
    name: str,
    kind_id: UUID | None,
    actor: Account,
    section: AnySection = Section.ATTACHMENTS,
) -> Attachment:
    """Add a file to the dossier, of a kind that its call asks for (None: another one); `section` must be open to `actor`.

    Raises Forbidden when the section is closed, RuleBroken (fields "file", "kind_id") for a file that we do not take.
    """
    _open_for(application, actor, section)
    kind = _kind_of(application, kind_id)
    ever = _held(application)
    kept = [(kind, sha256) for kind, sha256, removed_at in ever if removed_at is None]
    if len(kept) >= MOST_KEPT or len(ever) >= MOST_EVER:
        raise RuleBroken(
            f"Un dossier porte {MOST_KEPT} pièces au plus : réunissez-en plusieurs en un PDF.", field="file"
        )
    document = documents.store(upload, name=name, actor=actor)
    if (kind_id, document.sha256) in kept:
        raise RuleBroken("Ce fichier est déjà joint au dossier.", field="file")
    attachment = Attachment(
        application_id=application.id, document=document, document_id=document.id, kind=kind, kind_id=kind_id
    )
    application.attachments.append(attachment)
    _note(application, "application.attach", attachment, actor)
    return attachment


def remove(application: Application, attachment_id: UUID, *, actor: Account) -> None:
    """Take a file out of the dossier; submitted versions keep it. Raises Forbidden when the section is closed. Twice is once."""
    _open_for(application, actor)
    attachment = of(application, attachment_id)
    lock(attachment)
    if attachment.removed_at is not None:
        return
    attachment.removed_at = clock.now()
    _note(application, "application.remove-attachment", attachment, actor)


def of(application: Application, attachment_id: UUID) -> Attachment:
    """The attachment of this dossier, removed or not. Raises NotFound when it is another's, or nobody's."""
    found = next((attachment for attachment in application.attachments if attachment.id == attachment_id), None)
    if found is None:
        raise NotFound("Cette pièce n’existe pas dans ce dossier.")
    return found


def _open_for(application: Application, actor: Account, section: AnySection = Section.ATTACHMENTS) -> None:
    lock(application)
    if not policies.can_edit_section(actor, application, section):
        raise Forbidden("Les pièces jointes de ce dossier ne peuvent plus être modifiées.")


def _held(application: Application) -> Sequence[sa.Row[UUID | None, str, dt.datetime | None]]:
    # Read under the lock: the second of two clicks must see what the first one added.
    rows = sa.select(Attachment.kind_id, Document.sha256, Attachment.removed_at).join(Attachment.document)
    return db.session.execute(rows.where(Attachment.application_id == application.id)).all()


def _kind_of(application: Application, kind_id: UUID | None) -> AttachmentKind | None:
    if kind_id is None:
        return None
    found = next((kind for kind in application.call.attachment_kinds if kind.id == kind_id), None)
    if found is None:
        raise RuleBroken("Choisissez une pièce de la liste.", field="kind_id")
    return found


def _note(application: Application, action: str, attachment: Attachment, actor: Account) -> None:
    # Moves the dossier's version: who was about to submit must read what changed.
    application.saved_at = clock.now()
    db.session.flush()
    document = attachment.document
    audit.record(
        actor,
        action,
        application,
        audience=Audience.TEAM,
        name=document.name,
        sha256=document.sha256,
        size=document.size,
    )
