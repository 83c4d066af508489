"""What programs that carry our messages post to us as signed JSON: nothing of it is believed before it is proven.

Every answer but success is a problem document (RFC 9457) that says to whoever writes such a program what is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from notifiers.signing import Fault
from service.usecases.context import Service
from service.usecases.delivery import Report, report_delivery
from service.usecases.problems import StorageUnavailable
from service.web.metrics import HOOK_REFUSALS

MOST_BYTES = 128 * 1024
RETRY_AFTER_SECONDS = 5
PROBLEM = "application/problem+json"

T = TypeVar("T")


class Refusal(StrEnum):
    """Why a call was refused, as it is counted."""

    NOT_CONFIGURED = "not_configured"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    UNSIGNED = "unsigned"
    FORGED = "forged"
    STALE = "stale"
    UNKNOWN_MESSAGE = "unknown_message"


_SAID = {
    Refusal.NOT_CONFIGURED: (404, "No such hook is set up here."),
    Refusal.TOO_LARGE: (413, "That is more than is ever said here."),
    Refusal.MALFORMED: (400, "This is not a JSON object in UTF-8."),
    Refusal.UNSIGNED: (401, "The headers with the timestamp and the signature are missing."),
    Refusal.FORGED: (403, "The signature does not fit the timestamp and the body."),
    Refusal.STALE: (403, "The timestamp is more than 5 minutes off: set the clock, and sign each try anew."),
    Refusal.UNKNOWN_MESSAGE: (404, "We know no message with this id."),
}


class Refused(Exception):
    """A request that is not believed, or not understood; `detail` says more to whoever sends it."""

    def __init__(self, reason: Refusal, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


def provider_of(service: Service, kind: type[T]) -> T:
    """The provider of this kind.

    Raises:
        Refused: it is not set up.
    """
    for one in service.providers:
        if isinstance(one, kind):
            return one
    raise Refused(Refusal.NOT_CONFIGURED)


def count_from_nought(hook: str) -> None:
    """Of a series that begins at its first event a rate never sees that event."""
    for reason in Refusal:
        HOOK_REFUSALS.labels(hook=hook, reason=reason.value)


async def read(
    request: Request, timestamp: str, signature: str, fault_of: Callable[..., Fault | None], most: int = MOST_BYTES
) -> Any:
    """The JSON of a request that is proven, of `most` bytes. `timestamp` and `signature` name its headers; `fault_of`
    looks at the body as it came, and at their values.

    Raises:
        Refused: it is not proven, too large, or no JSON.
    """
    given = request.headers.get(timestamp), request.headers.get(signature)
    if not all(given):
        # Before a byte of it is read.
        raise Refused(Refusal.UNSIGNED)
    body = await _body(request, most)
    if (fault := fault_of(body, *given)) is not None:
        raise Refused(Refusal(fault.value))
    try:
        return json.loads(body.decode())
    except (ValueError, RecursionError) as error:
        raise Refused(Refusal.MALFORMED) from error


async def answered(hook: str, work: Callable[[], Awaitable[Response]]) -> Response:
    """What `work` answers, or why it does not; counted. 503 when what was said is not kept: say it again."""
    try:
        return await work()
    except Refused as error:
        HOOK_REFUSALS.labels(hook=hook, reason=error.reason.value).inc()
        status, detail = _SAID[error.reason]
        return _problem(status, error.detail or detail, error.reason.value)
    except StorageUnavailable:
        answer = _problem(503, "Nothing was kept. Send it again.", "not_kept")
        answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return answer


async def report(service: Service, reports: Iterable[Report]) -> bool:
    """Note reports; whether all of them were about messages of ours."""
    known = [await run_in_threadpool(report_delivery, service, one) for one in reports]
    return all(known)


def uuid_of(text: str) -> UUID:
    """Raises:
    Refused: it is none of our ids.
    """
    try:
        return UUID(text)
    except ValueError as error:
        raise Refused(Refusal.UNKNOWN_MESSAGE) from error


async def _body(request: Request, most: int) -> bytes:
    """No more of it is read than may be: a stranger need not say how much is to come."""
    length = request.headers.get("content-length") or "0"
    if length.isdecimal() and int(length[:12]) > most:
        raise Refused(Refusal.TOO_LARGE, f"More than {most} bytes.")
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                raise Refused(Refusal.TOO_LARGE, f"More than {most} bytes.")
    except ClientDisconnect as error:
        raise Refused(Refusal.MALFORMED) from error
    return bytes(body)


def _problem(status: int, detail: str, code: str) -> JSONResponse:
    return JSONResponse(
        {"type": "about:blank", "status": status, "detail": detail, "code": code}, status, media_type=PROBLEM
    )
