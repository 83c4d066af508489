"""Calls by Twilio, with our own Twilio at the other end."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from notifiers.twilio_voice import SPEC, TwilioVoice, TwilioVoiceSettings
from tests.mock_twilio import MockTwilio

START = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)


class CallWorld:
    address = "+77010000001"

    def __init__(self, twilio: MockTwilio) -> None:
        self.twilio = twilio
        self.twilio.use_clock(lambda: START)
        settings = SPEC.load({**twilio.env(), **twilio.voice_env(), "AMANBA_TWILIO_TIMEOUT": "2"})
        assert isinstance(settings, TwilioVoiceSettings)
        self.notifier = TwilioVoice(settings)

    def now(self) -> datetime:
        return self.twilio.now()

    def pass_time(self, minutes: float) -> None:
        self.twilio.advance(minutes=minutes)

    def arrived(self) -> list[str]:
        return [call.round for call in self.twilio.calls.to(self.address)]

    def lose_next_answer(self) -> bool:
        self.twilio.lose_answer()
        return True

    def write(self, body: str) -> str | None:
        """Not what it is meant for: whoever calls says nothing, and is told apart by that (see test_twilio_voice)."""
        return None

    def go_away(self) -> None:
        for method in ("GET", "POST"):
            self.twilio.hang_up(method=method, times=1000)


@contextmanager
def world(folder: Path) -> Iterator[CallWorld]:
    with MockTwilio() as twilio:
        yield CallWorld(twilio)
