"""The demonstration's mail server: takes every message on a loopback port and keeps it in a Maildir. Sends nothing out.

Runs as a script of its own (`python -P mailbox.py PORT FOLDER`), without the application: it stays a small process.
"""

import asyncio
import mailbox
import signal
import sys
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"
LARGEST_MESSAGE = 40_000_000


class Keeper:
    """Keeps each message before it is acknowledged: what was accepted is on disk."""

    def __init__(self, folder: str) -> None:
        self._mailbox = mailbox.Maildir(folder, create=True)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        recipients = ", ".join(envelope.rcpt_tos)
        content: Any = envelope.content
        self._mailbox.add(f"Delivered-To: {recipients}\r\n".encode() + content)
        return "250 Message kept"


async def serve(port: int, folder: str) -> None:
    keeper = Keeper(folder)
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    server = await loop.create_server(
        lambda: SMTP(keeper, data_size_limit=LARGEST_MESSAGE, enable_SMTPUTF8=True), HOST, port
    )
    async with server:
        await stopped.wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), sys.argv[2]))
