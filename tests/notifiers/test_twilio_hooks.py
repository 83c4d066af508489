"""Who may post to us, and what is in it. The signature table was measured against real requests' shapes."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import FormData
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from notifiers.base import DeliveryState
from notifiers.twilio_hooks import MalformedHook, is_signed, parse_inbound, parse_status, state_of
from tests.mock_twilio import sign

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
URL = "https://amanba.example/hooks/twilio/sms"
TOKEN = "current-token"
FORM = {
    "MessageSid": "SM" + "a" * 32,
    "From": "+77010000001",
    "To": "+48732000000",
    "Body": "Аман 👍",
    "NumMedia": "0",
    "FromCity": "",
}


def signed(url: str = URL, *, heard_as: str | None = None, form: dict[str, str] = FORM, **changes: object) -> bool:
    """Whether a request that Twilio signed for `url` passes at an app that believes it is `heard_as`."""
    values: dict[str, object] = {
        "params": form,
        "signature": sign(TOKEN, url, form),
        "settings_header": None,
        "tokens": [TOKEN],
        **changes,
    }
    return is_signed(heard_as or url, **values)  # type: ignore[arg-type]


def test_the_mocks_signature_is_twilios() -> None:
    validator = RequestValidator(TOKEN)
    assert sign(TOKEN, URL, FORM) == validator.compute_signature(URL, FORM)
    assert sign(TOKEN, URL, FORM, "sha256") == validator.compute_signature(URL, FORM, "HMAC_SHA256")


def test_twilios_own_request_passes() -> None:
    assert signed()
    assert signed(params=FormData(list(FORM.items())))
    assert signed(params=dict(parse_qsl(urlencode(FORM), keep_blank_values=True)))


@pytest.mark.parametrize(
    ("url", "heard_as", "passes"),
    [
        (URL, URL.replace("https", "http"), False),
        (URL.replace("example", "example:443"), URL, True),
        (URL, URL.replace("example", "example:443"), True),
        (URL.replace("example", "example:8443"), URL, False),
        (URL.replace("example", "example:8443"), URL.replace("example", "example:8443"), True),
        (URL + "?a=1&b=2", URL + "?b=2&a=1", False),
        (URL + "?a=%C3%A9", URL + "?a=é", False),
        (URL + "?a=1&b=2", URL + "?a=1&b=2", True),
        (URL, URL + "/", False),
        (URL, URL.replace("amanba", "other"), False),
    ],
)
def test_the_url_must_be_the_one_that_twilio_called(url: str, heard_as: str, passes: bool) -> None:
    assert signed(url, heard_as=heard_as) is passes


def test_a_form_that_lost_or_gained_something_fails() -> None:
    assert not signed(params=dict(parse_qsl(urlencode(FORM))))
    assert not signed(params={**FORM, "Body": "OK"})
    assert not signed(params={**FORM, "Extra": "1"})


@pytest.mark.parametrize("signature", [None, "", "x", "Ж", sign("another-token", URL, FORM)])
def test_a_missing_or_foreign_signature_fails(signature: str | None) -> None:
    assert not signed(signature=signature)


def test_two_tokens_hold_while_one_is_rotated() -> None:
    for token in ("current-token", "next-token"):
        assert signed(tokens=["current-token", "next-token"], signature=sign(token, URL, FORM))
    assert not signed(tokens=["next-token"])
    assert not signed(tokens=[])


def test_a_shared_key_cannot_be_talked_down() -> None:
    strong: dict[str, Any] = {
        "settings_header": "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256",
        "shared_key": "shared",
    }
    assert signed(**strong, signature=sign("shared", URL, FORM, "sha256"))
    assert not signed(**strong)
    assert not signed(**strong, signature=sign(TOKEN, URL, FORM, "sha256"))
    assert not signed(shared_key="shared")
    assert not signed(shared_key="shared", signature=sign("shared", URL, FORM))
    assert not signed(shared_key="shared", settings_header="algorithm=HMAC_SHA1")


def test_an_unknown_algorithm_fails_without_a_word() -> None:
    assert not signed(settings_header="algorithm=NONE")


@given(st.text(), st.dictionaries(st.text(), st.text()), st.one_of(st.none(), st.text()), st.text())
def test_a_stranger_gets_an_answer_never_an_exception(
    url: str, form: dict[str, str], signature: str | None, header: str
) -> None:
    assert not is_signed(url, form, signature, header, [TOKEN], None)


@pytest.mark.parametrize(
    ("url", "params"),
    [
        ("https://host:port/", FORM),
        ("https://[::1/", FORM),
        (URL, {"Body": object()}),
        (URL, {"Body": None}),
        (URL, {"Body": "\ud800"}),
    ],
)
def test_a_broken_request_is_not_signed(url: str, params: dict[str, object]) -> None:
    assert not is_signed(url, params, "x" * 28, None, [TOKEN])


def test_a_text_is_read_from_its_form() -> None:
    text = parse_inbound(FormData(list(FORM.items())), NOW)
    assert (text.provider_id, text.sender, text.to) == (FORM["MessageSid"], "+77010000001", "+48732000000")
    assert (text.body, text.occurred_at, text.media) == ("Аман 👍", NOW, 0)


def test_a_picture_without_a_word_is_read_too() -> None:
    picture = parse_inbound({**FORM, "MessageSid": "MM1", "Body": "", "NumMedia": "2"}, NOW)
    assert (picture.provider_id, picture.body, picture.media) == ("MM1", "", 2)
    assert parse_inbound({"MessageSid": "SM1", "From": "1", "NumMedia": "many"}, NOW).media == 0


@pytest.mark.parametrize(
    ("said", "known"), [("STOP", "STOP"), ("help", "HELP"), ("START", "START"), ("", None), ("NO", None)]
)
def test_what_twilio_took_a_text_for_is_read(said: str, known: str | None) -> None:
    """Its Advanced Opt-Out knows words of its own, in any language, and has acted on them already."""
    assert parse_inbound({**FORM, "Body": "ТОҚТА", "OptOutType": said}, NOW).opt_out == known
    assert parse_inbound(FORM, NOW).opt_out is None


@pytest.mark.parametrize("field", ["MessageSid", "From"])
def test_a_text_without_an_id_or_a_sender_is_refused(field: str) -> None:
    with pytest.raises(MalformedHook, match=field):
        parse_inbound({**FORM, field: ""}, NOW)


def test_a_status_is_read_from_its_form() -> None:
    bad = parse_status({"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30003"})
    assert (bad.provider_id, bad.state, bad.code) == ("SM1", DeliveryState.UNDELIVERED, "30003")
    good = parse_status({"MessageSid": "SM1", "MessageStatus": "delivered", "ErrorCode": ""})
    assert (good.state, good.code) == (DeliveryState.DELIVERED, None)
    with pytest.raises(MalformedHook, match="MessageStatus"):
        parse_status({"MessageSid": "SM1"})


def test_a_word_we_do_not_know_overwrites_nothing() -> None:
    assert state_of("teleported") is DeliveryState.QUEUED
    assert state_of("canceled") is DeliveryState.FAILED
    assert state_of("partially_delivered") is DeliveryState.SENT
