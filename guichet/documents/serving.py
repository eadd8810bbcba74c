"""Handing a stored file out. Who may have it is decided by the page of the thing that it belongs to."""

import unicodedata
from collections.abc import Sequence
from urllib.parse import quote

import structlog
from flask import Response, abort, request
from flask.typing import ResponseReturnValue

from guichet.core.errors import Forbidden
from guichet.documents import storage
from guichet.documents.models import Document, ScanState
from guichet.web.pages import page

log = structlog.get_logger(__name__)


# What a browser shows by itself, without running anything of it; all else is saved.
SHOWN = {"application/pdf": "pdf", "image/png": "image", "image/jpeg": "image"}
SANDBOX = "default-src 'none'; sandbox"
# The frame itself carries no sandbox attribute: browsers load no viewer of PDF in such a frame, while they do in one whose
# answer asks for the sandbox. What a PDF may run is refused when it comes (see portable.py).
FRAMED = f"{SANDBOX}; frame-ancestors 'self'"


def hand_out(document: Document, *, crumbs: Sequence[tuple[str, str | None]] = ()) -> ResponseReturnValue:
    """The file to be saved; with ?affichage=page a page that shows it and what is known of it, with ?affichage=contenu the file
    as that page frames it. One address, hence one right."""
    match request.args.get("affichage"):
        case "page":
            shown = SHOWN.get(document.media_type) if document.scan_state is not ScanState.INFECTED else None
            return page("documents/preview.html", document=document, shown=shown, crumbs=list(crumbs))
        case "contenu" if document.media_type in SHOWN:
            return send(document, inline=True)
        case _:
            return send(document)


def send(document: Document, *, inline: bool = False) -> Response:
    """The file as an answer: to be saved, unless it is one that our own page frames.

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
    headers.set("Content-Disposition", "inline" if inline else "attachment", **_names(document.name))
    headers["Content-Security-Policy"] = FRAMED if inline else SANDBOX
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cache-Control"] = "private, no-store"
    return response


def _names(name: str) -> dict[str, str]:
    """The name in plain letters, and as RFC 5987 writes accents, for the browsers that read it."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode() or "document"
    return {"filename": plain, "filename*": f"UTF-8''{quote(name, safe='')}"}
