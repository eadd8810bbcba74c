"""A real SMTP server that keeps what it takes, and can be told to refuse, to hang up or to hold a message."""

import asyncio
import email
import email.policy
import threading
from email.message import EmailMessage
from typing import Any, Self

from aiosmtpd.controller import Controller

from guichet.embedded.ports import free_port


class Sink:
    """`messages` in order of arrival; `answer` is what DATA replies: 250 keeps the message, anything else refuses it.

    `hold_at` makes it read one message and not answer, until release(): a sender that dies meanwhile never sent it.
    """

    def __init__(self) -> None:
        self.hold_at: int | None = None
        self._released = threading.Event()
        self.messages: list[EmailMessage] = []
        self.answer = "250 OK"
        self.refused = 0
        self._holding = 0
        self.port = 0
        self._changed = threading.Condition()
        self._controller: Controller | None = None

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        while self.hold_at is not None and len(self.messages) >= self.hold_at and not self._released.is_set():
            with self._changed:
                self._holding += 1
                self._changed.notify_all()
            # When the sender hangs up, aiosmtpd cancels this wait and the message is never kept.
            await asyncio.sleep(0.05)
        with self._changed:
            if self.answer.startswith("250"):
                message = email.message_from_bytes(envelope.content, policy=email.policy.default)
                self.messages.append(message)
            else:
                self.refused += 1
            self._changed.notify_all()
            return self.answer

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def recipients(self) -> list[tuple[str, str]]:
        """(recipient, Message-ID) of each message taken."""
        with self._changed:
            return [(str(message["To"]), str(message["Message-ID"])) for message in self.messages]

    def wait_for(self, count: int, seconds: float = 60.0) -> None:
        """Wait until `count` messages were taken. Raises AssertionError when they do not come in time."""
        with self._changed:
            came = self._changed.wait_for(lambda: len(self.messages) >= count, seconds)
            assert came, f"{len(self.messages)} messages of {count} after {seconds} s"

    def wait_until_holding(self, seconds: float = 60.0) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._holding > 0, seconds), "no message was held"

    def wait_until_refused(self, count: int, seconds: float = 60.0) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.refused >= count, seconds), f"{self.refused} refused"

    def release(self) -> None:
        self._released.set()

    def start(self) -> None:
        """Listen; on the same port as before after a stop()."""
        self.port = self.port or free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=10)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
        self._controller = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
