"""The e-mail notifier as its tests build it, and a mail to send with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from notifiers.base import Message
from notifiers.email_smtp import SPEC, EmailSmtp
from tests.notifiers.mail_server import MailServer

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
HOME = "https://amanba.example"
LETTER = "Айжан: нет знака с 22:00.\nПозвоните <сейчас> & спросите.\n\nОткрыть: {link}.\n\n#K7Q4"
LINK = f"{HOME}/a/7fQ2kXw9LbR"
MESSAGE = Message(
    outbox_id="0b0e3f5c-6d53-4b8e-9d11-5f5c0c8e7a10",
    to="gulnar@example.org",
    body=LETTER.format(link=LINK),
    kind="alert",
    ref_code="K7Q4",
    callback_url=f"{HOME}/hooks/twilio/status/0b0e3f5c",
    valid_for=timedelta(hours=1),
    subject="Айжан: прочтите, пожалуйста, сейчас",
)


def notifier(server: MailServer | int, *, scheme: str = "smtp", sign_in: str = "", **more: str) -> EmailSmtp:
    port = server if isinstance(server, int) else server.port
    env = {"AMANBA_SMTP_URL": f"{scheme}://{sign_in}127.0.0.1:{port}", "AMANBA_SMTP_FROM": "Аман <post@example.org>"}
    built = SPEC.build(SPEC.load({**env, **{f"AMANBA_SMTP_{name}": value for name, value in more.items()}}), now)
    assert isinstance(built, EmailSmtp)
    return built


def now() -> datetime:
    return NOW
