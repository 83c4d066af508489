"""What Twilio posts to us: its signature, texts from people, and news of what we sent.

Read forms with blanks kept (Starlette's `await request.form()` does): the signature covers them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from twilio.request_validator import (  # type: ignore[import-untyped]
    HMAC_SHA1,
    HMAC_SHA256,
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)

from notifiers.base import DeliveryState, InboundMessage

_STATES = {
    "scheduled": DeliveryState.QUEUED,
    "canceled": DeliveryState.FAILED,
    # A part is missing at the handset and no better news will come.
    "partially_delivered": DeliveryState.SENT,
    **{state.value: state for state in DeliveryState},
}

_OPT_OUTS = frozenset({"STOP", "START", "HELP"})
"""What `OptOutType` says where Advanced Opt-Out, with its localized words, is set up."""


class MalformedHook(ValueError):
    """A signed request without what it must carry; the message names the field."""


@dataclass(frozen=True, slots=True)
class StatusReport:
    """News of a message of ours; `code` is Twilio's error code, for `cause_of`."""

    provider_id: str
    state: DeliveryState
    code: str | None


def state_of(status: str) -> DeliveryState:
    """Twilio's word for how far a message got.

    One that we do not know ranks lowest: it can overwrite nothing.
    """
    return _STATES.get(status.lower(), DeliveryState.QUEUED)


def parse_inbound(form: Mapping[str, object], received_at: datetime) -> InboundMessage:
    """A text (SM…) or picture message (MM…). Twilio's request carries no time, so that it is `received_at`.

    Raises `MalformedHook`."""
    media = str(form.get("NumMedia") or "0")
    opt_out = str(form.get("OptOutType") or "").upper()
    return InboundMessage(
        provider_id=_required(form, "MessageSid"),
        sender=_required(form, "From"),
        to=str(form.get("To") or ""),
        body=str(form.get("Body") or ""),
        occurred_at=received_at,
        media=int(media) if media.isdecimal() else 0,
        opt_out=opt_out if opt_out in _OPT_OUTS else None,
    )


def parse_status(form: Mapping[str, object]) -> StatusReport:
    """A status callback. Raises `MalformedHook`."""
    code = str(form.get("ErrorCode") or "")
    state = state_of(_required(form, "MessageStatus"))
    return StatusReport(_required(form, "MessageSid"), state, code if code not in ("", "0") else None)


def is_signed(
    url: str,
    params: Mapping[str, object],
    signature: str | None,
    settings_header: str | None,
    tokens: Iterable[str],
    shared_key: str | None = None,
) -> bool:
    """Whether Twilio signed this request. Total: whatever a stranger sends is an answer, never an exception.

    `url` is the public URL that Twilio called, path and query as they came in. Any of `tokens` will do,
    so that a token can be rotated. The header `X-Twilio-Webhooks-Signature-Settings` is the sender's
    word: once a shared key is set up, it cannot talk us back into the account's token.
    """
    algorithm = get_signature_algorithm(settings_header).upper()
    if algorithm not in (HMAC_SHA1, HMAC_SHA256):
        return False
    if shared_key:
        tokens = [shared_key] if algorithm == HMAC_SHA256 else []
    return any(_matches(token, url, params, signature or "", algorithm) for token in tokens)


def signature_headers(url: str, params: Mapping[str, str], token: str, shared_key: str | None = None) -> dict[str, str]:
    """The headers of a request that Twilio would sign with the account's token, or with the shared key when there is
    one."""
    algorithm = HMAC_SHA256 if shared_key else HMAC_SHA1
    signature = str(RequestValidator(shared_key or token).compute_signature(url, params, algorithm))
    settings = {SIGNATURE_SETTINGS_HEADER: f"algorithm={algorithm}"} if shared_key else {}
    return {SIGNATURE_HEADER: signature, **settings}


def _matches(token: str, url: str, params: Mapping[str, object], signature: str, algorithm: str) -> bool:
    try:
        return bool(RequestValidator(token).validate(url, params, signature, algorithm))
    except (TypeError, ValueError, AttributeError, LookupError):
        # A port that is no number, a file among the fields, a lone surrogate: Twilio sends none of these.
        return False


def _required(form: Mapping[str, object], field: str) -> str:
    value = str(form.get(field) or "")
    if not value:
        raise MalformedHook(f"{field} is missing")
    return value
