"""Where each provider posts what people send, as it says when it is asked: whether that is us."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import pytest

from notifiers.base import Rejected, Unavailable
from notifiers.hook_news import HookNews, KnowsItsHooks
from notifiers.registry import configured
from tests.mock_telegram import MockTelegram, mock_telegram
from tests.mock_twilio import MockTwilio
from tests.notifiers.android_phone import android_phone

URL = "https://amanba.example.org"
NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)


def asked(env: Mapping[str, str], channel: str = "sms") -> tuple[HookNews, ...]:
    notifier = configured(env, lambda: NOW)[channel]
    assert isinstance(notifier, KnowsItsHooks)
    said = notifier.look_at_hooks(URL)
    assert not isinstance(said, Rejected | Unavailable), said
    return said


def only(news: tuple[HookNews, ...]) -> HookNews:
    assert len(news) == 1, news
    return news[0]


@pytest.fixture
def twilio() -> Iterator[MockTwilio]:
    with MockTwilio(numbers=("+48732000000", "+487320000001")) as twilio:
        yield twilio


@pytest.fixture
def telegram() -> Iterator[MockTelegram]:
    with mock_telegram() as telegram:
        yield telegram


class TestTwilio:
    def test_a_number_that_posts_to_us(self, twilio: MockTwilio) -> None:
        twilio.owned.settings[twilio.number] = {"sms_url": f"{URL}/hooks/twilio/sms#rc=3&rp=all"}
        assert only(asked(twilio.env())) == HookNews(f"Texts to {twilio.number} are posted to us.")

    @pytest.mark.parametrize(
        "set_up",
        [
            {},
            {"sms_url": "https://demo.twilio.com/welcome/sms/reply"},
            {"sms_url": f"{URL}/hooks/twilio/sms", "sms_method": "GET"},
            {"sms_url": f"{URL}/hooks/twilio/sms", "sms_application_sid": "AP" + "0" * 32},
        ],
    )
    def test_one_that_does_not_says_where_to_write_what(self, twilio: MockTwilio, set_up: dict[str, str]) -> None:
        twilio.owned.settings[twilio.number] = set_up
        news = only(asked(twilio.env()))
        assert (news.is_right, news.is_lost) == (False, False), "it is found in the list"
        assert f"Write {URL}/hooks/twilio/sms, HTTP POST" in news.do

    def test_calls_that_are_not_announced_cost_whoever_calls(self, twilio: MockTwilio) -> None:
        env = {**twilio.env(), **twilio.voice_env()}
        assert only(asked(env, "voice")).is_lost
        twilio.owned.settings[twilio.number] = {"voice_url": f"{URL}/hooks/twilio/voice"}
        assert only(asked(env, "voice")).is_right

    def test_a_number_that_is_not_ours_and_one_that_takes_no_texts(self, twilio: MockTwilio) -> None:
        elsewhere = only(asked({**twilio.env(), "AMANBA_TWILIO_INBOUND": "+4873200000"}))
        assert (elsewhere.is_lost, "is not a number of this account" in elsewhere.said) == (True, True)
        twilio.owned.settings[twilio.number] = {"capabilities": {"sms": False, "voice": True, "mms": False}}
        assert "takes no texts" in only(asked(twilio.env())).said

    def test_a_fallback_that_is_away_together_with_us(self, twilio: MockTwilio) -> None:
        here = {"sms_url": f"{URL}/hooks/twilio/sms", "sms_fallback_url": f"{URL}/other"}
        twilio.owned.settings[twilio.number] = here
        assert not only(asked(twilio.env())).is_right
        twilio.owned.settings[twilio.number] = {**here, "sms_fallback_url": "https://second.example.org/keep"}
        assert only(asked(twilio.env())).is_right

    def test_a_messaging_service_says_nothing_of_it_by_this_way(self, twilio: MockTwilio) -> None:
        news = only(asked({**twilio.env(), "AMANBA_TWILIO_FROM": "MG" + "0a" * 16}))
        assert (news.is_right, f"{URL}/hooks/twilio/sms" in news.said) == (True, True)
        assert twilio.requests == []

    def test_a_refusal_is_a_value(self, twilio: MockTwilio) -> None:
        notifier = configured({**twilio.env(), "AMANBA_TWILIO_AUTH_TOKEN": "another"}, lambda: NOW)["sms"]
        assert isinstance(notifier, KnowsItsHooks)
        assert isinstance(notifier.look_at_hooks(URL), Rejected)


class TestTelegram:
    def test_without_a_secret_nothing_may_be_posted(self, telegram: MockTelegram) -> None:
        assert only(asked(telegram.env(), "telegram")).is_right
        telegram.webhook = {"url": "https://bots.example.com/x"}
        news = only(asked(telegram.env(), "telegram"))
        assert (news.is_lost, "to bots.example.com" in news.said) == (True, True)

    def test_with_one_it_must_be_posted_to_us(self, telegram: MockTelegram) -> None:
        env = telegram.env(webhook=True)
        assert "posted to nobody" in only(asked(env, "telegram")).said
        telegram.webhook = {"url": f"{URL}/hooks/telegram"}
        assert only(asked(env, "telegram")).is_right
        telegram.webhook_trouble = {"last_error_date": 1, "last_error_message": "Connection timed out"}
        news = only(asked(env, "telegram"))
        assert (news.is_right, news.is_lost, "Connection timed out" in news.said) == (False, False, True)


class TestAndroid:
    def test_every_event_that_we_live_by(self) -> None:
        with android_phone() as phone:
            news = only(asked(phone.env()))
            assert (news.is_lost, "sms:received, system:ping, sms:sent" in news.said) == (True, True)
            events = ("sms:received", "system:ping", "sms:sent", "sms:delivered", "sms:failed")
            phone.webhooks = [{"id": event, "url": f"{URL}/hooks/android", "event": event} for event in events]
            assert only(asked(phone.env())).is_right
            phone.webhooks[0]["url"] = "https://old.example.org/hooks/android"
            assert "sms:received." in only(asked(phone.env())).said

    def test_its_own_server_lists_the_inbox_by_itself(self) -> None:
        with android_phone() as phone:
            reports = ("sms:sent", "sms:delivered", "sms:failed")
            phone.webhooks = [{"url": f"{URL}/hooks/android", "event": event} for event in reports]
            news = only(asked(phone.env(LOCAL="true")))
            assert (news.is_right, news.is_lost) == (False, False)
