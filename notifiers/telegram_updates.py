"""What Telegram tells a bot: texts, pressed buttons, and that somebody blocked it or lets it write again.

Only private chats count: in a group anybody could answer for anybody. Nothing here raises for what a person sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from notifiers.base import InboundMessage

WANTED = ("message", "callback_query", "my_chat_member")
"""The kinds of updates that we ask for."""
START, STOP, HELP = "START", "STOP", "HELP"

_COMMANDS = {"/start": START, "/stop": STOP, "/help": HELP}
_ATTACHED = (
    "photo",
    "document",
    "voice",
    "audio",
    "video",
    "video_note",
    "sticker",
    "location",
    "contact",
    "animation",
)


@dataclass(frozen=True, slots=True)
class Heard:
    """A message of a person's; `callback_id` names the press of a button, which waits for a word of ours."""

    message: InboundMessage
    callback_id: str | None = None


def address_of(chat_id: int) -> str:
    """The address of a person's chat with the bot."""
    return f"telegram:{chat_id}"


def chat_of(address: str) -> int | None:
    """The chat that an address names; None when it is none of a person's."""
    kind, _, number = address.partition(":")
    is_chat = kind == "telegram" and number.isascii() and number.isdecimal() and len(number) <= 19
    return int(number) if is_chat and int(number) else None


def heard(update: Any, now: datetime) -> Heard | None:
    """What an update says; None when it says nothing that we wait for. `now`: when it came (aware, UTC)."""
    try:
        number = int(update["update_id"])
        if "message" in update:
            return _text(number, update["message"], now)
        if "callback_query" in update:
            return _press(number, update["callback_query"], now)
        if "my_chat_member" in update:
            return _blocked(number, update["my_chat_member"], now)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        # Whatever it is, it must not keep what came after it from being read.
        return None
    return None


def _text(number: int, message: Mapping[str, Any], now: datetime) -> Heard | None:
    if message["chat"]["type"] != "private":
        return None
    media = sum(1 for kind in _ATTACHED if kind in message)
    body = str(message.get("text") or message.get("caption") or "")
    name = f"tg:{number}:{message['message_id']}"
    at, language = _instant(message["date"], now), str((message.get("from") or {}).get("language_code") or "")
    return Heard(_inbound(name, message["chat"], _meant(body), at, media, language=language))


def _press(number: int, query: Mapping[str, Any], now: datetime) -> Heard | None:
    """A button: its data is what was pressed. Telegram does not say when: it was after its message was sent, which may
    be of yesterday."""
    message = query.get("message") or {}
    chat = message.get("chat") or {}
    if chat.get("type", "private") != "private":
        return None
    pressed = _inbound(f"tg:{number}:{query['id']}", query["from"], str(query.get("data") or ""), now)
    # Of a message that is too old for it Telegram says 0.
    return Heard(replace(pressed, earliest=_instant(message.get("date") or 0, now)), str(query["id"]))


def _blocked(number: int, change: Mapping[str, Any], now: datetime) -> Heard | None:
    """In a private chat this comes when the person blocks the bot, and when she lets it write again."""
    word = {"kicked": STOP, "member": START}.get(change["new_chat_member"]["status"])
    if change["chat"]["type"] != "private" or word is None:
        return None
    name, at = f"tg:{number}:{word}", _instant(change["date"], now)
    return Heard(_inbound(name, change["chat"], word, at, opt_out=word))


def _inbound(
    name: str,
    chat: Mapping[str, Any],
    body: str,
    at: datetime,
    media: int = 0,
    *,
    opt_out: str | None = None,
    language: str = "",
) -> InboundMessage:
    """`name`: after a quiet week Telegram begins to count its updates anew at a number taken at random, and another bot
    counts its own; with the message's own id no two share one."""
    address = address_of(int(chat["id"]))
    # Half of a surrogate pair cannot be kept, and what cannot be kept would come again and hold up the rest.
    body = body.encode("utf-8", "replace").decode()
    return InboundMessage(name, address, "", body, at, media, opt_out=opt_out, language=language)


def _meant(body: str) -> str:
    """A command as the word that it stands for; what a deep link brings along stays behind /start."""
    command, _, rest = body.strip().partition(" ")
    # In a chat with several bots a command may name its bot; people copy that.
    command = command.partition("@")[0].lower()
    if command == "/start" and rest.strip():
        return f"/start {rest.strip()}"
    return _COMMANDS.get(command, body)


def _instant(seconds: Any, now: datetime) -> datetime:
    at = datetime.fromtimestamp(int(seconds), UTC)
    return min(at, now)
