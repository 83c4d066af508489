"""A Telegram bot, with our own Telegram at the other end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from notifiers.telegram import SPEC, Telegram
from tests.mock_telegram import MockTelegram, mock_telegram

ADDRESS = "telegram:1001"
CHAT = 1001


class TelegramWorld:
    address = ADDRESS

    def __init__(self, telegram: MockTelegram) -> None:
        self.telegram = telegram
        telegram.chat(CHAT).started = True
        built = SPEC.build(SPEC.load({**telegram.env(), "AMANBA_TELEGRAM_TIMEOUT": "2"}), telegram.now)
        assert isinstance(built, Telegram)
        self.notifier = built

    def now(self) -> datetime:
        return self.telegram.now()

    def pass_time(self, minutes: float) -> None:
        self.telegram.advance(minutes)

    def arrived(self) -> list[str]:
        return self.telegram.chat(CHAT).texts

    def lose_next_answer(self) -> bool:
        self.telegram.loses_answers = 1
        return True

    def write(self, body: str) -> str | None:
        return self.telegram.write(CHAT, body)

    def go_away(self) -> None:
        self.telegram.stop()


@contextmanager
def world(folder: Path) -> Iterator[TelegramWorld]:
    with mock_telegram() as telegram:
        yield TelegramWorld(telegram)
