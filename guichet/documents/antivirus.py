"""Asking clamd about a file: its INSTREAM command, over TCP or a Unix socket. Forty lines, where a client library has been asleep
for years."""

import contextlib
import socket
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from flask import current_app

from guichet.documents.models import ScanState

DEFAULT_PORT = 3310
# Seconds: to be heard, then for the answer on a whole file.
CONNECT, ANSWER = 3, 120
LONGEST_ANSWER = 4096
CHUNK = 128 * 1024


class AntivirusAway(Exception):
    """It does not answer: the file waits, and nothing is counted against it."""


@dataclass(frozen=True)
class Verdict:
    """CLEAN, INFECTED, TOO_LARGE, or UNSCANNABLE when it gives an answer that settles nothing; `finding` in its own words."""

    state: ScanState
    finding: str = ""


def address() -> str:
    """Where clamd is, as configured; empty when there is none."""
    url: str = current_app.extensions["settings"].clamd_url
    return url


def ping(url: str) -> None:
    """Raises AntivirusAway unless it answers."""
    with _talking(url, CONNECT) as line:
        line.sendall(b"zPING\0")
        if _answer(line) != "PONG":
            raise AntivirusAway("unexpected answer")


def scan(url: str, pieces: Iterable[bytes]) -> Verdict:
    """What clamd says of a content. Raises AntivirusAway when it says nothing; what reading the content raises goes through."""
    with _talking(url, ANSWER) as line:
        line.sendall(b"zINSTREAM\0")
        for piece in pieces:
            # It hangs up in the middle of a file that is too large for it, having said so.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                line.sendall(struct.pack(">I", len(piece)) + piece)
                continue
            break
        else:
            line.sendall(struct.pack(">I", 0))
        return _verdict(_answer(line))


def _verdict(answer: str) -> Verdict:
    words = answer.removeprefix("stream: ")
    if words == "OK":
        return Verdict(ScanState.CLEAN)
    if words.endswith(" FOUND"):
        return Verdict(ScanState.INFECTED, words.removesuffix(" FOUND")[:200])
    if "size limit exceeded" in words:
        return Verdict(ScanState.TOO_LARGE, words[:200])
    if not words:
        raise AntivirusAway("no answer")
    return Verdict(ScanState.UNSCANNABLE, words[:200])


@contextlib.contextmanager
def _talking(url: str, patience: float) -> Iterator[socket.socket]:
    try:
        line = _connected(url)
    except OSError as problem:
        raise AntivirusAway(type(problem).__name__) from problem
    with line:
        line.settimeout(patience)
        try:
            yield line
        except (ConnectionError, TimeoutError) as problem:
            raise AntivirusAway(type(problem).__name__) from problem


def _connected(url: str) -> socket.socket:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(CONNECT)
        try:
            line.connect(unquote(parts.path))
        except BaseException:
            line.close()
            raise
        return line
    return socket.create_connection((parts.hostname or "localhost", parts.port or DEFAULT_PORT), CONNECT)


def _answer(line: socket.socket) -> str:
    answer = b""
    # Up to the zero that ends it, or until it hangs up.
    while not answer.endswith(b"\0") and len(answer) < LONGEST_ANSWER and (piece := line.recv(LONGEST_ANSWER)):
        answer += piece
    return answer.rstrip(b"\0").decode(errors="replace").strip()
