"""E-mail by SMTP (RFC 5321), through one mail server that takes our mail: TLS 1.2 or later, its certificate verified.

SMTP has no list of what was sent: a mail whose answer was lost is sent again, under the same Message-ID.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.headerregistry import Address
from pathlib import Path
from typing import BinaryIO, Self, TypeVar
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from notifiers.base import (
    SEND_TIMEOUT_SECONDS,
    Accepted,
    Cause,
    CheckResult,
    DeliveryState,
    Knows,
    Message,
    Rejected,
    SendResult,
    Unavailable,
)
from notifiers.email_letter import NoAddress, compose, message_id, needs_utf8, parse_address, parse_sender
from notifiers.email_verdicts import Asked, refused
from notifiers.registry import Clock, NotifierSpec, is_loopback

T = TypeVar("T")

PORTS = {"smtp": 587, "smtps": 465}
CONNECT_SECONDS = 8.0
"""The most for one of the server's addresses: when the first is dead, there is time left for the second."""
GOODBYE_SECONDS = 1.0
AT_ONCE = 8
"""Mail servers refuse those who open many connections; ten at a time is a common limit."""

_FORM = "must be like smtp://user:password@mail.example.org:587 or smtps://mail.example.org:465"


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed over and as whom; no `user`, no sign-in."""

    scheme: str
    host: str
    port: int
    user: str
    password: str

    @property
    def url(self) -> str:
        """Without user and password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


class SmtpSettings(BaseModel):
    """How to reach the mail server as us."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    url: SecretStr = Field(
        title="Mail server",
        description="smtp:// is encrypted by STARTTLS, smtps:// from the start; special characters in user and"
        " password as %XX",
        examples=["smtp://amanba:a-password@mail.example.org:587"],
    )
    from_: str = Field(
        title="Sender", description="An address, or Name <address>", examples=["Aman <post@example.org>"]
    )
    ca_file: Path | None = Field(
        default=None,
        title="Certificate authority",
        description="A file of certificates to trust instead of the system's",
    )
    timeout: float = Field(default=SEND_TIMEOUT_SECONDS, title="Time-out in seconds", gt=0, le=SEND_TIMEOUT_SECONDS)

    @field_validator("url")
    @classmethod
    def _is_server(cls, value: SecretStr) -> SecretStr:
        parse_server(value.get_secret_value())
        return value

    @field_validator("from_")
    @classmethod
    def _can_send(cls, value: str) -> str:
        try:
            parse_sender(value)
        except NoAddress:
            raise ValueError("must be an address like post@example.org or Name <post@example.org>") from None
        return value

    @field_validator("ca_file")
    @classmethod
    def _holds_certificates(cls, value: Path | None) -> Path | None:
        try:
            trust(value)
        except (OSError, ValueError) as error:
            raise ValueError(f"cannot be read as certificates ({type(error).__name__})") from None
        return value


class EmailSmtp:
    """E-mail through one mail server."""

    name = "email_smtp"
    channel = "email"
    at_once = AT_ONCE

    def __init__(self, settings: SmtpSettings, now: Clock) -> None:
        self._server = parse_server(settings.url.get_secret_value())
        self._sender = parse_sender(settings.from_)
        self._timeout = settings.timeout
        self._now = now
        # A server on this machine may be plain, unless we were told whose certificate it must show.
        plain = self._server.scheme == "smtp" and is_loopback(self._server.url) and settings.ca_file is None
        self._tls = None if plain else trust(settings.ca_file)

    @property
    def api_url(self) -> str:
        """The mail server, without user and password."""
        return self._server.url

    def send(self, message: Message) -> SendResult:
        """Hand the mail over once, in a connection of its own.

        Until the final dot of the message nothing is accepted, whatever happens; after it only the answer tells.
        """
        try:
            to = parse_address(message.to)
        except NoAddress:
            return Rejected(Cause.PERMANENT, "no_address", "this is no e-mail address")
        return self._on_a_line(lambda line: self._hand_over(line, message, to))

    def check_access(self) -> CheckResult:
        """Connect, encrypt, sign in, and say goodbye."""
        checked = self._on_a_line(_look_around)
        # Nothing was handed over that could have been accepted.
        return Knows() if isinstance(checked, Accepted) else checked

    def _on_a_line(self, act: Callable[[_Line], T]) -> T | SendResult:
        """What comes of a connection of its own; trouble on it is a value."""
        line = _Line(self._server, self._sender.domain, self._tls, time.monotonic() + self._timeout)
        try:
            with line:
                line.open()
                return act(line)
        except ssl.SSLCertVerificationError:
            return Rejected(Cause.CONFIGURATION, "certificate", "mail server (its certificate cannot be trusted)")
        except smtplib.SMTPResponseException as error:
            said = error.smtp_error
            return refused(line.asked, error.smtp_code, said if isinstance(said, bytes) else said.encode())
        except smtplib.SMTPNotSupportedError:
            return Rejected(Cause.CONFIGURATION, "not_offered", f"mail server (does not offer {line.asked.value})")
        except (OSError, smtplib.SMTPException, ValueError) as error:
            return Unavailable(type(error).__name__, maybe_accepted=line.asked is Asked.MESSAGE)

    def _hand_over(self, line: _Line, message: Message, to: Address) -> SendResult:
        options: list[str] = []
        if needs_utf8(to) or needs_utf8(self._sender):
            if not line.has_extn("smtputf8"):
                return Rejected(Cause.PERMANENT, "smtputf8", "mail server (cannot take such an address)")
            options = ["SMTPUTF8", "BODY=8BITMIME"]
        line.ask(Asked.SENDER, lambda: line.mail(self._sender.addr_spec, options))
        line.ask(Asked.RECIPIENT, lambda: line.rcpt(to.addr_spec))
        line.ask(Asked.DATA, lambda: line.docmd("DATA"), yes=3)
        line.hand_over(compose(message, self._sender, to, self._now()))
        return Accepted(message_id(message, self._sender), DeliveryState.SENT)


def _look_around(line: _Line) -> Knows:
    line.ask(Asked.GREETING, line.noop)
    return Knows()


class _Line(smtplib.SMTP):
    """One connection, which must have said everything by a deadline. `asked` is what the server was asked last.

    Whatever is not a yes raises `smtplib.SMTPResponseException`.
    """

    def __init__(self, server: Server, local_name: str, tls: ssl.SSLContext | None, deadline: float) -> None:
        # Without a host nothing is connected yet. Our own name would be looked up in DNS, and be shown to recipients.
        super().__init__(local_hostname=local_name)
        self.asked = Asked.GREETING
        self._server = server
        self._tls = tls
        self._deadline = deadline
        # What STARTTLS verifies the certificate against.
        self._host = server.host

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Say goodbye when there is somebody to say it to; what was accepted stays accepted."""
        with suppress(OSError, smtplib.SMTPException, ValueError):
            if self.sock is not None:
                self._deadline = min(self._deadline, time.monotonic() + GOODBYE_SECONDS)
                self.quit()
        self.close()

    def open(self) -> None:
        """Connect, encrypt and sign in.

        Raises:
            smtplib.SMTPNotSupportedError: the server does not offer what `asked` says.
        """
        self.ask(Asked.GREETING, lambda: self.connect(self._server.host, self._server.port))
        self.ehlo_or_helo_if_needed()
        if self._tls is not None and self._server.scheme == "smtp":
            self.ask(Asked.STARTTLS, lambda: self.starttls(context=self._tls))
            self.ehlo_or_helo_if_needed()
        if self._server.user:
            self.ask(Asked.SIGN_IN, self._sign_in)

    def ask(self, asked: Asked, act: Callable[[], tuple[int, bytes]], *, yes: int = 2) -> None:
        """Go one step on; `yes` is the first digit of the answer that lets us."""
        self.asked = asked
        code, answer = act()
        if code // 100 != yes:
            raise smtplib.SMTPResponseException(code, answer)

    def hand_over(self, mail: bytes) -> None:
        """The message with its final dot (RFC 5321, 4.5.2), and the answer."""
        self.send(mail.replace(b"\r\n.", b"\r\n..") + (b"" if mail.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        self.ask(Asked.MESSAGE, self.getreply)

    def _sign_in(self) -> tuple[int, bytes]:
        try:
            return self.login(self._server.user, self._server.password)
        except (smtplib.SMTPResponseException, smtplib.SMTPServerDisconnected):
            raise
        except smtplib.SMTPException as error:
            # No way to sign in is offered that both know.
            raise smtplib.SMTPNotSupportedError from error

    def send(self, s: bytes | str) -> None:  # type: ignore[override]
        self._hurry()
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        self._hurry()
        if self.file is None and self.sock is not None:
            # An answer may have any number of lines, each of them in time.
            self.file = _Lines(self.sock.makefile("rb"), self._hurry)
        return super().getreply()

    def _hurry(self) -> None:
        if self.sock is not None:
            self.sock.settimeout(self._left())

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        del timeout
        sock = socket.create_connection((host, port), min(self._left(), CONNECT_SECONDS))
        if self._server.scheme != "smtps" or self._tls is None:
            return sock
        sock.settimeout(self._left())
        return self._tls.wrap_socket(sock, server_hostname=host)


class _Lines:
    """What the server says, with a look at the clock before each line."""

    def __init__(self, lines: BinaryIO, hurry: Callable[[], None]) -> None:
        self._lines = lines
        self._hurry = hurry
        self.close = lines.close

    def readline(self, limit: int) -> bytes:
        self._hurry()
        return self._lines.readline(limit)


def parse_server(url: str) -> Server:
    """The server that a URL names.

    Raises:
        ValueError: it names none; the message does not repeat it.
    """
    try:
        parts = urlsplit(url.strip())
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
    except ValueError:
        raise ValueError(_FORM) from None
    if scheme not in PORTS or not host or parts.path.strip("/") or parts.query or parts.fragment or port == 0:
        raise ValueError(_FORM)
    if bool(user) != bool(password):
        raise ValueError("must hold both a user and a password, or neither")
    if not (user + password).isascii() or not (user + password).replace(" ", "x").isprintable():
        # Python's smtplib can say nothing else to a server that asks for them.
        raise ValueError("must have a user and a password of ASCII characters")
    return Server(scheme, host, port or PORTS[scheme], user, password)


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """Whom we believe to be the mail server: the system's authorities, or those in a file."""
    context = ssl.create_default_context(cafile=str(ca_file) if ca_file is not None else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


SPEC = NotifierSpec(
    name="email_smtp",
    channel="email",
    title="E-mail by SMTP",
    settings=SmtpSettings,
    build=EmailSmtp,
    prefix="SMTP",
)
