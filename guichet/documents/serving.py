"""Handing a stored file out. Who may have it is decided by the page of the thing that it belongs to."""

import unicodedata
from urllib.parse import quote

import structlog
from flask import Response, abort

from guichet.core.errors import Forbidden
from guichet.documents import storage
from guichet.documents.models import Document, ScanState

log = structlog.get_logger(__name__)


def send(document: Document) -> Response:
    """The file as an answer, to be saved: no browser shows it inside our pages' origin.

    Raises Forbidden for an infected file; answers 503 for one that the storage has lost.
    """
    if document.scan_state is ScanState.INFECTED:
        raise Forbidden("L’antivirus a trouvé ce fichier infecté : il n’est plus distribué.")
    if not storage.holds(document.id):
        log.error("a document's file is missing from the storage", document_id=str(document.id))
        abort(503)
    response = Response(storage.read(document.id), mimetype=document.media_type)
    response.content_length = document.size
    headers = response.headers
    headers.set("Content-Disposition", "attachment", **_names(document.name))
    headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cache-Control"] = "private, no-store"
    return response


def _names(name: str) -> dict[str, str]:
    """The name in plain letters, and as RFC 5987 writes accents, for the browsers that read it."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode() or "document"
    return {"filename": plain, "filename*": f"UTF-8''{quote(name, safe='')}"}
