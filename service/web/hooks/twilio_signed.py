"""Whether Twilio has sent a request: before that is known nothing else of it is believed, and nothing is done."""

from __future__ import annotations

from enum import StrEnum

from fastapi import Request, Response
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Message

from notifiers.twilio_hooks import MalformedHook
from notifiers.twilio_sms import TwilioSms
from notifiers.twilio_voice import TwilioVoice
from service.usecases.context import Service
from service.web.metrics import HOOK_REFUSALS

MOST_BYTES = 64 * 1024


Twilio = TwilioSms | TwilioVoice


class Refusal(StrEnum):
    """Why a call was refused, as it is counted."""

    NOT_CONFIGURED = "not_configured"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    UNSIGNED = "unsigned"
    FORGED = "forged"
    UNKNOWN_MESSAGE = "unknown_message"


class Refused(Exception):
    """A request that is not Twilio's, or means nothing to us."""

    def __init__(self, status: int, reason: Refusal) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def count_from_nought(hook: str, *reasons: Refusal) -> None:
    """Of a series that begins at its first event a rate never sees that event."""
    for reason in reasons:
        HOOK_REFUSALS.labels(hook=hook, reason=reason.value)


async def authentic(service: Service, request: Request, *kinds: type[Twilio]) -> tuple[Twilio, FormData]:
    """The form of a request that Twilio signed for our public URL, never for the one that a proxy made of it; and the
    first provider of these kinds that is set up.

    Raises:
        Refused: it is not Twilio's, or too large.
    """
    twilio = next((one for one in service.providers if isinstance(one, kinds)), None)
    if twilio is None:
        raise Refused(404, Refusal.NOT_CONFIGURED)
    signature = request.headers.get("x-twilio-signature")
    if not signature:
        # Before a byte of it is read.
        raise Refused(403, Refusal.UNSIGNED)
    try:
        if int(request.headers.get("content-length") or 0) > MOST_BYTES:
            raise Refused(413, Refusal.TOO_LARGE)
        form = await _form(request)
    except Refused:
        raise
    except HTTPException as error:
        raise Refused(error.status_code, Refusal.TOO_LARGE) from error
    except (ValueError, ClientDisconnect) as error:
        raise Refused(400, Refusal.MALFORMED) from error
    except Exception as error:
        # The form parser's own errors have no common base; none of them is ours.
        raise Refused(400, Refusal.MALFORMED) from error
    path = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1").split("?")[0]
    query = request.scope.get("query_string", b"").decode("latin-1")
    url = service.public_url + path + (f"?{query}" if query else "")
    settings = request.headers.get("x-twilio-webhooks-signature-settings")
    if not twilio.verify_signature(url, form, signature, settings):
        raise Refused(403, Refusal.FORGED)
    return twilio, form


def refuse(hook: str, error: Refused | MalformedHook) -> Response:
    """The answer to a refused request, counted."""
    status, reason = (error.status, error.reason) if isinstance(error, Refused) else (400, Refusal.MALFORMED)
    HOOK_REFUSALS.labels(hook=hook, reason=reason.value).inc()
    return Response(status_code=status)


async def _form(request: Request) -> FormData:
    """The form, of which no more is read than may be: a stranger need not say how much is to come."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise Refused(413, Refusal.TOO_LARGE)

    async def replay() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return await Request(request.scope, replay).form(max_files=0, max_fields=200)
