"""Files in an S3-compatible bucket: an object is there whole or not at all, the service sees to it."""

import datetime as dt
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, TypeVar, cast
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

CHUNK = 1_000_000
# The service refuses parts below 5 MiB, the last one apart.
PART = 8 * 1024 * 1024
Answer = TypeVar("Answer")


class BucketUnavailable(OSError):
    """The service refused or did not answer; the message names the kind of failure, never an address or a key."""


class Bucket:
    """s3://bucket/prefix?endpoint=…&region=… ; the keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        endpoint = asked.get("endpoint")
        config: dict[str, Any] = {"region": asked.get("region", "us-east-1")}
        if endpoint:
            config |= {"endpoint": endpoint, "virtual_hosted_style_request": False}
        self._prefix = unquote(parts.path).strip("/")
        self._store = S3Store(
            parts.netloc,
            config=cast("Any", config),
            client_options={
                "allow_http": (endpoint or "").startswith("http://"),
                "timeout": "60s",
                "connect_timeout": "5s",
            },
            retry_config={"max_retries": 2, "retry_timeout": dt.timedelta(seconds=20)},
        )

    def save(self, identifier: UUID, pieces: Iterator[bytes]) -> None:
        """Send the pieces one after the other. An interruption leaves nothing that a reader could see."""
        _told(lambda: obstore.put(self._store, self._key(identifier), pieces, use_multipart=True, chunk_size=PART))

    def read(self, identifier: UUID) -> Iterator[bytes]:
        found = _told(lambda: obstore.get(self._store, self._key(identifier)))
        pieces = iter(found.stream(min_chunk_size=CHUNK))
        while (piece := _told(lambda: next(pieces, None))) is not None:
            yield bytes(piece)

    def holds(self, identifier: UUID) -> bool:
        try:
            _told(lambda: obstore.head(self._store, self._key(identifier)))
        except FileNotFoundError:
            return False
        return True

    def delete(self, identifier: UUID) -> bool:
        there = self.holds(identifier)
        if there:
            _told(lambda: obstore.delete(self._store, self._key(identifier)))
        return there

    def written_before(self, moment: dt.datetime) -> Iterator[UUID]:
        batches = iter(obstore.list(self._store, self._prefix or None))
        while (batch := _told(lambda: next(batches, None))) is not None:
            for item in batch:
                name = item["path"].rsplit("/", 1)[-1]
                if item["last_modified"] < moment and _is_identifier(name):
                    yield UUID(name)

    def _key(self, identifier: UUID) -> str:
        name = f"{identifier.hex[:2]}/{identifier}"
        return f"{self._prefix}/{name}" if self._prefix else name


@lru_cache(maxsize=4)
def bucket_of(url: str) -> Bucket:
    """One client for each address: it keeps its connections open."""
    return Bucket(url)


def _told(work: Callable[[], Answer]) -> Answer:
    """What goes wrong, in the words of files: the rest of the house knows no bucket."""
    try:
        return work()
    except FileNotFoundError:
        raise
    except BaseError as problem:
        raise BucketUnavailable(5, type(problem).__name__) from problem


def _is_identifier(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True
