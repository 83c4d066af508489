"""The messages of a Twilio account, asked for through Twilio's own client.

Rows are as Twilio's JSON has them. The client's resource classes would turn each into an object of 25 fields, which
takes as long as to send it, and they fill 10 MiB.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from twilio.base.version import Version  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]

API = "https://api.twilio.com"
PAGE_SIZE = 1000
"""Twilio's most."""
MOST_ROWS = 200_000
"""More than a list can hold: one that goes on is going round in a circle."""

Row = Mapping[str, Any]


class Messages:
    """What `client` (of `twilio_client.connect`) can do with messages. Each call raises what is in its `TROUBLE`."""

    resource = "Messages"
    rows = "messages"

    def __init__(self, client: Any, account_sid: str) -> None:
        self._client = client
        self._folder = f"{API}/2010-04-01/Accounts/{account_sid}/{self.resource}"

    def create(self, fields: Mapping[str, object]) -> Row:
        """Send a message of these fields, named as in Twilio's API."""
        sent: Row = self._said("POST", f"{self._folder}.json", data=fields)
        return sent

    def fetch(self, sid: str) -> Row:
        """One message."""
        found: Row = self._said("GET", f"{self._folder}/{sid}.json")
        return found

    def stream(self, criteria: Mapping[str, object]) -> Iterator[Row]:
        """The messages that meet the criteria, the newest first, page after page."""
        page = self._said("GET", f"{self._folder}.json", params={**criteria, "PageSize": PAGE_SIZE})
        count, pages = 0, set[str]()
        while True:
            for row in page[self.rows]:
                count += 1
                if count > MOST_ROWS:
                    raise ValueError("The list does not end")
                yield row
            following = page.get("next_page_uri")
            if not following:
                return
            if following in pages:
                raise ValueError("The list leads back into itself")
            pages.add(following)
            page = self._said("GET", API + following)

    def _said(self, method: str, url: str, **given: Mapping[str, object]) -> Any:
        response: Response = self._client.request(method, url, **given)
        if not 200 <= response.status_code < 300:
            raise Version.exception(method, url, response, "Refused")
        return json.loads(response.text)


def sid_of(row: Row) -> str:
    """The name of a message.

    Raises:
        ValueError: it has none.
    """
    if not row["sid"]:
        raise ValueError("The answer has no message sid")
    return str(row["sid"])


def instant(text: str | None) -> datetime:
    """A date of a row, in UTC.

    Raises:
        ValueError: it is none.
    """
    if not text:
        raise ValueError("A message in the list has no date")
    return parsedate_to_datetime(text).astimezone(UTC)


def stamp(at: datetime) -> str:
    """An instant as a criterion."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
