"""Mail servers on loopback: a whole one that keeps what it is given, and one that says what a test tells it to say."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache
from pathlib import Path
from socket import create_server
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

HANG_UP = ""
"""In a script: the connection ends where an answer was due."""


@cache
def authority() -> trustme.CA:
    """Who signs the certificates of these servers."""
    return trustme.CA()


def certificates(folder: Path) -> Path:
    """A file with the authority's certificate."""
    path = folder / "ca.pem"
    authority().cert_pem.write_to_path(str(path))
    return path


def identity(name: str = "127.0.0.1") -> ssl.SSLContext:
    """What a server of this name shows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(name).configure_cert(context)
    return context


@dataclass
class MailServer:
    """What a server was given, and how it answers: `answers` has its own words for MAIL, RCPT or DATA."""

    answers: dict[str, str] = field(default_factory=dict)
    user: str = ""
    password: str = ""
    loses_answers: bool = False
    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    port: int = 0
    controller: Controller | None = None

    async def handle_MAIL(self, _server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if "MAIL" in self.answers:
            return self.answers["MAIL"]
        if self.user and not session.authenticated:
            return "530 5.7.0 sign in first"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: list[str]) -> str:
        if "RCPT" in self.answers:
            return self.answers["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        if "DATA" in self.answers:
            return self.answers["DATA"]
        self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        self.raw.append(envelope.original_content)
        self.mails.append(message_from_bytes(envelope.original_content, policy=default))
        self.recipients.extend(envelope.rcpt_tos)
        if self.loses_answers:
            server.transport.abort()
        return "250 OK"

    def signs_in(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        expected = LoginPassword(self.user.encode(), self.password.encode())
        return AuthResult(success=given == expected, handled=False)

    def texts(self) -> list[str]:
        """The bodies as a reader without HTML sees them, oldest first."""
        return [_part(mail, "plain") for mail in self.mails]

    def pages(self) -> list[str]:
        """The bodies as pages, oldest first."""
        return [_part(mail, "html") for mail in self.mails]

    def stop(self) -> None:
        """Nobody listens any more."""
        if self.controller is not None:
            self.controller.stop()
            self.controller = None


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content.replace("\r\n", "\n").rstrip("\n")


@contextmanager
def mail_server(
    *, starttls: ssl.SSLContext | None = None, implicit: ssl.SSLContext | None = None, **more: Any
) -> Iterator[MailServer]:
    """A mail server that runs until the end of the block."""
    server = MailServer(**more)
    with create_server(("127.0.0.1", 0)) as free:
        server.port = free.getsockname()[1]
    options: dict[str, Any] = {"enable_SMTPUTF8": True, "tls_context": starttls, "auth_require_tls": False}
    if server.user:
        options["authenticator"] = server.signs_in
    server.controller = Controller(server, "127.0.0.1", server.port, ssl_context=implicit, **options)
    server.controller.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def scripted_server(*answers: str, then_waits: bool = False, babbles: bool = False) -> Iterator[int]:
    """A server that gives these answers in turn, the greeting first, and hangs up; or keeps silent; or never comes to
    an end of its next answer. Yields its port.

    An answer that is empty (`HANG_UP`) ends the connection. After an answer 354 a whole message is read.
    """
    done = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError), connection.makefile("rwb") as line:
            _speak(line, answers)
            while babbles and not done.wait(0.02):
                line.write(b"220-one moment\r\n")
                line.flush()
            if then_waits:
                done.wait(10)

    with create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            done.set()
            thread.join()


def _speak(line: Any, answers: Sequence[str]) -> None:
    for number, answer in enumerate(answers):
        if answer == HANG_UP:
            return
        line.write(answer.encode() + b"\r\n")
        line.flush()
        ends = b".\r\n" if answer.startswith("354") else b"\n"
        while number < len(answers) - 1 or ends == b".\r\n":
            asked = line.readline()
            if not asked or ends == b"\n" or asked == ends:
                break
