"""Twilio's own client, pointed where we say, and what its failures mean."""

from __future__ import annotations

import logging
import os
import re
import ssl
from base64 import b64encode
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit, urlunsplit

import certifi
from requests.exceptions import ConnectionError as NoConnection
from requests.exceptions import ConnectTimeout, RequestException
from requests.utils import get_environ_proxies
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException  # type: ignore[import-untyped]
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]
from urllib3.exceptions import NewConnectionError

from notifiers.base import Cause, NotConfigured, Rejected, Unavailable
from notifiers.connections import Connections, NeverLeft, NoAnswer
from notifiers.twilio_errors import REASONS, cause_of

TROUBLE = (TwilioException, NeverLeft, NoAnswer, RequestException, ValueError, TypeError, AttributeError, KeyError)
"""What the client raises, and what its classes do with an answer that is not Twilio's."""


class TooMany(TwilioException):  # type: ignore[misc]
    """HTTP 429, and how long Twilio asks us to wait."""

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__("Too many requests")
        self.retry_after = retry_after


_NUMBER = re.compile(r"(?:\+|%2B)?\d{7,}")

# The client logs query strings, and they hold people's numbers.
_wire_log = logging.getLogger(f"{__name__}.wire")
_wire_log.setLevel(logging.WARNING)


class _HttpClient(TwilioHttpClient):  # type: ignore[misc]
    """Sends to another base URL, and tries the next token when the first is no longer good.

    `region` and `edge` of the client cannot leave twilio.com, so the URL is changed here. Requests go over connections
    of our own, which cost a quarter; over the client's where the environment names a proxy.
    """

    def __init__(self, api_url: str, tokens: tuple[str, ...], timeout: float) -> None:
        super().__init__(timeout=timeout, logger=_wire_log)
        self._base = urlsplit(api_url)
        self._tokens = tokens
        by_proxy = bool(get_environ_proxies(api_url))
        self._connections = None if by_proxy else Connections(api_url, timeout, _authorities)

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        parts = urlsplit(url)
        path = self._base.path.rstrip("/") + parts.path
        url = urlunsplit((self._base.scheme, self._base.netloc, path, parts.query, ""))
        response = self._exchange(method, url, *args, **kwargs)
        for token in self._tokens[1:]:
            # Safe to repeat, a POST as well: a request refused with 401 was not processed.
            if response.status_code == 401 and kwargs.get("auth"):
                kwargs["auth"] = (kwargs["auth"][0], token)
                response = self._exchange(method, url, *args, **kwargs)
        wait = _header(response, "retry-after")
        if response.status_code == 429 and wait.isdecimal():
            raise TooMany(timedelta(seconds=min(int(wait), 86400)))
        return response

    def _exchange(
        self,
        method: str,
        url: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        **kwargs: Any,
    ) -> Response:
        if self._connections is None:
            return super().request(method, url, params, data, headers, auth, **kwargs)
        parts = urlsplit(url)
        given = urlencode({name: value for name, value in (params or {}).items() if value is not None}, doseq=True)
        target = "?".join(filter(None, (parts.path, "&".join(filter(None, (parts.query, given))))))
        body = _form(data) if data else None
        who = {"Authorization": f"Basic {b64encode(':'.join(auth).encode()).decode()}"} if auth else {}
        answer = self._connections.exchange(method, target, {**(headers or {}), **who}, body)
        return Response(answer.status, answer.text, answer.headers)


def _form(fields: Mapping[str, object]) -> bytes:
    pairs = [(name, one) for name, value in fields.items() for one in (value if isinstance(value, list) else (value,))]
    return "&".join([f"{name}={_quoted(str(value))}" for name, value in pairs]).encode()


def _quoted(text: str) -> str:
    """A value of a form. Each byte of a text in Cyrillic is written as a number, its spaces too: that is ten times as
    fast as to choose, and hardly longer."""
    return quote_plus(text) if text.isascii() else "%" + text.encode().hex("%")


def connect(api_url: str, account_sid: str, tokens: tuple[str, ...], timeout: float) -> Any:
    """A client for the account at `api_url`; `tokens` are tried in order, `timeout` is in seconds."""
    return Client(account_sid, tokens[0], http_client=_HttpClient(api_url, tokens, timeout))


def verdict(error: Exception) -> Rejected | Unavailable:
    """What a failed POST means: a refusal, or no verdict, with or without the danger that it was sent."""
    if isinstance(error, TooMany):
        return Rejected(Cause.TEMPORARY, "20429", reason(error), error.retry_after)
    if not isinstance(error, TwilioRestException | TwilioServiceException):
        return Unavailable(reason(error), maybe_accepted=not _never_left(error))
    if error.status == 429:
        return Unavailable(reason(error), maybe_accepted=False)
    if error.status >= 500 or error.status == 408:
        return Unavailable(reason(error), maybe_accepted=True)
    code = str(error.code or error.status)
    cause = cause_of(code)
    if code not in REASONS and error.status in (301, 302, 307, 308, 401, 403, 404):
        cause = Cause.CONFIGURATION
    return Rejected(cause, code, reason(error))


def reason(error: Exception) -> str:
    """One line for the operator, without anybody's number."""
    code = str(getattr(error, "code", None) or "")
    text = REASONS.get(code) or f"{type(error).__name__}: {error}"
    return _NUMBER.sub("…", " ".join(text.split()))[:200]


def _authorities() -> ssl.SSLContext:
    """Those that the client's own connections would believe."""
    path = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or certifi.where()
    try:
        if os.path.isdir(path):
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except OSError as error:
        raise NotConfigured(f"The certificate authorities in {path} cannot be read") from error


def _header(response: Response, name: str) -> str:
    headers = response.headers or {}
    return next((str(value) for key, value in headers.items() if key.lower() == name), "")


def _never_left(error: Exception) -> bool:
    """Whether no connection was made at all, so that Twilio cannot have the message."""
    if isinstance(error, ConnectTimeout | NeverLeft):
        return True
    cause = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, NoConnection) and isinstance(cause, NewConnectionError)
