"""Where the files lie: a folder of the operator's, or a bucket (see bucket.py), as STORAGE_URL says.

Each file is named after its document's identifier, never after what people type.
"""

import datetime as dt
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit
from uuid import UUID

from flask import current_app

from guichet.documents.bucket import Bucket, bucket_of

CHUNK = 256 * 1024
# What is being written stands apart, so that a file at its place is always whole.
INCOMING = "incoming"


@dataclass(frozen=True)
class Saved:
    """What was written: its size in bytes and its fingerprint, both measured on the way."""

    size: int
    sha256: str


def save(identifier: UUID, content: BinaryIO) -> Saved:
    """Write `content` to the end, make it durable, then put it in its place at once. Raises OSError; leaves nothing then."""
    if bucket := _bucket():
        return _send(bucket, identifier, content)
    draft = _root() / INCOMING / str(identifier)
    draft.parent.mkdir(parents=True, exist_ok=True)
    try:
        saved = _write(draft, content)
        place = _place(identifier)
        place.parent.mkdir(parents=True, exist_ok=True)
        draft.replace(place)
        _make_durable(place.parent)
    except BaseException:
        with suppress(OSError):
            draft.unlink()
        raise
    return saved


def read(identifier: UUID) -> Iterator[bytes]:
    """The stored file piece by piece, opened at the first one. Raises FileNotFoundError then."""
    # A server asks for the pieces once the page is made, when there is no application to ask for the place any more.
    bucket = _bucket()
    return bucket.read(identifier) if bucket else _pieces(_place(identifier))


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def holds(identifier: UUID) -> bool:
    if bucket := _bucket():
        return bucket.holds(identifier)
    return _place(identifier).is_file()


def delete(identifier: UUID) -> bool:
    """Remove the file, whole or not; False when there was none."""
    if bucket := _bucket():
        return bucket.delete(identifier)
    there = [path for path in (_place(identifier), _root() / INCOMING / str(identifier)) if path.is_file()]
    for path in there:
        path.unlink(missing_ok=True)
    return bool(there)


def written_before(moment: dt.datetime) -> Iterator[UUID]:
    """Identifiers of the files, whole or not, that were written before `moment`."""
    if bucket := _bucket():
        yield from bucket.written_before(moment)
        return
    for path in _root().glob("*/*"):
        files = path.iterdir() if path.is_dir() else [path]
        for file in files:
            if dt.datetime.fromtimestamp(file.stat().st_mtime, dt.UTC) < moment:
                with suppress(ValueError):
                    yield UUID(file.name)


_elsewhere: ContextVar[str | None] = ContextVar("stored_elsewhere", default=None)


@contextmanager
def elsewhere(folder: Path) -> Iterator[None]:
    """Inside the block, files are written to and read from `folder`: it is thrown away with what was only tried."""
    token = _elsewhere.set(folder.absolute().as_uri())
    try:
        yield
    finally:
        _elsewhere.reset(token)


def _url() -> str:
    url: str = _elsewhere.get() or current_app.extensions["settings"].storage_url
    return url


def _bucket() -> Bucket | None:
    return bucket_of(_url()) if urlsplit(_url()).scheme == "s3" else None


def _send(bucket: Bucket, identifier: UUID, content: BinaryIO) -> Saved:
    digest, sizes = hashlib.sha256(), []

    def pieces() -> Iterator[bytes]:
        while chunk := content.read(CHUNK):
            digest.update(chunk)
            sizes.append(len(chunk))
            yield chunk

    bucket.save(identifier, pieces())
    return Saved(sum(sizes), digest.hexdigest())


def _root() -> Path:
    return Path(unquote(urlsplit(_url()).path))


def _place(identifier: UUID) -> Path:
    # Two levels of folders: no folder ever holds more files than a tool can list.
    return _root() / identifier.hex[:2] / identifier.hex[2:4] / str(identifier)


def _write(path: Path, content: BinaryIO) -> Saved:
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        while chunk := content.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return Saved(size, digest.hexdigest())


def _make_durable(folder: Path) -> None:
    # The renaming itself is a change of the folder: it must outlive a power cut too.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
