"""JSON spoken with one server over kept connections: what was answered, and whether it may have been heard."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from notifiers.connections import Connections, NeverLeft, NoAnswer

LONGEST_WAIT = timedelta(days=1)
"""The longest that a server may ask us to wait."""
SOON_SECONDS = 2.0
"""Within these what got no answer is sent once more; later another try would outlast its time."""
LONGEST_READING_SECONDS = 120.0
"""How long a list is read, page after page: while it goes on, no other source is read."""
TROUBLE = (NeverLeft, NoAnswer)

_NUMBER = re.compile(r"(?:\+|%2B)?\d{7,}")


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answered. `said` is its JSON; None when it was none, and an empty object for an empty body."""

    status: int
    said: Any
    headers: Mapping[str, str]

    @property
    def fields(self) -> Mapping[str, Any]:
        """The fields of the JSON object; none when it is something else."""
        return self.said if isinstance(self.said, dict) else {}

    @property
    def is_understood(self) -> bool:
        """Whether it is an object: a page for people, as a proxy or a hotel's Wi-Fi sends it, is none."""
        return isinstance(self.said, dict)

    @property
    def retry_after(self) -> timedelta | None:
        """How long we are asked to wait."""
        text = self.headers.get("retry-after", "")
        # Of more digits than these an integer or a timedelta cannot be made.
        return min(timedelta(seconds=int(text[:9])), LONGEST_WAIT) if text.isascii() and text.isdecimal() else None

    @property
    def date(self) -> datetime | None:
        """The server's clock, as exact as a second."""
        try:
            return parsedate_to_datetime(self.headers.get("date", "")).astimezone(UTC)
        except (ValueError, OverflowError):
            return None


class JsonClient:
    """Requests to the server of `url`, whose path comes before every target."""

    def __init__(self, url: str, timeout: float, prove: Callable[[bytes], Mapping[str, str]]) -> None:
        """`prove`: the headers by which the server knows us, for a body, or for the target of a request without one."""
        self._path = urlsplit(url).path.rstrip("/")
        self._connections = Connections(url, timeout)
        self._prove = prove

    def get(self, target: str) -> Reply:
        """GET `target`, which begins with `/`, or is empty.

        Raises `NeverLeft` or `NoAnswer`.
        """
        whole = self._path + target or "/"
        return _read(self._connections.exchange("GET", whole, self._prove(whole.encode())))

    def post(self, target: str, fields: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Reply:
        """POST `fields` as a JSON object.

        Raises `NeverLeft` or `NoAnswer`.
        """
        body = json.dumps(fields, ensure_ascii=False).encode()
        given = {"Content-Type": "application/json; charset=utf-8", **(headers or {}), **self._prove(body)}
        return _read(self._connections.exchange("POST", self._path + target or "/", given, body))

    def post_known(self, target: str, fields: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Reply:
        """The same for what the server knows when it comes twice: sent once more at once when no answer came, because
        a connection that was kept may just have been closed. What refuses the second says nothing of the first.

        Raises `NeverLeft` or `NoAnswer`.
        """
        began = monotonic()
        try:
            return self.post(target, fields, headers)
        except NoAnswer as first:
            if monotonic() - began > SOON_SECONDS:
                raise
            try:
                reply = self.post(target, fields, headers)
            except NeverLeft:
                raise first from None
            if reply.status >= 400 and reply.status != 409:
                raise first from None
            return reply


def in_time(began: float) -> None:
    """Raises `NoAnswer` when a list that is read since `began` (monotonic) takes too long."""
    if monotonic() - began > LONGEST_READING_SECONDS:
        raise NoAnswer("the list takes too long")


def one_line(text: object) -> str:
    """What somebody else's program said, for the operator: one line, without anybody's number."""
    return _NUMBER.sub("…", " ".join(str(text).split()))[:200]


def _read(answer: Any) -> Reply:
    try:
        said = json.loads(answer.text) if answer.text.strip() else {}
    except (ValueError, RecursionError):
        said = None
    return Reply(answer.status, said, answer.headers)
