"""The storage in a bucket: a real local server that speaks S3, over HTTP."""

import dataclasses
import datetime as dt
import hashlib
import io
import os
import socket
import uuid

import pytest
from moto.server import ThreadedMotoServer

from guichet.core import clock
from guichet.core.errors import RuleBroken
from guichet.core.transaction import unit_of_work
from guichet.documents import services, storage
from guichet.documents.bucket import BucketUnavailable
from guichet.supervision.doctor import examine
from tests.factories import files
from tests.factories.accounts import make_account


@pytest.fixture(scope="module")
def server():
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    yield f"http://127.0.0.1:{running.get_host_and_port()[1]}"
    running.stop()


@pytest.fixture
def bucket(server, app, monkeypatch):
    """The application, its files in a fresh bucket."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    name = f"files-{uuid.uuid4().hex[:12]}"
    host, port = server.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 5) as line:
        line.sendall(f"PUT /{name} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        assert b"200" in line.recv(1000)
    url = f"s3://{name}/guichet?endpoint={server}&region=us-east-1"
    monkeypatch.setitem(app.extensions, "settings", dataclasses.replace(app.extensions["settings"], storage_url=url))
    return url


def test_a_file_is_kept_measured_and_given_back_whole(bucket):
    # More than one part of a multipart upload.
    identifier, content = uuid.uuid4(), os.urandom(12_000_000)

    saved = storage.save(identifier, io.BytesIO(content))

    assert (saved.size, saved.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert b"".join(storage.read(identifier)) == content
    assert storage.holds(identifier)


def test_an_interrupted_file_is_not_there(bucket):
    identifier = uuid.uuid4()

    class Broken(io.BytesIO):
        def read(self, size=-1):
            if self.tell():
                raise OSError(5, "the sender is gone")
            return super().read(10)

    with pytest.raises(OSError):
        storage.save(identifier, Broken(b"x" * 100))

    assert not storage.holds(identifier)


def test_a_file_is_forgotten_once(bucket):
    identifier = uuid.uuid4()
    storage.save(identifier, io.BytesIO(b"x"))

    assert (storage.delete(identifier), storage.delete(identifier)) == (True, False)
    with pytest.raises(FileNotFoundError):
        list(storage.read(identifier))


def test_old_files_are_listed_by_their_identifiers(bucket):
    identifier = uuid.uuid4()
    storage.save(identifier, io.BytesIO(b"x"))

    assert list(storage.written_before(clock.now() - dt.timedelta(hours=1))) == []
    assert list(storage.written_before(clock.now() + dt.timedelta(hours=1))) == [identifier]


def test_a_document_lives_in_the_bucket_as_on_the_disk(bucket, session):
    with unit_of_work():
        document = services.store(io.BytesIO(files.PDF), name="lettre.pdf", actor=make_account())

    assert b"".join(storage.read(document.id)) == files.PDF


def test_a_bucket_that_refuses_is_told_and_nothing_is_recorded(bucket, session, app, monkeypatch):
    nowhere = bucket.replace("s3://files-", "s3://nobody-")
    monkeypatch.setitem(
        app.extensions, "settings", dataclasses.replace(app.extensions["settings"], storage_url=nowhere)
    )

    with pytest.raises(RuleBroken, match="Le stockage est indisponible"), unit_of_work():
        services.store(io.BytesIO(files.PDF), name="lettre.pdf", actor=make_account())
    with pytest.raises((BucketUnavailable, FileNotFoundError)):
        storage.delete(uuid.uuid4()) or list(storage.read(uuid.uuid4()))


def test_doctor_tries_the_bucket_for_real(bucket, session, app):
    assert [finding.ok for finding in examine(app.extensions["settings"]) if finding.part == "storage"] == [True]
