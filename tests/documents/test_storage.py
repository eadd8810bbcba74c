import datetime as dt
import hashlib
import io
import os
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from guichet.core import clock
from guichet.documents import storage


class Disk(io.BytesIO):
    """A content whose disk fills up in the middle."""

    def read(self, size=-1):
        piece = super().read(10)
        if self.tell() > 20:
            raise OSError(28, "No space left on device")
        return piece


def everything(root):
    return {path.name for path in root.rglob("*") if path.is_file()}


def test_save_measures_what_it_writes_and_gives_it_back(app):
    identifier, content = uuid.uuid4(), os.urandom(700_000)

    saved = storage.save(identifier, io.BytesIO(content))

    assert (saved.size, saved.sha256) == (700_000, hashlib.sha256(content).hexdigest())
    assert b"".join(storage.read(identifier)) == content


def test_read_gives_the_pieces_after_the_page_is_made(app):
    identifier = uuid.uuid4()
    storage.save(identifier, io.BytesIO(b"x"))
    pieces = storage.read(identifier)

    # A thread of its own knows of no application, as a server that sends an answer.
    with ThreadPoolExecutor(1) as elsewhere:
        assert elsewhere.submit(list, pieces).result() == [b"x"]


def test_save_leaves_nothing_when_the_disk_is_full(app, folder):
    identifier = uuid.uuid4()

    with pytest.raises(OSError, match="No space left"):
        storage.save(identifier, Disk(b"x" * 100))

    assert not storage.holds(identifier)
    assert str(identifier) not in everything(folder / "storage")


def test_delete_forgets_a_file_and_does_nothing_the_second_time(app):
    identifier = uuid.uuid4()
    storage.save(identifier, io.BytesIO(b"x"))

    storage.delete(identifier)
    storage.delete(identifier)

    assert not storage.holds(identifier)
    with pytest.raises(FileNotFoundError):
        next(storage.read(identifier))


def test_written_before_finds_old_files_and_abandoned_ones_only(app, folder):
    old, abandoned, fresh = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    for identifier in (old, fresh):
        storage.save(identifier, io.BytesIO(b"x"))
    draft = folder / "storage" / "incoming" / str(abandoned)
    draft.write_bytes(b"half")
    two_days_ago = (clock.now() - dt.timedelta(days=2)).timestamp()
    for path in (draft, next((folder / "storage").rglob(str(old)))):
        os.utime(path, (two_days_ago, two_days_ago))

    found = set(storage.written_before(clock.now() - dt.timedelta(days=1)))

    assert {old, abandoned} <= found
    assert fresh not in found
