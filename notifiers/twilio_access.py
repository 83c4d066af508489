"""One account of Twilio's: how we prove ourselves to it, and it to us, and whether it knows us."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]

from notifiers.base import SEND_TIMEOUT_SECONDS, CheckResult, Knows
from notifiers.twilio_client import TROUBLE, connect, verdict
from notifiers.twilio_hooks import is_signed, signature_headers

_LIST = "https://api.twilio.com/2010-04-01/Accounts/{account}/Messages.json"


class AccountSettings(BaseModel):
    """How to reach Twilio as us."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    account_sid: str = Field(title="Account SID", pattern=r"^AC\w+$", examples=["AC" + "0" * 32])
    auth_token: SecretStr = Field(title="Auth token", min_length=1, examples=["a-token"])
    auth_token_next: SecretStr | None = Field(
        default=None, title="Next auth token", description="Accepted as well while the token is rotated"
    )
    shared_key: SecretStr | None = Field(
        default=None, title="Webhook key", description="When set, only webhooks signed with it are believed"
    )
    api_url: str = Field(default="https://api.twilio.com", title="API address", pattern=r"^https?://[^/\s]+")
    timeout: float = Field(default=SEND_TIMEOUT_SECONDS, title="Time-out in seconds", gt=0, le=SEND_TIMEOUT_SECONDS)


class Account:
    """What every channel of one account does alike."""

    settings: AccountSettings

    def __init__(self, settings: AccountSettings) -> None:
        self.settings = settings
        self._tokens = _secrets(settings.auth_token, settings.auth_token_next)
        self._shared_key = next(iter(_secrets(settings.shared_key)), None)
        self._client: Any = connect(settings.api_url, settings.account_sid, self._tokens, settings.timeout)

    @property
    def api_url(self) -> str:
        """Where requests go."""
        return self.settings.api_url

    def verify_signature(
        self, url: str, params: Mapping[str, object], signature: str | None, settings_header: str | None = None
    ) -> bool:
        """Whether Twilio signed a request to `url` (see `is_signed`), with this token or the next one."""
        return is_signed(url, params, signature, settings_header, self._tokens, self._shared_key)

    def sign_request(self, url: str, params: Mapping[str, str]) -> dict[str, str]:
        """The headers with which Twilio would post `params` to `url`."""
        return signature_headers(url, params, self._tokens[0], self._shared_key)

    def check_access(self) -> CheckResult:
        """Whether the account and the token are good for reading the list of messages."""
        return ask_for_access(self._client, self.settings.account_sid)


def _secrets(*given: SecretStr | None) -> tuple[str, ...]:
    return tuple(one.get_secret_value() for one in given if one is not None and one.get_secret_value())


def ask_for_access(client: Any, account_sid: str) -> CheckResult:
    """Ask as `client` (of `twilio_client.connect`), to whatever address it leads: for one row of the list that the
    engine lives by. Nothing is sent."""
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
