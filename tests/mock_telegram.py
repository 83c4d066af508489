"""A Telegram of our own on loopback: it speaks the Bot API to one bot, and lends its people's phones to a test.

Updates are kept until a call names a higher offset; a call for updates ends the one before it with 409; with a webhook
there are none to fetch, and what is posted and not taken is kept. A bot may write to nobody who has not written first.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "123456789:AAE-an_Example"
BOT = "amanba_example_bot"
SECRET = "a-hook_secret"

DeliverUpdate = Callable[[Mapping[str, Any], str], tuple[int, bytes]]
"""Posts an update with the webhook's secret; the status and the body of the answer."""


class ApiError(Exception):
    """What the Bot API answers with."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(code)
        self.body = {"ok": False, "error_code": code, "description": description}
        self.code = code
        if parameters:
            self.body["parameters"] = parameters


@dataclass
class Chat:
    """A person's chat with the bot: what it shows, the bot's texts and their buttons."""

    id: int
    started: bool = False
    blocked: bool = False
    gone: bool = False
    texts: list[str] = field(default_factory=list)
    buttons: list[dict[str, str]] = field(default_factory=list)
    """Of each text, what is sent back by what stands on its button."""
    sent: list[int] = field(default_factory=list)
    """When each of these texts was sent."""
    language: str = "en"


class MockTelegram:
    """The provider. Its clock stands until somebody moves it."""

    def __init__(self) -> None:
        self.chats: dict[int, Chat] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.acknowledged: list[str] = []
        self.errors: list[ApiError] = []
        """What the next calls of sendMessage get instead."""
        self.loses_answers = 0
        self.is_away = False
        self.deliver: DeliverUpdate | None = None
        self.webhook: dict[str, Any] = {}
        self.webhook_trouble: dict[str, Any] = {}
        self._clock: Callable[[], datetime] = lambda: datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
        self._moved = timedelta(0)
        self._updates: list[dict[str, Any]] = []
        self._number = 900_000_000
        self._message = 0
        self._polls = 0
        self._changed = threading.Condition()
        self.poll_begun = threading.Event()
        """Somebody waits for updates."""
        self.server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        assert self.server is not None
        return f"http://127.0.0.1:{self.server.server_port}"

    def env(self, *, webhook: bool = False) -> dict[str, str]:
        """The settings that lead here."""
        env = {"AMANBA_TELEGRAM_BOT_TOKEN": TOKEN, "AMANBA_TELEGRAM_API_URL": self.url}
        return {**env, "AMANBA_TELEGRAM_WEBHOOK_SECRET": SECRET} if webhook else env

    def use_clock(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return self._clock() + self._moved

    def advance(self, minutes: float) -> None:
        self._moved += timedelta(minutes=minutes)

    # --- what people do

    def chat(self, number: int) -> Chat:
        return self.chats.setdefault(number, Chat(number))

    def write(self, number: int, text: str, **more: Any) -> str:
        """A person writes to the bot; the name that we give to what she wrote."""
        chat = self.chat(number)
        chat.started, chat.blocked = True, False
        self._message += 1
        message = {
            "message_id": self._message,
            "from": {"id": number, "is_bot": False, "first_name": "Somebody", "language_code": chat.language},
            "chat": {"id": number, "type": "private", "first_name": "Somebody"},
            "date": int(self.now().timestamp()),
            "text": text,
            **more,
        }
        return f"tg:{self._add({'message': message})}:{self._message}"

    def start(self, number: int, link: str) -> str:
        """A person opens a deep link and presses Start."""
        base, _, token = link.partition("?start=")
        assert base == f"https://t.me/{BOT}"
        return self.write(number, f"/start {token}")

    def press(self, number: int, label: str) -> str:
        """A person presses a button of the newest text that has it."""
        chat = self.chat(number)
        newest = next(place for place in reversed(range(len(chat.buttons))) if label in chat.buttons[place])
        data, date = chat.buttons[newest][label], chat.sent[newest]
        query = {
            "id": str(4_000_000 + self._number),
            "from": {"id": number, "is_bot": False, "first_name": "Somebody", "language_code": chat.language},
            "message": {"message_id": 1, "date": date, "chat": {"id": number, "type": "private"}},
            "chat_instance": "1",
            "data": data,
        }
        return f"tg:{self._add({'callback_query': query})}:{query['id']}"

    def block(self, number: int) -> None:
        """A person blocks the bot."""
        self.chat(number).blocked = True
        self._member(number, "kicked")

    def unblock(self, number: int) -> None:
        """A person lets the bot write again."""
        self.chat(number).blocked = False
        self._member(number, "member")

    def _member(self, number: int, status: str) -> None:
        chat = {"id": number, "type": "private"}
        change = {"chat": chat, "from": {"id": number}, "date": int(self.now().timestamp())}
        self._add({"my_chat_member": {**change, "new_chat_member": {"status": status}}})

    def post_again(self) -> None:
        """With a webhook: post what waits, as Telegram does for a day."""
        waiting, self._updates = self._updates, []
        for update in waiting:
            self._post(update)

    @property
    def waiting(self) -> int:
        """Updates that nobody has taken."""
        return len(self._updates)

    def _add(self, update: dict[str, Any]) -> int:
        with self._changed:
            self._number += 1
            found = {"update_id": self._number, **update}
            if not self.webhook:
                self._updates.append(found)
                self._changed.notify_all()
        if self.webhook:
            self._post(found)
        return int(found["update_id"])

    def _post(self, update: dict[str, Any]) -> None:
        status, body = self.deliver(update, self.webhook["secret_token"]) if self.deliver else (0, b"")
        if not 200 <= status < 300:
            self._updates.append(update)
        elif body:
            # An answer may be a call of a method; whatever else it is, Telegram ignores it.
            said = json.loads(body)
            self.answer(said.pop("method"), said)

    # --- the Bot API

    def answer(self, method: str, given: dict[str, Any]) -> Any:
        """The result of a method."""
        self.calls.append((method, given))
        return getattr(self, f"_{method}", self._unknown)(given)

    def _unknown(self, _given: dict[str, Any]) -> None:
        raise ApiError(404, "Not Found: method not found")

    def _getMe(self, _given: dict[str, Any]) -> dict[str, Any]:
        return {"id": 123456789, "is_bot": True, "first_name": "Example", "username": BOT}

    def _sendMessage(self, given: dict[str, Any]) -> dict[str, Any]:
        if self.errors:
            raise self.errors.pop(0)
        chat = self.chats.get(given["chat_id"])
        if chat is None or not chat.started:
            raise ApiError(400, "Bad Request: chat not found")
        if chat.gone:
            raise ApiError(403, "Forbidden: user is deactivated")
        if chat.blocked:
            raise ApiError(403, "Forbidden: bot was blocked by the user")
        if not given["text"]:
            raise ApiError(400, "Bad Request: message text is empty")
        rows = given.get("reply_markup", {}).get("inline_keyboard", [])
        shown = {one["text"]: one["callback_data"] for row in rows for one in row}
        if any(not 1 <= len(data.encode()) <= 64 for data in shown.values()):
            raise ApiError(400, "Bad Request: BUTTON_DATA_INVALID")
        chat.texts.append(given["text"])
        chat.buttons.append(shown)
        chat.sent.append(int(self.now().timestamp()))
        self._message += 1
        return {"message_id": self._message, "date": int(self.now().timestamp()), "text": given["text"]}

    def _getUpdates(self, given: dict[str, Any]) -> list[dict[str, Any]]:
        if self.webhook:
            raise ApiError(409, "Conflict: can't use getUpdates method while webhook is active")
        with self._changed:
            self._polls += 1
            mine, offset = self._polls, given.get("offset")
            self._changed.notify_all()
            if offset is not None:
                self._updates = [one for one in self._updates if one["update_id"] >= offset]
            if given["timeout"]:
                self.poll_begun.set()
            self._changed.wait_for(lambda: self._updates or self._polls != mine or self.is_away, given["timeout"])
            if self._polls != mine:
                raise ApiError(409, "Conflict: terminated by other getUpdates request")
            wanted = given.get("allowed_updates") or []
            return [one for one in self._updates if not wanted or set(wanted) & set(one)][: given["limit"]]

    def _answerCallbackQuery(self, given: dict[str, Any]) -> bool:
        self.acknowledged.append(given["callback_query_id"])
        return True

    def _setWebhook(self, given: dict[str, Any]) -> bool:
        if not given["url"].startswith("https://"):
            raise ApiError(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        self.webhook = given
        return True

    def _deleteWebhook(self, given: dict[str, Any]) -> bool:
        self.webhook = {}
        return True

    def _getWebhookInfo(self, _given: dict[str, Any]) -> dict[str, Any]:
        return {"url": self.webhook.get("url", ""), "pending_update_count": len(self._updates), **self.webhook_trouble}

    def stop(self) -> None:
        """Nobody answers any more."""
        with self._changed:
            self.is_away = True
            self._changed.notify_all()


@contextmanager
def mock_telegram() -> Iterator[MockTelegram]:
    """A Telegram for as long as the block runs."""
    ours = MockTelegram()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            _, bot, method = self.path.split("/")
            if ours.is_away:
                self.close_connection = True
                return
            status, said = _answer(ours, bot, method, json.loads(body))
            if method == "sendMessage" and ours.loses_answers:
                ours.loses_answers -= 1
                self.close_connection = True
                return
            answer = json.dumps(said, ensure_ascii=False).encode()
            self.send_response_only(status)
            self.send_header("Date", format_datetime(ours.now(), usegmt=True))
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    ours.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    ours.server.daemon_threads = True
    thread = threading.Thread(target=ours.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield ours
    finally:
        ours.stop()
        ours.server.shutdown()
        ours.server.server_close()
        thread.join()


def _answer(telegram: MockTelegram, bot: str, method: str, given: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    if bot != f"bot{TOKEN}":
        return 401, {"ok": False, "error_code": 401, "description": "Unauthorized"}
    try:
        return 200, {"ok": True, "result": telegram.answer(method, given)}
    except ApiError as error:
        return error.code, error.body
