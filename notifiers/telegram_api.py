"""One call of Telegram's Bot API, and what its answers mean.

The token stands in the path of each request, so no reason that leaves this module holds a path.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from notifiers.base import Cause, Rejected, Unavailable
from notifiers.connections import Answer, Connections, NeverLeft, NoAnswer

LONGEST_WAIT = timedelta(hours=1)
BLOCKED = "bot was blocked by the user"
MEANINGS = {
    "400": "Telegram does not know this chat, or did not understand us",
    "401": "The bot token is not valid",
    "403": "The person has blocked the bot, or the account is gone",
    "404": "The bot token is not valid",
    "409": "Another program fetches what people write to this bot",
    "429": "Too many messages",
}
_GONE = ("chat not found", "user not found", "peer_id_invalid", "user_id_invalid")
"""In the reason of a 400 whose address does not exist, or never wrote to us."""


class Failed(Exception):
    """The API said no: `code` is its own, `reason` its description."""

    def __init__(self, code: int, reason: str, retry_after: timedelta | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.reason = reason
        self.retry_after = retry_after


class Unclear(Exception):
    """No answer that the API gives. `left`: the request may have arrived."""

    def __init__(self, reason: str, *, left: bool) -> None:
        super().__init__(reason)
        self.left = left


@dataclass(frozen=True, slots=True)
class Said:
    """What the API answered. `at`: its clock (aware, UTC), when it told."""

    result: Any
    at: datetime | None


class BotApi:
    """The methods of one bot, by name."""

    def __init__(self, api_url: str, token: str, timeout: float, longest_poll: float = 0) -> None:
        """`timeout`: seconds for a call; `longest_poll`: how many more a call may be asked to wait for news."""
        self._path = f"{urlsplit(api_url).path.rstrip('/')}/bot{token}/"
        self._calls = Connections(api_url, timeout)
        self._polls = Connections(api_url, timeout + longest_poll)

    def call(self, method: str, *, poll: bool = False, **given: Any) -> Said:
        """Call a method; what is given as None is left out.

        Raises:
            Failed: it was refused.
            Unclear: there was no answer, or none of the API's.
        """
        body = json.dumps({name: one for name, one in given.items() if one is not None}, ensure_ascii=False).encode()
        connections = self._polls if poll else self._calls
        try:
            answer = connections.exchange("POST", self._path + method, {"Content-Type": "application/json"}, body)
        except NeverLeft as error:
            raise Unclear(_name(error), left=False) from None
        except NoAnswer as error:
            raise Unclear(_name(error), left=True) from None
        return _said(answer)


def verdict(error: Failed | Unclear) -> Rejected | Unavailable:
    """What a call that went wrong says of the message that it was to send."""
    if isinstance(error, Unclear):
        return Unavailable(f"Telegram: {error}", maybe_accepted=error.left)
    reason, code = error.reason.lower(), str(error.code)
    if error.code >= 500:
        return Unavailable(f"Telegram: {code}", maybe_accepted=True)
    if error.code == 429:
        return Rejected(Cause.TEMPORARY, code, "Telegram (too many messages)", error.retry_after)
    if error.code == 403:
        # Who blocks a bot may let it write again; an account that is gone stays gone.
        cause = Cause.STOPPED if BLOCKED in reason else Cause.PERMANENT
        return Rejected(cause, code, "Telegram (blocked by the person)" if BLOCKED in reason else "Telegram (gone)")
    if error.code == 400 and any(said in reason for said in _GONE):
        return Rejected(Cause.PERMANENT, code, "Telegram (no such chat)")
    if error.code in (401, 404):
        # A token that was mistyped is a path that does not exist.
        return Rejected(Cause.CONFIGURATION, code, "Telegram (the bot token is not valid)")
    return Rejected(Cause.CONFIGURATION, code, "Telegram (refused)")


def _said(answer: Answer) -> Said:
    try:
        body = json.loads(answer.text)
        if body["ok"] is True:
            return Said(body["result"], _date(answer.headers))
        failed = Failed(int(body["error_code"]), str(body.get("description", "")), _wait(body))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unclear(f"answered {answer.status}, and not as the Bot API does", left=True) from None
    raise failed


def _wait(body: Mapping[str, Any]) -> timedelta | None:
    seconds = (body.get("parameters") or {}).get("retry_after")
    if not isinstance(seconds, int) or seconds < 0:
        return None
    return timedelta(seconds=min(seconds, LONGEST_WAIT.total_seconds()))


def _date(headers: Mapping[str, str]) -> datetime | None:
    try:
        return parsedate_to_datetime(headers.get("date", "")).astimezone(UTC)
    except ValueError:
        return None


def _name(error: OSError) -> str:
    """The kind of an error; its text may name an address."""
    return str(error).partition(":")[0]
