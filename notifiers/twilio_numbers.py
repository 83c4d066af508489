"""The numbers of a Twilio account, and where each sends what comes in by it.

Source: twilio.com/docs/phone-numbers/api/incomingphonenumber-resource.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from notifiers.base import Rejected, Unavailable
from notifiers.hook_news import HookNews, path_of
from notifiers.twilio_client import TROUBLE, verdict
from notifiers.twilio_messages import Messages, Row
from notifiers.twilio_senders import is_number


class Numbers(Messages):
    """What a client (of `twilio_client.connect`) can do with the account's numbers."""

    resource = "IncomingPhoneNumbers"
    rows = "incoming_phone_numbers"


@dataclass(frozen=True, slots=True)
class Kind:
    """What may come in by a number: its name in the fields of Twilio's row, what a person calls it, where the console
    keeps its address, and what becomes of it without one."""

    field: str
    called: str
    place: str
    otherwise: str
    is_lost: bool


TEXTS = Kind("sms", "Texts", "A message comes in", "it is found in Twilio's list within a minute", is_lost=False)
CALLS = Kind("voice", "Calls", "A call comes in", "Twilio picks up, and the caller pays", is_lost=True)


def look_at_numbers(
    client: Any, account_sid: str, numbers: Sequence[str], kind: Kind, hook_url: str
) -> tuple[HookNews, ...] | Rejected | Unavailable:
    """Whether what comes in to each of these numbers (E.164) is posted to `hook_url`."""
    account = Numbers(client, account_sid)
    try:
        found = {number: _row(account, number) for number in numbers if is_number(number)}
    except TROUBLE as error:
        return verdict(error)
    return tuple(news for number, row in found.items() for news in _news(number, row, kind, hook_url))


def _row(account: Numbers, number: str) -> Row | None:
    # The filter takes patterns.
    return next((row for row in account.stream({"PhoneNumber": number}) if row["phone_number"] == number), None)


def _news(number: str, row: Row | None, kind: Kind, hook_url: str) -> Iterator[HookNews]:
    if row is None:
        do = "Name a number of this account, or buy it there."
        yield HookNews(
            f"{number} is not a number of this account: {kind.called.lower()} to it do not reach us.", do, True
        )
        return
    if not (row.get("capabilities") or {}).get(kind.field, True):
        yield HookNews(f"{number} takes no {kind.called.lower()}.", "Choose another number for that.", True)
        return
    url, fallback = (str(row.get(f"{kind.field}_{name}") or "") for name in ("url", "fallback_url"))
    if row.get(f"{kind.field}_application_sid"):
        url = ""
    if path_of(url) != hook_url or str(row.get(f"{kind.field}_method") or "POST") != "POST":
        do = f'Write {hook_url}, HTTP POST, at that number in Twilio\'s console under "{kind.place}".'
        yield HookNews(f"{kind.called} to {number} are not posted to us; {kind.otherwise}.", do, kind.is_lost)
    elif fallback and urlsplit(fallback).hostname == urlsplit(hook_url).hostname:
        said = f"{kind.called} to {number} go to the same host when the first address fails, which is then away too."
        yield HookNews(said, "Name another host as fallback, or none.")
    else:
        yield HookNews(f"{kind.called} to {number} are posted to us.")
