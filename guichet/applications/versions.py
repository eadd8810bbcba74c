"""Reading what was frozen: the versions of a dossier, what they hold, and whose a fingerprint is."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, undefer

from guichet.applications.frozen import Json
from guichet.applications.models import Application, ApplicationVersion, Attachment, ChangeRequest
from guichet.calls.models import Call
from guichet.core.db import db
from guichet.core.errors import NotFound
from guichet.documents.models import Document


def version_of(application: Application, number: int) -> ApplicationVersion:
    """A submitted version, with its content and who handed it in. Raises NotFound."""
    rows = sa.select(ApplicationVersion).where(
        ApplicationVersion.application_id == application.id, ApplicationVersion.number == number
    )
    # The dossier's page left the content aside: it is read afresh.
    options = (joinedload(ApplicationVersion.submitted_by), undefer(ApplicationVersion.content))
    found = db.session.scalar(rows.options(*options))
    if found is None:
        raise NotFound("Ce dossier n’a pas de version de ce numéro.")
    return found


def unsent_of(application: Application, request_id: UUID) -> tuple[ChangeRequest, Json | None]:
    """A request of the dossier closed without its answer, and what had been written for it, if anything. Raises NotFound."""
    rows = sa.select(ChangeRequest, ChangeRequest.unsent).where(
        ChangeRequest.application_id == application.id,
        ChangeRequest.id == request_id,
        ChangeRequest.closed_at.is_not(None),
    )
    found = db.session.execute(rows).one_or_none()
    if found is None:
        raise NotFound("Ce dossier n’a pas de demande close de cette adresse.")
    return found[0], found[1]


def awaiting_receipt(application_id: UUID, number: int) -> ApplicationVersion | None:
    """The submitted version, locked, while its receipt is not made; None once it is."""
    rows = sa.select(ApplicationVersion).where(
        ApplicationVersion.application_id == application_id, ApplicationVersion.number == number
    )
    version = db.session.scalars(rows.with_for_update().execution_options(populate_existing=True)).one()
    return version if version.receipt_id is None else None


def call_of(application_id: UUID) -> Call:
    """The call that a dossier answers."""
    rows = sa.select(Call).join(Application, Application.call_id == Call.id).where(Application.id == application_id)
    return db.session.scalars(rows).one()


def attachment_of(document_id: UUID) -> Attachment | None:
    """The file of a dossier that this document is; None when it is something else."""
    rows = sa.select(Attachment).where(Attachment.document_id == document_id).options(joinedload(Attachment.document))
    return db.session.scalar(rows)


def holds_attachment(application_id: UUID, attachment_id: UUID) -> bool:
    """Whether the file was part of a submitted version."""
    piece = {"attachments": [{"id": str(attachment_id)}]}
    held = sa.exists().where(
        ApplicationVersion.application_id == application_id, ApplicationVersion.content.contains(piece)
    )
    return bool(db.session.scalar(sa.select(held)))


@dataclass(frozen=True)
class Proof:
    """A number and a fingerprint that go together: which submission they are of; nothing of its content."""

    reference: str
    number: int
    submitted_at: dt.datetime
    time_zone: str


def proof_of(reference: str, sha256: str) -> Proof | None:
    """The submission of this number whose content has this fingerprint; None when there is none."""
    rows = (
        sa.select(ApplicationVersion.number, ApplicationVersion.submitted_at, Call.time_zone)
        .join(Application, Application.id == ApplicationVersion.application_id)
        .join(Call, Call.id == Application.call_id)
        .where(Application.reference == reference, ApplicationVersion.sha256 == sha256)
    )
    found = db.session.execute(rows).first()
    return Proof(reference, *found) if found else None


@dataclass(frozen=True)
class FileProof:
    """A file that is, to the last byte, a document that the window delivered; nothing of what it says.

    `number` is the version that a receipt acknowledges, None for a letter; `replaced` when another decision took its place.
    """

    reference: str
    number: int | None
    delivered_at: dt.datetime
    time_zone: str
    replaced: bool = False


def proof_of_file(sha256: str) -> FileProof | None:
    """The receipt or the letter whose bytes have this fingerprint; None when no such document was delivered."""
    rows = (
        sa.select(Application.reference, ApplicationVersion.number, ApplicationVersion.submitted_at, Call.time_zone)
        .join(Application, Application.id == ApplicationVersion.application_id)
        .join(Call, Call.id == Application.call_id)
        .join(Document, Document.id == ApplicationVersion.receipt_id)
        .where(Document.sha256 == sha256)
    )
    found = db.session.execute(rows.limit(1)).first() or db.session.execute(_letter(sha256)).first()
    return FileProof(*found) if found else None


def _letter(sha256: str) -> sa.Select[Any]:
    # The package above is known by its table only.
    decision = db.metadata.tables["decision"]
    return (
        sa.select(
            Application.reference,
            sa.null(),
            decision.c.published_at,
            Call.time_zone,
            decision.c.status == "replaced",
        )
        .join(Document, Document.id == decision.c.letter_id)
        .join(Application, Application.id == decision.c.application_id)
        .join(Call, Call.id == Application.call_id)
        .where(Document.sha256 == sha256)
        .limit(1)
    )
