"""What the mock knows: every text that it took, in either direction.

Its lists filter and page as Twilio's do.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlencode

from notifiers.segments import measure

VERSION = "2010-04-01"


@dataclass
class Text:
    """One message. Times are aware, UTC; `sent` is None while it waits in the queue."""

    sid: str
    direction: str
    from_: str
    to: str
    body: str
    status: str
    created: datetime
    order: int
    sent: datetime | None = None
    callback: str | None = None
    validity: int | None = None
    error_code: int | None = None
    media: int = 0
    listed: bool = True
    reached: bool = False

    @property
    def outbound(self) -> bool:
        return self.direction != "inbound"

    def as_json(self, account: str) -> dict[str, object]:
        """The fields of Twilio's Message resource."""
        uri = f"/{VERSION}/Accounts/{account}/Messages/{self.sid}"
        return {
            "sid": self.sid,
            "account_sid": account,
            "messaging_service_sid": None,
            "from": self.from_,
            "to": self.to,
            "body": self.body,
            "direction": self.direction,
            "status": self.status,
            "date_created": _rfc2822(self.created),
            "date_updated": _rfc2822(self.sent or self.created),
            "date_sent": _rfc2822(self.sent),
            "num_segments": str(measure(self.body).segments),
            "num_media": str(self.media),
            "error_code": self.error_code,
            "error_message": None,
            "price": None,
            "price_unit": "USD",
            "api_version": VERSION,
            "uri": f"{uri}.json",
            "subresource_uris": {"media": f"{uri}/Media.json"},
        }


@dataclass
class Ledger:
    """All texts, oldest first, safe to use from the server's threads and the test's."""

    texts: list[Text] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def add(self, text: Text) -> Text:
        with self.lock:
            self.texts.append(text)
        return text

    def get(self, sid: str) -> Text | None:
        with self.lock:
            return next((text for text in self.texts if text.sid == sid), None)

    def next_order(self) -> int:
        with self.lock:
            return len(self.texts) + 1

    def page(self, account: str, query: Mapping[str, str], newest: datetime, undated: bool) -> dict[str, object]:
        """One page of the list, newest first, of texts created up to `newest`.

        Raises `ValueError` on a bad query.
        """
        size = int(query.get("PageSize", "50"))
        if not 1 <= size <= 1000:
            raise ValueError("PageSize must be between 1 and 1000")
        with self.lock:
            rows = [
                text for text in self.texts if text.listed and text.created <= newest and _passes(text, query, undated)
            ]
        rows.sort(key=lambda text: (text.created, text.order), reverse=True)
        after = query.get("PageToken", "").removeprefix("PA")
        start = next((place + 1 for place, text in enumerate(rows) if text.sid == after), 0)
        shown, number = rows[start : start + size], int(query.get("Page", "0"))
        following = None
        if start + size < len(rows):
            filters = {key: value for key, value in query.items() if key not in ("Page", "PageToken")}
            following = _uri(account, {**filters, "Page": str(number + 1), "PageToken": f"PA{shown[-1].sid}"})
        return {
            "messages": [text.as_json(account) for text in shown],
            "page": number,
            "page_size": size,
            "start": start,
            "end": start + max(len(shown) - 1, 0),
            "uri": _uri(account, query),
            "first_page_uri": _uri(account, {**query, "Page": "0"}),
            "next_page_uri": following,
            "previous_page_uri": None,
        }


def _passes(text: Text, query: Mapping[str, str], undated: bool) -> bool:
    if query.get("To", text.to) != text.to or query.get("From", text.from_) != text.from_:
        return False
    dates = {key: query[key] for key in ("DateSent", "DateSent<", "DateSent>") if key in query}
    if text.sent is None:
        # What the real one does with these is not documented; a test may choose.
        return undated or not dates
    return all(_in_range(text.sent, key, value) for key, value in dates.items())


def _in_range(sent: datetime, key: str, value: str) -> bool:
    """Bounds are inclusive; one without a time of day means the whole of that day, UTC."""
    first = datetime.fromisoformat(value.replace("Z", "+00:00"))
    whole_day = "T" not in value
    first = first.replace(tzinfo=UTC) if first.tzinfo is None else first
    last = first + timedelta(days=1) - timedelta(microseconds=1) if whole_day else first
    if key == "DateSent>":
        return sent >= first
    if key == "DateSent<":
        return sent <= last
    return first <= sent <= last


def _uri(account: str, query: Mapping[str, str]) -> str:
    return f"/{VERSION}/Accounts/{account}/Messages.json?{urlencode(dict(query))}"


def _rfc2822(at: datetime | None) -> str | None:
    return None if at is None else format_datetime(at.astimezone(UTC))
