"""SMS by Twilio, with our own Twilio at the other end."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from notifiers.twilio_sms import SPEC, TwilioSettings, TwilioSms
from tests.mock_twilio import MockTwilio

START = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)


class TwilioWorld:
    address = "+77010000001"

    def __init__(self, twilio: MockTwilio) -> None:
        self.twilio = twilio
        self.twilio.use_clock(lambda: START)
        settings = SPEC.load({**twilio.env(), "AMANBA_TWILIO_TIMEOUT": "2"})
        assert isinstance(settings, TwilioSettings)
        self.notifier = TwilioSms(settings)

    def now(self) -> datetime:
        return self.twilio.now()

    def pass_time(self, minutes: float) -> None:
        self.twilio.advance(minutes=minutes)

    def arrived(self) -> list[str]:
        return self.twilio.phone(self.address).received

    def lose_next_answer(self) -> bool:
        self.twilio.lose_answer()
        return True

    def write(self, body: str) -> str | None:
        return self.twilio.text_unheard(self.address, body)

    def go_away(self) -> None:
        for method in ("GET", "POST"):
            self.twilio.hang_up(method=method, times=1000)


@contextmanager
def world(folder: Path) -> Iterator[TwilioWorld]:
    with MockTwilio() as twilio:
        yield TwilioWorld(twilio)
