"""Telegram's traps one by one: whom a bot may write to, when it forgets what, and what is nobody's answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from notifiers.base import (
    Accepted,
    Cause,
    DeliveryState,
    InboundMessage,
    Message,
    NotConfigured,
    Rejected,
    SourceUnreadable,
    Unavailable,
)
from notifiers.telegram import PAGE, SPEC, Telegram
from notifiers.telegram_updates import chat_of, heard
from tests.mock_telegram import BOT, SECRET, ApiError, MockTelegram, mock_telegram

AIZHAN = 1001
NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
ALERT = Message(str(uuid4()), f"telegram:{AIZHAN}", "No sign since 20:31.", "alert", "K7M2", None, None)


@pytest.fixture
def telegram() -> Iterator[MockTelegram]:
    with mock_telegram() as one:
        one.chat(AIZHAN).started = True
        yield one


def bot(telegram: MockTelegram, **more: str) -> Telegram:
    built = SPEC.build(SPEC.load({**telegram.env(), "AMANBA_TELEGRAM_TIMEOUT": "5", **more}), telegram.now)
    assert isinstance(built, Telegram)
    return built


class Inbox:
    """Keeps pages, and may refuse to."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.is_broken = False

    def keep(self, page: list[InboundMessage]) -> int:
        if self.is_broken:
            raise RuntimeError("the database is away")
        self.bodies += [one.body for one in page]
        return len(page)


# --- out


def test_buttons_send_back_what_would_be_typed_and_no_preview_is_fetched(telegram: MockTelegram) -> None:
    buttons = (("1 K7M2", "1  Я беру это на себя"), ("3 K7M2", "3  Сейчас не могу"))
    sent = bot(telegram).send(replace(ALERT, buttons=buttons))
    assert isinstance(sent, Accepted)
    assert sent.state is DeliveryState.SENT, "nobody tells whether it was read"
    assert telegram.chat(AIZHAN).buttons == [{label: answer for answer, label in buttons}]
    method, given = telegram.calls[-1]
    assert method == "sendMessage"
    assert given["link_preview_options"] == {"is_disabled": True}


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (ApiError(400, "Bad Request: chat not found"), Cause.PERMANENT),
        (ApiError(400, "Bad Request: message is too long"), Cause.CONFIGURATION),
        (ApiError(401, "Unauthorized"), Cause.CONFIGURATION),
        (ApiError(403, "Forbidden: bot was blocked by the user"), Cause.STOPPED),
        (ApiError(403, "Forbidden: user is deactivated"), Cause.PERMANENT),
        (ApiError(403, "Forbidden: bot can't initiate conversation with a user"), Cause.PERMANENT),
        (ApiError(418, "whatever comes next year"), Cause.CONFIGURATION),
    ],
    ids=lambda one: one.body["description"] if isinstance(one, ApiError) else "",
)
def test_why_it_was_refused(telegram: MockTelegram, error: ApiError, cause: Cause) -> None:
    telegram.errors = [error]
    refused = bot(telegram).send(ALERT)
    assert isinstance(refused, Rejected)
    assert (refused.cause, refused.code) == (cause, str(error.code))


def test_too_many_at_once_wait_as_long_as_it_asks(telegram: MockTelegram) -> None:
    telegram.errors = [ApiError(429, "Too Many Requests: retry after 7", retry_after=7)]
    refused = bot(telegram).send(ALERT)
    assert isinstance(refused, Rejected)
    assert (refused.cause, refused.retry_after) == (Cause.TEMPORARY, timedelta(seconds=7))


def test_its_own_trouble_leaves_the_fate_open(telegram: MockTelegram) -> None:
    telegram.errors = [ApiError(502, "Bad Gateway")]
    assert bot(telegram).send(ALERT) == Unavailable("Telegram: 502", maybe_accepted=True)


def test_a_person_whom_nobody_blocked_before_she_wrote_cannot_be_reached(telegram: MockTelegram) -> None:
    refused = bot(telegram).send(replace(ALERT, to="telegram:2002"))
    assert isinstance(refused, Rejected)
    assert refused.cause is Cause.PERMANENT


@pytest.mark.parametrize("address", ["telegram:", "telegram:0", "telegram:-100123", "telegram:x", "+77010000001", ""])
def test_what_is_no_chat_of_a_person_is_asked_nobody(telegram: MockTelegram, address: str) -> None:
    assert chat_of(address) is None
    assert isinstance(bot(telegram).send(replace(ALERT, to=address)), Rejected)
    assert telegram.calls == []


def test_a_wrong_token_is_ours_to_mend_and_never_shows(telegram: MockTelegram) -> None:
    wrong = bot(telegram, AMANBA_TELEGRAM_BOT_TOKEN="1:wrong")
    refused = wrong.send(ALERT)
    assert isinstance(refused, Rejected)
    assert refused.cause is Cause.CONFIGURATION
    with pytest.raises(SourceUnreadable) as caught:
        wrong.hand_over(Inbox().keep)
    assert "wrong" not in refused.reason + str(caught.value)
    assert wrong.link_for("abc") is None


@pytest.mark.parametrize("token", ["", "abc", "12:", ":abc", "12:a b", "12:a/b"])
def test_what_cannot_be_a_token_stops_the_start(telegram: MockTelegram, token: str) -> None:
    with pytest.raises(NotConfigured, match="AMANBA_TELEGRAM_BOT_TOKEN"):
        bot(telegram, AMANBA_TELEGRAM_BOT_TOKEN=token)


def test_a_link_names_the_bot_which_is_asked_once(telegram: MockTelegram) -> None:
    one = bot(telegram)
    assert {one.link_for("abc"), one.link_for("abc")} == {f"https://t.me/{BOT}?start=abc"}
    assert [method for method, _ in telegram.calls] == ["getMe"]


# --- in, fetched


def test_a_page_is_let_go_of_only_when_it_is_kept(telegram: MockTelegram) -> None:
    one, inbox = bot(telegram), Inbox()
    telegram.write(AIZHAN, "OK")
    inbox.is_broken = True
    with pytest.raises(RuntimeError):
        one.hand_over(inbox.keep)
    assert telegram.waiting == 1
    inbox.is_broken = False
    assert one.hand_over(inbox.keep) == 1
    assert (inbox.bodies, telegram.waiting) == (["OK"], 0)


def test_more_than_a_page_is_fetched_whole_and_a_list_alone_says_that_it_is_not(telegram: MockTelegram) -> None:
    one, inbox = bot(telegram), Inbox()
    for number in range(PAGE + 5):
        telegram.write(AIZHAN, str(number))
    with pytest.raises(SourceUnreadable):
        list(one.list_inbound(NOW, NOW))
    assert telegram.waiting == PAGE + 5, "to list it lets nothing go"
    assert one.hand_over(inbox.keep) == PAGE + 5
    assert inbox.bodies == [str(number) for number in range(PAGE + 5)]


def test_a_pressed_button_is_answered_once_it_is_kept_and_was_pressed_after_its_message(telegram: MockTelegram) -> None:
    one = bot(telegram)
    one.send(replace(ALERT, buttons=(("OK", "OK"),)))
    sent_at = telegram.now()
    telegram.advance(minutes=90)
    name = telegram.press(AIZHAN, "OK")
    kept: list[InboundMessage] = []
    waited: list[int] = []

    def keep(page: list[InboundMessage]) -> int:
        waited.append(len(telegram.acknowledged))
        kept.extend(page)
        return len(page)

    one.hand_over(keep)
    assert [(m.provider_id, m.sender, m.body, m.earliest, m.occurred_at) for m in kept] == [
        (name, f"telegram:{AIZHAN}", "OK", sent_at, telegram.now())
    ]
    assert (waited, len(telegram.acknowledged)) == ([0], 1)


def test_one_who_waits_hears_at_once_and_gives_way_to_who_asks_for_the_list(telegram: MockTelegram) -> None:
    waiting, asking = bot(telegram), bot(telegram)
    ended: list[str] = []

    def wait() -> None:
        try:
            waiting.hand_over(Inbox().keep, timedelta(seconds=20))
        except SourceUnreadable as error:
            ended.append(str(error))

    thread = threading.Thread(target=wait)
    thread.start()
    assert telegram.poll_begun.wait(10)
    assert asking.hand_over(Inbox().keep) == 0
    thread.join(10)
    assert ended == ["Telegram: 409"]


def test_a_webhook_that_somebody_has_set_is_taken_away_and_what_waits_is_read(telegram: MockTelegram) -> None:
    one, inbox = bot(telegram), Inbox()
    telegram.webhook = {"url": "https://elsewhere.example", "secret_token": "x"}
    telegram.write(AIZHAN, "OK")
    with pytest.raises(SourceUnreadable, match="another's") as posted:
        one.hand_over(inbox.keep)
    assert posted.value.lost, "what was posted there before"
    assert one.hand_over(inbox.keep) == 1


def test_one_that_cannot_be_taken_back_is_told_of_all_the_same(
    telegram: MockTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    telegram.webhook = {"url": "https://elsewhere.example", "secret_token": "x"}
    monkeypatch.setattr(telegram, "_deleteWebhook", telegram._unknown)
    with pytest.raises(SourceUnreadable, match="another's") as posted:
        bot(telegram).hand_over(Inbox().keep)
    assert posted.value.lost


# --- in, posted to us


def test_what_is_posted_to_somebody_else_proves_nothing(telegram: MockTelegram) -> None:
    one, other_process = (bot(telegram, AMANBA_TELEGRAM_WEBHOOK_SECRET=SECRET) for _ in range(2))
    one.attach("https://amanba.example/hooks/telegram")
    for each in (one, other_process):
        assert list(each.list_inbound(NOW, NOW)) == []
    ours = dict(telegram.webhook)
    for url in ("https://elsewhere.example/take", "https://elsewhere.example/hooks/telegram"):
        telegram.webhook = {**ours, "url": url}
        if not url.endswith("telegram"):
            with pytest.raises(SourceUnreadable, match="another's"):
                list(other_process.list_inbound(NOW, NOW))
        with pytest.raises(SourceUnreadable, match="another's") as posted:
            one.hand_over(Inbox().keep)
        assert posted.value.lost, "somebody else has it, and will not give it back"
        assert telegram.webhook["url"] == ours["url"], "but no more than until we look"


def test_half_a_letter_holds_up_nothing() -> None:
    message = {"message_id": 2, "date": 1, "chat": {"id": AIZHAN, "type": "private"}, "text": "OK \ud83d"}
    found = heard({"update_id": 1, "message": message}, NOW)
    assert found is not None
    assert found.message.body == "OK ?"


def test_with_a_webhook_nothing_may_wait(telegram: MockTelegram) -> None:
    one = bot(telegram, AMANBA_TELEGRAM_WEBHOOK_SECRET=SECRET)
    with pytest.raises(SourceUnreadable, match="no webhook"):
        one.hand_over(Inbox().keep)
    one.attach("https://amanba.example/hooks/telegram")
    assert telegram.webhook["secret_token"] == SECRET
    assert list(one.list_inbound(NOW, NOW)) == []
    telegram.write(AIZHAN, "OK")
    with pytest.raises(SourceUnreadable, match="1 updates wait"):
        list(one.list_inbound(NOW, NOW))
    telegram.deliver = lambda update, secret: (200, b"")
    telegram.post_again()
    assert one.hand_over(Inbox().keep) == 0


def test_only_who_knows_the_secret_is_believed(telegram: MockTelegram) -> None:
    one = bot(telegram, AMANBA_TELEGRAM_WEBHOOK_SECRET=SECRET)
    assert one.is_authentic(SECRET)
    assert not any(one.is_authentic(wrong) for wrong in (None, "", SECRET[:-1], SECRET + "x", "сecret"))
    assert not bot(telegram).is_authentic("")


# --- what an update means

CHAT = {"id": AIZHAN, "type": "private"}
TEXT: dict[str, Any] = {"message_id": 5, "chat": CHAT, "from": {"language_code": "kk"}, "date": int(NOW.timestamp())}


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("/start", "START"),
        ("/start@amanba_example_bot", "START"),
        ("/start abc123", "/start abc123"),
        ("/STOP", "STOP"),
        ("/help", "HELP"),
        ("/stopped", "/stopped"),
        ("OK /stop", "OK /stop"),
    ],
)
def test_commands(said: str, means: str) -> None:
    found = heard({"update_id": 7, "message": {**TEXT, "text": said}}, NOW)
    assert found is not None
    assert (found.message.provider_id, found.message.body, found.message.language) == ("tg:7:5", means, "kk")


def test_a_voice_message_has_no_words_and_a_picture_its_own() -> None:
    voice = heard({"update_id": 7, "message": {**TEXT, "voice": {}}}, NOW)
    picture = heard({"update_id": 8, "message": {**TEXT, "photo": [{}], "caption": "here"}}, NOW)
    assert voice is not None
    assert picture is not None
    assert (voice.message.body, voice.message.media) == ("", 1)
    assert (picture.message.body, picture.message.media) == ("here", 1)


def test_who_blocks_the_bot_has_said_stop() -> None:
    for status, word in (("kicked", "STOP"), ("member", "START")):
        change = {"chat": CHAT, "date": TEXT["date"], "new_chat_member": {"status": status}}
        found = heard({"update_id": 7, "my_chat_member": change}, NOW)
        assert found is not None
        assert (found.message.body, found.message.opt_out) == (word, word)


@pytest.mark.parametrize(
    "update",
    [
        {"update_id": 7, "message": {**TEXT, "chat": {"id": -100, "type": "group"}, "text": "OK"}},
        {"update_id": 7, "edited_message": {**TEXT, "text": "OK"}},
        {"update_id": 7, "message": {"text": "OK"}},
        {"update_id": 7, "message": {**TEXT, "date": 10**30, "text": "OK"}},
        {"update_id": 7, "callback_query": {"id": "1", "data": "OK"}},
        {"update_id": 7, "callback_query": {"id": "1", "from": CHAT, "message": {"chat": {"id": -1, "type": "group"}}}},
        {"update_id": "seven"},
        {},
        None,
        [1],
    ],
)
def test_what_is_nobodys_answer_is_passed_over(update: Any) -> None:
    assert heard(update, NOW) is None
