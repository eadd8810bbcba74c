"""The files of a dossier: added and removed while its section is open, never erased once they were there."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO
from uuid import UUID

import sqlalchemy as sa

from guichet.accounts.models import Account
from guichet.applications import policies
from guichet.applications.models import Application, Attachment, Section
from guichet.applications.own import AnySection, file_labels
from guichet.applications.sections import MOST_KEPT
from guichet.audit import services as audit
from guichet.audit.models import Audience
from guichet.calls.models import AttachmentKind
from guichet.core import clock
from guichet.core.db import db
from guichet.core.errors import Forbidden, NotFound, RuleBroken
from guichet.documents import accepted
from guichet.documents import services as documents
from guichet.documents.models import Document
from guichet.web.filters import filesize
from guichet.workflow.engine import lock

# At a time, and with those that were removed: they are kept, and take room.
MOST_EVER = 100
# Bytes, likewise.
MOST_SIZE = 100_000_000
MOST_SIZE_EVER = 300_000_000


@dataclass(frozen=True)
class Held:
    """What a dossier has received: how many files and bytes it shows, how many it keeps in all."""

    kept: int
    ever: int
    size: int
    size_ever: int
    contents: frozenset[tuple[UUID | None, str]]

    @property
    def room(self) -> int:
        """Bytes that may still be added."""
        return max(0, min(MOST_SIZE - self.size, MOST_SIZE_EVER - self.size_ever))


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
    held = _held(application)
    if held.kept >= MOST_KEPT or held.ever >= MOST_EVER:
        raise RuleBroken(
            f"Un dossier porte {MOST_KEPT} pièces au plus : réunissez-en plusieurs en un PDF.", field="file"
        )
    document = _store(upload, name, held, held.room, actor)
    if (kind_id, document.sha256) in held.contents:
        raise RuleBroken("Ce fichier est déjà joint au dossier.", field="file")
    attachment = _add(application, document, kind)
    _note(application, "application.attach", attachment, actor)
    return attachment


def replace(
    application: Application, attachment_id: UUID, upload: BinaryIO, *, name: str, actor: Account
) -> Attachment:
    """Put a new file in the place of one; the former is kept, out of the list, and in the versions that hold it.

    Raises Forbidden when the section is closed, RuleBroken (field "file") for a file that we do not take, or when somebody
    else has removed or replaced the former one.
    """
    _open_for(application, actor)
    former = of(application, attachment_id)
    if question := file_labels(application).get(str(former.id)):
        raise RuleBroken(f"Ce fichier répond à « {question} » : changez-le dans sa rubrique.", field="file")
    lock(former)
    if former.removed_at is not None:
        raise RuleBroken(
            "Cette pièce a été retirée ou remplacée entre-temps : revenez à la liste des pièces.", field="file"
        )
    held = _held(application)
    if held.ever >= MOST_EVER:
        raise RuleBroken(
            f"Ce dossier a déjà reçu {MOST_EVER} fichiers, le maximum : celui-ci ne peut plus être remplacé.",
            field="file",
        )
    room = min(MOST_SIZE - held.size + former.document.size, MOST_SIZE_EVER - held.size_ever)
    document = _store(upload, name, held, room, actor)
    if document.sha256 == former.document.sha256:
        raise RuleBroken("Ce fichier est identique à celui qu’il remplacerait.", field="file")
    former.removed_at = clock.now()
    successor = _add(application, document, former.kind, former)
    _note(application, "application.replace-attachment", successor, actor, replaced=former.document.name)
    return successor


def _store(upload: BinaryIO, name: str, held: Held, room: int, actor: Account) -> Document:
    """Keep the file when the dossier has room for it: asked before anything is written."""
    size = upload.seek(0, os.SEEK_END)
    if accepted.LARGEST >= size > room:
        raise RuleBroken(
            f"Les pièces du dossier pèsent déjà {filesize(held.size)} : celle-ci, de {filesize(size)}, "
            f"dépasserait le total permis ({filesize(MOST_SIZE)}). Retirez une pièce, ou allégez celle-ci.",
            field="file",
        )
    return documents.store(upload, name=name, actor=actor)


def _add(
    application: Application, document: Document, kind: AttachmentKind | None, former: Attachment | None = None
) -> Attachment:
    attachment = Attachment(
        application_id=application.id,
        document=document,
        document_id=document.id,
        kind=kind,
        kind_id=kind.id if kind else None,
        replaces_id=former.id if former else None,
    )
    application.attachments.append(attachment)
    return attachment


def room_of(application: Application) -> int:
    """Bytes that the files shown still leave, for the page to tell before one is chosen."""
    shown = sum(piece.document.size for piece in application.attachments if piece.removed_at is None)
    ever = sum(piece.document.size for piece in application.attachments)
    return max(0, min(MOST_SIZE - shown, MOST_SIZE_EVER - ever))


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


def _held(application: Application) -> Held:
    # Read under the lock: the second of two clicks must see what the first one added.
    columns = sa.select(Attachment.kind_id, Document.sha256, Document.size, Attachment.removed_at)
    rows: Sequence[Any] = db.session.execute(
        columns.join(Attachment.document).where(Attachment.application_id == application.id)
    ).all()
    kept = [row for row in rows if row.removed_at is None]
    return Held(
        kept=len(kept),
        ever=len(rows),
        size=sum(row.size for row in kept),
        size_ever=sum(row.size for row in rows),
        contents=frozenset((row.kind_id, row.sha256) for row in kept),
    )


def _kind_of(application: Application, kind_id: UUID | None) -> AttachmentKind | None:
    if kind_id is None:
        return None
    found = next((kind for kind in application.call.attachment_kinds if kind.id == kind_id), None)
    if found is None:
        raise RuleBroken("Choisissez une pièce de la liste.", field="kind_id")
    return found


def _note(application: Application, action: str, attachment: Attachment, actor: Account, **facts: Any) -> None:
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
        **facts,
    )
