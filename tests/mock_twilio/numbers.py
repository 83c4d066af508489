"""The numbers of the account, and where each posts what comes in: as the console shows them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from tests.mock_twilio.ledger import VERSION


class Numbers:
    """`settings[number]`: fields of Twilio's row that differ from those of a number that was just bought."""

    def __init__(self, owned: tuple[str, ...]) -> None:
        self.settings: dict[str, dict[str, Any]] = {number: {} for number in owned if number.startswith("+")}

    def page(self, account_sid: str, params: Mapping[str, str]) -> dict[str, object]:
        """Those whose number holds the digits that are asked for."""
        wanted = params.get("PhoneNumber", "").strip("+ ")
        found = [number for number in self.settings if wanted in number]
        path = f"/{VERSION}/Accounts/{account_sid}/IncomingPhoneNumbers.json"
        rows = [self._row(account_sid, place, number) for place, number in enumerate(found)]
        return {"incoming_phone_numbers": rows, "next_page_uri": None, "uri": path, "page": 0, "page_size": 1000}

    def _row(self, account_sid: str, place: int, number: str) -> dict[str, object]:
        bought = format_datetime(datetime(2026, 11, 1, tzinfo=UTC))
        sid = f"PN{place:032d}"
        return {
            "account_sid": account_sid,
            "api_version": VERSION,
            "beta": False,
            "capabilities": {"mms": False, "sms": True, "voice": True, "fax": False},
            "date_created": bought,
            "date_updated": bought,
            "friendly_name": number,
            "phone_number": number,
            "sid": sid,
            "sms_application_sid": None,
            "sms_fallback_method": "POST",
            "sms_fallback_url": None,
            "sms_method": "POST",
            "sms_url": None,
            "uri": f"/{VERSION}/Accounts/{account_sid}/IncomingPhoneNumbers/{sid}.json",
            "voice_application_sid": None,
            "voice_fallback_method": "POST",
            "voice_fallback_url": None,
            "voice_method": "POST",
            "voice_url": None,
            **self.settings[number],
        }
