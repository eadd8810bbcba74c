"""A server that speaks clamd's protocol over TCP or a Unix socket: it reads real streams and looks for the test string."""

import socketserver
import struct
import threading
from pathlib import Path
from typing import Any, Self

from tests.factories import files


class _Talk(socketserver.StreamRequestHandler):
    server: Any

    def handle(self) -> None:
        command = self._until_zero()
        if command == b"zPING":
            self.wfile.write(b"PONG\0")
        elif command == b"zINSTREAM":
            self._scan()

    def _until_zero(self) -> bytes:
        read = b""
        while (byte := self.rfile.read(1)) not in {b"\0", b""}:
            read += byte
        return read

    def _scan(self) -> None:
        content = b""
        while length := struct.unpack(">I", self.rfile.read(4))[0]:
            content += self.rfile.read(length)
            if len(content) > self.server.clamd.largest:
                self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.server.clamd.scanned.append(content)
        self.wfile.write(self.server.clamd.answer_to(content) + b"\0")


class _Tcp(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class _Unix(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


class Clamd:
    """`answer`, when set, is what it says of every file; `largest` bytes are the most that it reads; `scanned`, what it read."""

    def __init__(self, path: Path | None = None) -> None:
        self.largest = 25_000_000
        self.answer = b""
        self.scanned: list[bytes] = []
        self._server: Any = _Unix(str(path), _Talk) if path else _Tcp(("127.0.0.1", 0), _Talk)
        self._server.clamd = self
        self.url = f"unix://{path}" if path else f"tcp://127.0.0.1:{self._server.server_address[1]}"

    def answer_to(self, content: bytes) -> bytes:
        if self.answer:
            return self.answer
        return b"stream: Eicar-Test-Signature FOUND" if files.EICAR in content else b"stream: OK"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
