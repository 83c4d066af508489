"""Whether Twilio knows us: one row of the list that the engine lives by is asked for, and nothing is sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]

from notifiers.base import CheckResult, Knows
from notifiers.twilio_client import TROUBLE, verdict

_LIST = "https://api.twilio.com/2010-04-01/Accounts/{account}/Messages.json"


def ask_for_access(client: Any, account_sid: str) -> CheckResult:
    """Ask as `client` (of `twilio_client.connect`), to whatever address it leads."""
    url = _LIST.format(account=account_sid)
    try:
        answer: Response = client.request("GET", url, params={"PageSize": 1})
        said = json.loads(answer.text)
        if answer.status_code != 200:
            raise TwilioRestException(answer.status_code, url, said.get("message", ""), said.get("code"))
        return Knows(_date(answer)) if isinstance(said["messages"], list) else Knows(None)
    except TROUBLE as error:
        return verdict(error)


def _date(answer: Response) -> datetime | None:
    """The provider's clock, as exact as a second."""
    headers = {str(name).lower(): str(value) for name, value in (answer.headers or {}).items()}
    try:
        return parsedate_to_datetime(headers.get("date", "")).astimezone(UTC)
    except ValueError:
        return None
