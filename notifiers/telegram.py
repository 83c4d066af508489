"""Telegram by a bot of one's own: texts with buttons, and the best list of what came in of all channels.

Telegram keeps what people write until we have it, 24 hours at most. We fetch it (long polling: no public address is
needed), or Telegram posts it to us when a webhook secret is set. A bot may write only to people who have written to it
first, which a link makes one press. Nothing can be asked about a message whose answer was lost, and nobody tells
whether one was read: `sent` is the last we hear.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from notifiers.base import (
    SEND_TIMEOUT_SECONDS,
    Accepted,
    Cause,
    CheckResult,
    DeliveryState,
    InboundMessage,
    Knows,
    Message,
    Rejected,
    SendResult,
    SourceUnreadable,
    Unavailable,
)
from notifiers.hook_news import HookNews
from notifiers.plain_http import is_callable
from notifiers.registry import Clock, NotifierSpec
from notifiers.telegram_api import MEANINGS, BotApi, Failed, Unclear, verdict
from notifiers.telegram_updates import WANTED, Heard, chat_of, heard

HOOK_PATH = "/hooks/telegram"
PAGE = 100
"""Updates that one call gives at most."""
LONGEST_POLL = timedelta(seconds=50)
PER_SECOND = 25.0
"""Telegram lets a bot send some 30 messages a second to all its chats together, and then asks it to wait."""
CONFLICT = 409
"""Another call for updates took the place of ours, or a webhook is set."""
_TRIES = 3
"""A call that does not wait is over in a moment; one that is in its way has come just then."""
_MOST_LETTERS = 4096


class TelegramSettings(BaseModel):
    """The bot, and how what people write to it comes to us."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    bot_token: SecretStr = Field(
        title="Bot token", description="From @BotFather", examples=["123456789:AAExampleExampleExampleExample"]
    )
    webhook_secret: SecretStr | None = Field(
        default=None,
        title="Webhook secret",
        description="When set, Telegram posts to us, which needs a public address; without it we fetch",
    )
    api_url: str = Field(default="https://api.telegram.org", title="API address")
    timeout: float = Field(default=SEND_TIMEOUT_SECONDS, title="Time-out in seconds", gt=0, le=SEND_TIMEOUT_SECONDS)

    @field_validator("bot_token")
    @classmethod
    def _is_token(cls, value: SecretStr) -> SecretStr:
        number, _, rest = value.get_secret_value().partition(":")
        is_plain = rest.isascii() and rest.replace("-", "").replace("_", "").isalnum()
        if not (number.isascii() and number.isdecimal() and is_plain):
            raise ValueError("must be like 123456789:AAE…, as @BotFather gave it")
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _is_secret(cls, value: SecretStr | None) -> SecretStr | None:
        said = value.get_secret_value() if value is not None else ""
        if said and not (len(said) <= 256 and said.isascii() and said.replace("-", "").replace("_", "").isalnum()):
            raise ValueError("must be letters, digits, _ and -, 256 at most")
        return value

    @field_validator("api_url")
    @classmethod
    def _can_be_called(cls, value: str) -> str:
        if not is_callable(value):
            raise ValueError("must be https://… (http:// on this machine alone)")
        return value.rstrip("/")


class Telegram:
    """One bot."""

    name = "telegram"
    channel = "telegram"
    most_button_bytes = 64
    per_second = PER_SECOND

    def __init__(self, settings: TelegramSettings, now: Clock) -> None:
        token = settings.bot_token.get_secret_value()
        self._api = BotApi(settings.api_url, token, settings.timeout, LONGEST_POLL.total_seconds())
        self._secret = settings.webhook_secret.get_secret_value() if settings.webhook_secret is not None else ""
        self._now = now
        self._bot = ""
        self._hook = ""
        self.api_url = settings.api_url

    def send(self, message: Message) -> SendResult:
        """Send a text with its buttons; a link in it is not fetched for a preview."""
        chat = chat_of(message.to)
        if chat is None:
            return Rejected(Cause.PERMANENT, "no_chat", "Telegram (the address is none of its chats)")
        try:
            sent = self._api.call(
                "sendMessage",
                chat_id=chat,
                text=message.body[:_MOST_LETTERS],
                link_preview_options={"is_disabled": True},
                reply_markup=_keyboard(message.buttons),
            )
            return Accepted(f"{chat}:{int(sent.result['message_id'])}", DeliveryState.SENT)
        except (Failed, Unclear) as error:
            return verdict(error)
        except (TypeError, KeyError, ValueError):
            return verdict(Unclear("an answer without the message", left=True))

    def check_access(self) -> CheckResult:
        """Ask Telegram who we are."""
        try:
            said = self._api.call("getMe")
        except (Failed, Unclear) as error:
            return verdict(error)
        return Knows(said.at)

    def link_for(self, token: str) -> str | None:
        """A link that opens the chat with this bot and lets a person send it `token` by one press."""
        if not self._bot:
            try:
                self._bot = str(self._api.call("getMe").result["username"])
            except (Failed, Unclear, KeyError, TypeError):
                return None
        return f"https://t.me/{self._bot}?start={token}"

    # --- what came in

    @property
    def is_posted_to(self) -> bool:
        """Whether Telegram posts to us what people write."""
        return bool(self._secret)

    def is_authentic(self, secret: str | None) -> bool:
        """Whether a call of our webhook bears its secret."""
        return bool(self._secret) and hmac.compare_digest((secret or "").encode(), self._secret.encode())

    def read_update(self, update: Any) -> Heard | None:
        """What was posted to us."""
        return heard(update, self._now())

    def attach(self, hook_url: str) -> None:
        """Have updates posted to `hook_url`, or kept until we fetch them. None is dropped by the change.

        Raises:
            SourceUnreadable: Telegram cannot be asked, or refuses.
        """
        try:
            if not self._secret:
                self._api.call("deleteWebhook", drop_pending_updates=False)
                return
            self._api.call(
                "setWebhook",
                url=hook_url,
                secret_token=self._secret,
                allowed_updates=list(WANTED),
                drop_pending_updates=False,
            )
            self._hook = hook_url
        except (Failed, Unclear) as error:
            raise SourceUnreadable(_reason(error)) from None

    def explain(self, code: str) -> str:
        """What the Bot API means by a code."""
        return MEANINGS.get(code, "")

    def look_at_hooks(self, public_url: str) -> tuple[HookNews, ...] | Rejected | Unavailable:
        """Whether what people write comes to us: posted where a webhook is set, else kept until we fetch it."""
        try:
            info = self._api.call("getWebhookInfo").result
            url, last = str(info["url"]), str(info.get("last_error_message") or "")
        except (Failed, Unclear) as error:
            return verdict(error)
        except (KeyError, TypeError, AttributeError):
            return Unavailable("Telegram does not tell about its webhook", maybe_accepted=True)
        ours = f"{public_url}{HOOK_PATH}" if self._secret else ""
        if url != ours:
            there = f"to {urlsplit(url).hostname}" if url else "to nobody"
            said = f"What people write is posted {there}, and we wait for it elsewhere."
            do = "Start the engine, which settles it with Telegram. If it comes back, another program uses this bot."
            return (HookNews(said, do, is_lost=True),)
        if ours and last:
            do = "See whether the public URL can be called from outside; Telegram tries again for a day."
            return (HookNews(f"Telegram could not post to us ({' '.join(last.split())[:120]}).", do),)
        return (HookNews("What people write is posted to us." if ours else "What people write is fetched by us."),)

    def list_inbound(self, since: datetime, until: datetime) -> Iterator[InboundMessage]:
        """What waits, without letting anything go: of more than a page the rest cannot be seen.

        Where updates are posted to us, nothing may wait.

        Raises:
            SourceUnreadable: not all of it was read.
        """
        del since, until
        if self._secret:
            self._expect_nothing_waits()
            return
        page = self._page(None, timedelta(0))
        yield from (one.message for one in self._read(page))
        if len(page) == PAGE:
            raise SourceUnreadable("more waits than one page shows")

    def hand_over(self, keep: Callable[[list[InboundMessage]], int], wait: timedelta = timedelta(0)) -> int:
        """Fetch page after page; each call lets go of the page before, which `keep` has then kept. Pressed buttons are
        answered, all alike, once they are kept.

        Where updates are posted to us, it is only seen whether any waits: Telegram posts them itself, again and again.

        Raises:
            SourceUnreadable: not all of it was read.
        """
        if self._secret:
            self._expect_nothing_waits()
            return 0
        page = self._page(None, wait)
        kept = 0
        while page:
            found = list(self._read(page))
            if found:
                kept += keep([one.message for one in found])
                self._acknowledge(found)
            page = self._page(max(int(update["update_id"]) for update in page) + 1, timedelta(0))
        return kept

    def _acknowledge(self, found: list[Heard]) -> None:
        """Until then the phone shows that a pressed button waits. It is a courtesy: what was pressed is kept."""
        for one in found:
            if one.callback_id is not None:
                try:
                    self._api.call("answerCallbackQuery", callback_query_id=one.callback_id)
                except (Failed, Unclear):
                    # Too late, or Telegram is away: the phone gives up by itself.
                    continue

    def _page(self, offset: int | None, wait: timedelta) -> list[Any]:
        seconds = int(min(wait, LONGEST_POLL).total_seconds())
        tries = _TRIES if not seconds else 1
        for tried in range(1, tries + 1):
            try:
                asked = {"offset": offset, "limit": PAGE, "timeout": seconds, "allowed_updates": list(WANTED)}
                page = self._api.call("getUpdates", poll=seconds > 0, **asked).result
                if not isinstance(page, list):
                    raise Unclear("a list of updates was expected", left=True)
                return [update for update in page if isinstance(update, dict) and "update_id" in update]
            except (Failed, Unclear) as error:
                in_the_way = isinstance(error, Failed) and error.code == CONFLICT
                if isinstance(error, Failed) and in_the_way and "webhook" in error.reason:
                    self._take_back("")
                if tried == tries or not in_the_way:
                    raise SourceUnreadable(_reason(error)) from None
        raise AssertionError("unreachable")

    def _take_back(self, hook_url: str) -> None:
        """Settle it with Telegram anew, at once: what people wrote was posted to somebody else, and is gone."""
        if hook_url or not self._secret:
            # Refused, it is tried again when it is seen again; that something is gone is said in any case.
            with suppress(SourceUnreadable):
                self.attach(hook_url)
        raise SourceUnreadable("the webhook was another's", lost=True)

    def _read(self, page: list[Any]) -> Iterator[Heard]:
        now = self._now()
        return (found for update in page if (found := heard(update, now)) is not None)

    def _expect_nothing_waits(self) -> None:
        try:
            info = self._api.call("getWebhookInfo").result
            waiting, url = int(info["pending_update_count"]), str(info["url"])
        except (Failed, Unclear) as error:
            raise SourceUnreadable(_reason(error)) from None
        except (KeyError, TypeError, ValueError):
            raise SourceUnreadable("Telegram does not tell how many updates wait") from None
        here = urlsplit(self._hook)
        if not url.endswith(HOOK_PATH) or urlsplit(url).hostname != (here.hostname or urlsplit(url).hostname):
            if url:
                self._take_back(self._hook)
            raise SourceUnreadable("no webhook is set")
        if waiting:
            raise SourceUnreadable(f"{waiting} updates wait to be posted")


def _keyboard(buttons: tuple[tuple[str, str], ...]) -> dict[str, Any] | None:
    """One button a row: long words stay whole on a small screen."""
    if not buttons:
        return None
    return {"inline_keyboard": [[{"text": label, "callback_data": answer}] for answer, label in buttons]}


def _reason(error: Failed | Unclear) -> str:
    return f"Telegram: {error.code}" if isinstance(error, Failed) else f"Telegram: {error}"


SPEC = NotifierSpec(
    name="telegram",
    channel="telegram",
    title="Telegram",
    settings=TelegramSettings,
    build=Telegram,
    prefix="TELEGRAM",
)
