"""E-mail, with a mail server of our own at the other end."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from notifiers.email_smtp import SPEC
from tests.notifiers.mail_server import MailServer, mail_server

ADDRESS = "gulnar@example.org"


class EmailWorld:
    address = ADDRESS

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._now = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
        url = f"smtp://127.0.0.1:{server.port}"
        settings = SPEC.load({"AMANBA_SMTP_URL": url, "AMANBA_SMTP_FROM": "Aman <post@example.org>"})
        self.notifier = SPEC.build(settings, self.now)

    def now(self) -> datetime:
        return self._now

    def pass_time(self, minutes: float) -> None:
        self._now += timedelta(minutes=minutes)

    def arrived(self) -> list[str]:
        return self._server.texts()

    def lose_next_answer(self) -> bool:
        self._server.loses_answers = True
        return True

    def write(self, body: str) -> str | None:
        return None

    def go_away(self) -> None:
        self._server.stop()


@contextmanager
def world(folder: Path) -> Iterator[EmailWorld]:
    with mail_server() as server:
        yield EmailWorld(server)
