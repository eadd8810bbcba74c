"""The messages of the demonstration's mailbox, read from its Maildir."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from pathlib import Path

from guichet.core.paging import PAGE_SIZE, Page

# A Maildir name begins with the second and the microsecond of its arrival.
ARRIVAL = re.compile(r"(\d+)\.M(\d+)")


@dataclass(frozen=True)
class Message:
    """What a list shows of a message; `key` names it in an address."""

    key: str
    headers: EmailMessage

    @property
    def sender(self) -> str:
        return str(self.headers.get("From", ""))

    @property
    def recipient(self) -> str:
        return str(self.headers.get("To", self.headers.get("Delivered-To", "")))

    @property
    def subject(self) -> str:
        return str(self.headers.get("Subject", "")) or "(sans objet)"

    @property
    def sent_at(self) -> datetime | None:
        with suppress(TypeError, ValueError):
            moment = parsedate_to_datetime(str(self.headers["Date"]))
            # "-0000", universal time of a place not told, is read as no zone at all.
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return None

    def body(self, kind: str) -> str | None:
        """The text of the `plain` or `html` version."""
        part = self.headers.get_body((kind,))
        if part is None:
            return None
        try:
            return str(part.get_content())
        except LookupError:
            # An alphabet that does not exist: the letters of ours can still be read.
            return str(part.get_payload())

    @property
    def attachments(self) -> list[str]:
        return [part.get_filename("sans nom") for part in self.headers.iter_attachments()]


def page_of(folder: Path, *, recipient: str, number: int) -> Page[Message]:
    """Page `number` of the messages, newest first; only those whose recipient holds the words of `recipient`."""
    paths = _newest_first(folder)
    wanted = recipient.casefold().strip()
    if wanted:
        paths = [path for path in paths if wanted in _headers(path).recipient.casefold()]
    number = min(max(1, number), max(1, -(-len(paths) // PAGE_SIZE)))
    shown = paths[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    return Page(items=[_headers(path) for path in shown], number=number, total=len(paths))


def one(folder: Path, key: str) -> Message | None:
    """The whole message, or None. The key is compared with what is there, never joined to a path."""
    for path in _files(folder):
        if _key(path) == key:
            return Message(key, message_from_bytes(path.read_bytes(), policy=policy.default))
    return None


def _headers(path: Path) -> Message:
    with path.open("rb") as file:
        return Message(_key(path), BytesHeaderParser(policy=policy.default).parse(file))


def _newest_first(folder: Path) -> list[Path]:
    return sorted(_files(folder), key=_arrival, reverse=True)


def _files(folder: Path) -> Iterator[Path]:
    for box in ("new", "cur"):
        yield from (folder / box).glob("[0-9]*")


def _arrival(path: Path) -> tuple[int, int]:
    found = ARRIVAL.match(path.name)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _key(path: Path) -> str:
    """Without the host's name or the flags, which do not belong in an address."""
    return "-".join(path.name.split(".")[:2])
