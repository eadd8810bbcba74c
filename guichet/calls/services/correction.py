"""Putting right the texts and the documents of a published call; its rules stay as they were published."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from uuid import UUID

from guichet.accounts.models import Account
from guichet.audit import services as audit
from guichet.calls import policies, queries
from guichet.calls.changes import CORRECT
from guichet.calls.models import Call, CallDocument
from guichet.calls.services.content import MOST_DOCUMENTS
from guichet.core.db import db
from guichet.core.errors import RuleBroken
from guichet.core.policy import require
from guichet.documents.models import Document
from guichet.workflow.engine import lock


@dataclass(frozen=True, kw_only=True)
class Words:
    """What describes a call and decides nothing."""

    title: str
    summary: str
    description: str


@dataclass(frozen=True, kw_only=True)
class Files:
    """`added` is a stored file and the name to show; `withdrawn` are documents of the call."""

    added: tuple[Document, str] | None = None
    withdrawn: Sequence[UUID] = ()


def correct(call: Call, words: Words, files: Files, reason: str, *, actor: Account) -> None:
    """Change the texts of a published call, and the documents that it offers; `reason` is shown to everybody.

    Raises Forbidden for a draft (which is edited) or an archived call, RuleBroken when nothing changes or documents are too
    many, NotFound for a document of another call. The address of the call stays, and so do the words before, in the journal.
    """
    lock(call)
    require(policies.can_correct, actor, call)
    before = {name: getattr(call, name) for name in (word.name for word in fields(Words))}
    changed = {name: old for name, old in before.items() if old != getattr(words, name)}
    if not (changed or files.added or files.withdrawn):
        raise RuleBroken("Rien n’a changé : corrigez un texte ou un document avant d’enregistrer.")
    for name in changed:
        setattr(call, name, getattr(words, name))
    audit.record(actor, CORRECT, call, reason=reason, before=changed, documents=_change_documents(call, files))


def _change_documents(call: Call, files: Files) -> dict[str, object]:
    """What the journal keeps of it."""
    told: dict[str, object] = {}
    withdrawn = [queries.line_of(CallDocument, call, identifier) for identifier in files.withdrawn]
    for offered in withdrawn:
        db.session.delete(offered)
    if withdrawn:
        told["withdrawn"] = [offered.label for offered in withdrawn]
    db.session.flush()
    if files.added:
        if len(queries.documents_of(call.id)) >= MOST_DOCUMENTS:
            raise RuleBroken(f"Un appel propose {MOST_DOCUMENTS} documents au plus.", field="file")
        document, label = files.added
        db.session.add(CallDocument(call_id=call.id, document_id=document.id, label=label))
        told["added"] = [label, document.sha256]
    return told
