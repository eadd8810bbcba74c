"""Handing a stored file out. Who may have it is decided by the page of the thing that it belongs to."""

import structlog
from flask import Response, send_file

from guichet.core.errors import Forbidden, NotFound
from guichet.documents import storage
from guichet.documents.models import Document, ScanState

log = structlog.get_logger(__name__)

# What a browser shows by itself, without running anything of it.
SHOWN = frozenset({"application/pdf", "image/png", "image/jpeg"})


def send(document: Document, *, inline: bool = False) -> Response:
    """The file as an answer: to be saved, or shown in the browser when `inline` and of a kind that is safe to show.

    Raises Forbidden for an infected file, NotFound for one that the storage has lost.
    """
    if document.scan_state is ScanState.INFECTED:
        raise Forbidden("L’antivirus a trouvé ce fichier infecté : il n’est plus distribué.")
    try:
        content = storage.open_file(document.id)
    except FileNotFoundError as problem:
        log.error("a document's file is missing from the storage", document_id=str(document.id))
        raise NotFound("Ce fichier est introuvable dans le stockage. L’incident est signalé.") from problem
    shown = inline and document.media_type in SHOWN
    response = send_file(
        content,
        mimetype=document.media_type,
        as_attachment=not shown,
        download_name=document.name,
        etag=False,
        max_age=0,
    )
    response.content_length = document.size
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
