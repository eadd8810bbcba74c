"""The only SMTP call. One connection a process, kept open between e-mails: a greeting costs more than a message."""

import smtplib
import threading
import time
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr, formatdate, parseaddr
from urllib.parse import unquote, urlsplit

from guichet.notifications.models import Email

TIMEOUT = 20
# Seconds after which an idle connection is thought dead: servers close theirs after some minutes.
IDLE = 60


class ServerUnavailable(Exception):
    """No server, or it does not talk: nothing is wrong with the message."""


class TemporaryRefusal(Exception):
    """The server refuses this message for now."""


class PermanentRefusal(Exception):
    """The server will never take this message."""


class Mailer:
    """Sends e-mails to the server of `mail_url` (smtp://, smtps://, smtp+starttls://, with user and password if any)."""

    def __init__(self, mail_url: str, sender: str) -> None:
        self._url = urlsplit(mail_url)
        self.sender = sender
        self._connection: smtplib.SMTP | None = None
        self._used_at = 0.0
        self._lock = threading.Lock()

    def send(self, email: Email) -> None:
        """Raises ServerUnavailable, TemporaryRefusal or PermanentRefusal; returns once the server has taken the message."""
        try:
            message = compose(email, self.sender)
        except ValueError as problem:
            # A name or an address that no header can hold: the others must not wait behind it.
            raise PermanentRefusal(f"{type(problem).__name__}: the message cannot be written") from problem
        with self._lock:
            connection = self._open()
            try:
                connection.send_message(message)
            except smtplib.SMTPResponseException as refusal:
                self._after_refusal()
                _raise(refusal.smtp_code, _words(refusal.smtp_error))
            except smtplib.SMTPRecipientsRefused as refusal:
                self._after_refusal()
                code, words = next(iter(refusal.recipients.values()))
                _raise(code, _words(words))
            except (smtplib.SMTPNotSupportedError, ValueError) as problem:
                # An address that the server, or the protocol, cannot write: it never will.
                self._after_refusal()
                raise PermanentRefusal(f"{type(problem).__name__}: the address cannot be written") from problem
            except (smtplib.SMTPServerDisconnected, OSError) as problem:
                self._drop()
                raise ServerUnavailable(f"{type(problem).__name__}") from problem
            self._used_at = time.monotonic()

    def greet(self) -> None:
        """Open the connection and say hello. Raises ServerUnavailable."""
        with self._lock:
            self._open()

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _open(self) -> smtplib.SMTP:
        if self._connection is not None and time.monotonic() - self._used_at < IDLE:
            return self._connection
        self._drop()
        try:
            self._connection = self._connect()
        except (smtplib.SMTPException, OSError) as problem:
            self._drop()
            raise ServerUnavailable(f"{type(problem).__name__}") from problem
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        host, scheme = self._url.hostname or "localhost", self._url.scheme
        if scheme == "smtps":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(host, self._url.port or 465, timeout=TIMEOUT)
        else:
            connection = smtplib.SMTP(host, self._url.port or 25, timeout=TIMEOUT)
        if scheme == "smtp+starttls":
            connection.starttls()
        if self._url.username:
            connection.login(unquote(self._url.username), unquote(self._url.password or ""))
        return connection

    def _after_refusal(self) -> None:
        # A refused message leaves the dialogue in the middle; a server that cannot reset it is left.
        try:
            if self._connection is not None:
                self._connection.rset()
        except (smtplib.SMTPException, OSError):
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def compose(email: Email, sender: str) -> EmailMessage:
    """The message as it leaves: one recipient, text and HTML, the e-mail's key as Message-ID."""
    message = EmailMessage(policy=SMTP)
    domain = parseaddr(sender)[1].partition("@")[2] or "localhost"
    message["From"] = sender
    message["To"] = formataddr((email.recipient_name, email.recipient_email))
    message["Subject"] = email.subject
    message["Date"] = formatdate(email.created_at.timestamp())
    message["Message-ID"] = f"<{email.key}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(email.text_body, cte="quoted-printable")
    message.add_alternative(email.html_body, subtype="html", cte="quoted-printable")
    return message


def _words(answer: bytes | str) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer


def _raise(code: int, words: str) -> None:
    refusal = PermanentRefusal if 500 <= code < 600 else TemporaryRefusal
    raise refusal(f"{code} {words}"[:500])
