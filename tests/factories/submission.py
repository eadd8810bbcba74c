"""Dossiers really handed in, by the use cases themselves: with their frozen versions."""

import io
from typing import Any

from guichet.accounts.models import Account
from guichet.applications import queries
from guichet.applications.models import Application, Attachment
from guichet.applications.services import attachments, submission
from guichet.calls.models import AttachmentKind
from guichet.core.db import db
from guichet.core.transaction import unit_of_work
from tests.factories import files
from tests.factories.applications import make_application


def loaded(application: Application) -> Application:
    """The dossier as a page loads it, read afresh."""
    identifier = application.id
    db.session.flush()
    db.session.expire(application)
    return queries.loaded(identifier)


def join(
    application: Application,
    actor: Account,
    *,
    name: str = "lettre.pdf",
    content: bytes = files.PDF,
    kind: AttachmentKind | None = None,
) -> Attachment:
    """A file added to the dossier by `actor`."""
    with unit_of_work():
        return attachments.attach(
            loaded(application), io.BytesIO(content), name=name, kind_id=kind.id if kind else None, actor=actor
        )


def make_submitted(lead: Account, **columns: Any) -> Application:
    """A complete dossier of `lead`, with one file, handed in by her: version 1 is frozen."""
    application = make_application(lead=lead, complete=True, **columns)
    join(application, lead)
    with unit_of_work():
        submission.submit(loaded(application), actor=lead)
    return loaded(application)
