"""SMS by a phone of one's own, by its local server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from notifiers.android_gateway import SPEC
from notifiers.android_wire import message_of
from tests.notifiers.android_phone import NUMBER, AndroidPhone, android_phone


class AndroidWorld:
    address = "+77010000001"

    def __init__(self, phone: AndroidPhone) -> None:
        self.phone = phone
        settings = SPEC.load(phone.env(LOCAL="true", TIMEOUT="2"))
        self.notifier = SPEC.build(settings, self.now)

    def now(self) -> datetime:
        return self.phone.now

    def pass_time(self, minutes: float) -> None:
        self.phone.now += timedelta(minutes=minutes)

    def arrived(self) -> list[str]:
        return [one["textMessage"]["text"] for one in self.phone.sent.values()]

    def lose_next_answer(self) -> bool:
        # The first is asked for again at once.
        self.phone.loses_answers = 2
        return True

    def write(self, body: str) -> str | None:
        # Two that read the same and come in one second are one.
        return message_of(self.phone.receive(self.address, body)["payload"], NUMBER).provider_id

    def go_away(self) -> None:
        self.phone.stop()


@contextmanager
def world(folder: Path) -> Iterator[AndroidWorld]:
    with android_phone() as phone:
        yield AndroidWorld(phone)
