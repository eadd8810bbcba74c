"""What a dossier becomes when it is taken away: a PDF of all that it says, or an archive of that, its files and its journal."""

import contextlib
import datetime as dt
import hashlib
import io
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

from guichet.accounts.models import Account
from guichet.applications import journal, messages, policies, versions
from guichet.applications.frozen import Json, content_of, reading_of
from guichet.applications.models import Application, Attachment, ExportKind
from guichet.applications.timeline import read_by_others
from guichet.audit.models import Audience
from guichet.documents import storage
from guichet.documents.letterhead import letterhead
from guichet.documents.models import Document, ScanState
from guichet.documents.typesetting import typeset
from guichet.web.filters import filesize, moment

# Of a name in the archive: some systems stop at 260 characters for the whole path.
LONGEST_NAME = 100
_FORBIDDEN = set('<>:"/\\|?*')
MANIFEST = "manifeste-sha256.txt"


@dataclass(frozen=True)
class Made:
    file: BinaryIO
    name: str
    media_type: str


def audiences_of(actor: Account, application: Application) -> tuple[Audience, ...]:
    if policies.can_read_staff_entries(actor, application):
        return (Audience.TEAM, Audience.STAFF)
    return (Audience.TEAM,)


def scope_of(actor: Account, application: Application) -> str:
    """What `actor` may read of the dossier now, in a few letters.

    Which journal (and so whether internal notes), the content as it is or as submitted, and whether its messages.
    """
    journal_read = "staff" if Audience.STAFF in audiences_of(actor, application) else "team"
    content_read = "current" if policies.can_read_rewriting(actor, application) else "submitted"
    messages_read = ":messages" if policies.can_read_messages(actor, application) else ""
    return f"{journal_read}:{content_read}{messages_read}"


@contextlib.contextmanager
def made(kind: ExportKind, application: Application, actor: Account, *, at: dt.datetime) -> Iterator[Made]:
    """The file, open at its start; it is gone when the block ends."""
    content, pieces = _read_by(application, actor, at)
    stem = f"dossier-{application.reference or 'brouillon'}"
    document = _pdf(application, content, pieces, at)
    if kind is ExportKind.PDF:
        yield Made(io.BytesIO(document), f"{stem}.pdf", "application/pdf")
        return
    # On the disk: the files of a dossier are more than a worker should hold in memory.
    with tempfile.TemporaryFile() as file:
        _fill(file, application, actor, document, pieces, at)
        file.seek(0)
        yield Made(cast("BinaryIO", file), f"{stem}.zip", "application/zip")


def _read_by(application: Application, actor: Account, at: dt.datetime) -> tuple[Json, list[Attachment]]:
    """The content and the files that `actor` may read: those of the last submission while the team rewrites."""
    if policies.can_read_rewriting(actor, application):
        content: Json = content_of(application, number=0, at=at, by=actor)
    else:
        latest = max(version.number for version in application.versions)
        content = versions.version_of(application, latest).content
    # What is not asked of the dossier is not in its content, nor are its files.
    told = {piece["id"] for piece in content["attachments"]}
    return content, [piece for piece in application.attachments if str(piece.id) in told]


def _pdf(application: Application, content: Json, pieces: Sequence[Attachment], at: dt.datetime) -> bytes:
    zone, reference = application.call.time_zone, application.reference or "non déposé"
    lines = [content["ministry"]]
    if content["organisation"] != content["ministry"]:
        lines.append(content["organisation"])
    head = letterhead(
        title=content["title"],
        description=f"Contenu du dossier {reference}",
        reference=reference,
        addressee=lines,
        at=at,
        contact=application.call.contact_email,
        zone=zone,
    )
    facts = [
        ["Numéro", reference],
        ["Appel à projets", content["call"]["title"]],
        *([["Relève", content["round"]]] if "round" in content else []),
        ["État", application.status.label],
        ["Équipe", ", ".join(member["name"] for member in content["team"])],
        [
            "Version",
            f"{content['version']}, telle que déposée" if content["version"] else "Contenu à la date du document",
        ],
        ["Document établi le", moment(at, zone)],
    ]
    sections = [
        {"title": section.label, "pairs": [[label, text or "Non renseigné"] for label, text in section.pairs]}
        for section in reading_of(content)
    ]
    return typeset("dossier", at=at, **head, facts=facts, sections=sections, attachments=[_told(one) for one in pieces])


def _told(piece: Attachment) -> dict[str, Any]:
    document = piece.document
    return {
        "name": document.name,
        "kind": piece.kind.label if piece.kind else "Autre pièce",
        "size": filesize(document.size),
        "state": document.scan_state.label,
        "sha256": document.sha256,
    }


def _fill(
    file: Any,
    application: Application,
    actor: Account,
    document: bytes,
    pieces: Sequence[Attachment],
    at: dt.datetime,
) -> None:
    entries = journal.entries_of(application, audiences_of(actor, application))
    if not policies.can_read_rewriting(actor, application):
        entries = read_by_others(entries, application)
    told = list(journal.lines(entries, application.call.time_zone))
    name = application.reference or application.known_title
    texts = {
        "dossier.pdf": document,
        "journal.csv": journal.as_csv(told),
        "journal.txt": journal.as_text(told, name),
    }
    if written := messages.whole(application, actor):
        texts["messages.txt"] = messages.as_text(written, name, application.call.time_zone)
    sums, absent = [], []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in texts.items():
            archive.writestr(_entry(name, at), content)
            sums.append((hashlib.sha256(content).hexdigest(), name))
        for number, piece in enumerate(pieces, 1):
            name = f"pieces/{number:02}-{safe_name(piece.document.name)}"
            if reason := _why_not(piece.document):
                absent.append(f"# {name} : {reason}")
                continue
            sums.append((_copy(archive, _entry(name, at), piece.document), name))
        manifest = [f"{digest}  {name}" for digest, name in sums]
        archive.writestr(_entry(MANIFEST, at), "\n".join([*manifest, *absent]) + "\n")


def _why_not(document: Document) -> str:
    if document.scan_state is ScanState.INFECTED:
        return "non joint, infecté selon l’antivirus"
    return "" if storage.holds(document.id) else "non joint, absent du stockage"


def _copy(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, document: Document) -> str:
    digest = hashlib.sha256()
    # These formats are compressed already.
    entry.compress_type = zipfile.ZIP_STORED
    with archive.open(entry, "w") as out:
        for piece in storage.read(document.id):
            digest.update(piece)
            out.write(piece)
    return digest.hexdigest()


def _entry(name: str, at: dt.datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, at.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def safe_name(name: str) -> str:
    """A name that every system accepts, and that leads nowhere; the number before it makes it unique, and no device's."""
    name = unicodedata.normalize("NFC", name)
    kept = "".join("_" if c in _FORBIDDEN or unicodedata.category(c).startswith("C") else c for c in name)
    path = PurePosixPath(kept.strip(" .") or "piece")
    ending = path.suffix[:10]
    return path.stem[: LONGEST_NAME - len(ending)] + ending
