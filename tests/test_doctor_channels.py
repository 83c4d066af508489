"""What `amanba doctor` says of where providers post, of who can answer, and of the recordings of calls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from notifiers.base import Notifier, providers_of
from notifiers.twilio_voice import TwilioVoice, TwilioVoiceSettings
from service.doctor import channels, hooks, recordings
from service.doctor.findings import Finding, Mark
from service.settings import Settings
from tests.mock_telegram import mock_telegram
from tests.mock_twilio import MockTwilio
from tests.test_doctor import Installation, here

__all__ = ["here"]


class TestHooks:
    @pytest.fixture
    def twilio(self) -> Iterator[MockTwilio]:
        with MockTwilio() as twilio:
            yield twilio

    def found(self, settings: Settings) -> list[tuple[str, Mark, str]]:
        active, _ = channels.set_up(settings)
        providers = providers_of(active.values())
        return [(f.about, f.mark, f.do) for one in providers for f in hooks.look_at_hooks(settings, one)]

    def test_a_number_whose_texts_and_calls_go_elsewhere(self, here: Installation, twilio: MockTwilio) -> None:
        here.set(**twilio.env(), **twilio.voice_env(), AMANBA_PUBLIC_URL="https://amanba.example.org")
        (sms, mark, do), (voice, worse, _) = self.found(Settings())
        assert (sms, mark, voice, worse) == ("sms", Mark.LOOK, "voice", Mark.WRONG)
        assert "https://amanba.example.org/hooks/twilio/sms" in do

    def test_at_home_only_what_cannot_be_fetched_is_said(self, here: Installation, twilio: MockTwilio) -> None:
        here.set(**twilio.env(), **twilio.voice_env())
        assert [(about, mark) for about, mark, _ in self.found(Settings())] == [("voice", Mark.WRONG)]

    def test_a_bot_whose_updates_go_elsewhere(self, here: Installation) -> None:
        with mock_telegram() as telegram:
            telegram.webhook = {"url": "https://bots.example.com/x"}
            here.set(**telegram.env())
            ((about, mark, do),) = self.found(Settings())
        assert (about, mark, "Start the engine" in do) == ("telegram", Mark.WRONG, True)

    def test_one_that_does_not_answer(self, here: Installation, twilio: MockTwilio) -> None:
        here.set(**{**twilio.env(), "AMANBA_TWILIO_API_URL": "http://127.0.0.1:1"})
        assert self.found(Settings()) == [], "the check of its credentials says so"


class TestAnswers:
    def said(self, here: Installation, **env: str) -> list[Finding]:
        here.set(AMANBA_TWILIO_ACCOUNT_SID="AC" + "1" * 32, AMANBA_TWILIO_AUTH_TOKEN="a-token", **env)
        return list(channels.look_at_answers(channels.set_up(Settings())[0]))

    def test_a_number_is_enough(self, here: Installation) -> None:
        assert self.said(here, AMANBA_TWILIO_FROM="+48732000000") == []

    def test_a_messaging_service_whose_numbers_nobody_named(self, here: Installation) -> None:
        (found,) = self.said(here, AMANBA_TWILIO_FROM="MG" + "0a" * 16)
        assert (found.mark, "AMANBA_TWILIO_INBOUND" in found.do) == (Mark.LOOK, True)
        assert self.said(here, AMANBA_TWILIO_FROM="MG" + "0a" * 16, AMANBA_TWILIO_INBOUND="+48732000000") == []

    def test_a_name_cannot_be_answered(self, here: Installation) -> None:
        (found,) = self.said(here, AMANBA_TWILIO_FROM="Aman")
        assert "our sender is a name" in found.said

    def test_the_order_of_several_providers(self, here: Installation) -> None:
        adapter = {"AMANBA_HTTP_SMS_URL": "https://sms.example.org/messages", "AMANBA_HTTP_SMS_SECRET": "x" * 32}
        (found,) = self.said(here, AMANBA_TWILIO_FROM="+48732000000", AMANBA_SMS_ORDER="twilio_sms", **adapter)
        assert "by twilio_sms, then http_sms (AMANBA_SMS_ORDER)" in found.said


class TestRecordings:
    @pytest.fixture
    def calling(self) -> dict[str, Notifier]:
        settings = TwilioVoiceSettings(
            account_sid="AC" + "1" * 32, auth_token=SecretStr("a-token"), voice_from="+48732000000"
        )
        return {"voice": TwilioVoice(settings)}

    def test_every_sentence_can_be_heard(self, calling: dict[str, Notifier]) -> None:
        settings = Settings(public_url="https://amanba.example.org")
        found = [f for f in recordings.look_at_recordings(settings, calling) if "espeak" not in f.said]
        assert [(f.mark, f.said[:2]) for f in found] == [(Mark.OK, "kk"), (Mark.OK, "ky"), (Mark.OK, "uz")]
        assert list(recordings.look_at_recordings(settings, {})) == []

    def test_at_home_no_key_is_heard(self, calling: dict[str, Notifier]) -> None:
        found = [f for f in recordings.look_at_recordings(Settings(), calling) if f.mark is Mark.LOOK]
        assert "no pressed key is heard" in found[-1].said

    def test_own_recordings_under_a_name_that_is_never_played(
        self, here: Installation, calling: dict[str, Notifier]
    ) -> None:
        (here.folder / "own" / "kk").mkdir(parents=True)
        (here.folder / "own" / "kk" / "greeting.wav").touch()
        for folder, said in (("own", "kk: 1 own recordings are never played (greeting"), ("none", "names no folder")):
            here.set(AMANBA_VOICE_DIR=str(here.folder / folder), AMANBA_PUBLIC_URL="https://amanba.example.org")
            assert any(said in found.said for found in recordings.look_at_recordings(Settings(), calling))
