"""The operator's webhook: what is posted, how it is proven to be ours, and what its answers mean."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from notifiers.base import Accepted, Cause, DeliveryState, Message, NotConfigured, Rejected, Unavailable
from notifiers.registry import configured, outside
from notifiers.webhook import LONGEST_WAIT, SPEC, Webhook
from tests.notifiers.hook_server import HookServer, hook_server

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
SECRET = "what only we know"
ID = "3f0e5f0e-0000-4000-8000-000000000001"


@pytest.fixture(scope="module")
def one_server() -> Iterator[HookServer]:
    with hook_server() as server:
        yield server


@pytest.fixture
def server(one_server: HookServer) -> HookServer:
    one_server.calls.clear()
    one_server.headers.clear()
    one_server.status, one_server.answer = 200, b"ok"
    return one_server


def webhook(*urls: str, secret: str = "") -> Webhook:
    env = {"AMANBA_WEBHOOK_URL": ",".join(urls), "AMANBA_WEBHOOK_SECRET": secret, "AMANBA_WEBHOOK_TIMEOUT": "2"}
    made = configured(env, lambda: NOW)["webhook"]
    assert isinstance(made, Webhook)
    return made


def page(to: str = "", text: str = "No sweep since 20:41. Никто не отвечает.") -> Message:
    return Message(ID, to, text, "operator", None, None, None, subject="sweep_late")


def test_a_page_says_what_and_why_and_can_be_known_again(server: HookServer) -> None:
    assert webhook(server.url).send(page(server.url)) == Accepted(ID, DeliveryState.SENT)
    (call,) = server.calls
    assert (call.method, call.path) == ("POST", "/hook/0123456789")
    assert call.page == {"text": page().body, "reason": "sweep_late", "id": ID, "at": "2026-11-22T07:00:00+00:00"}
    assert call.headers["idempotency-key"] == ID
    assert call.headers["content-type"].startswith("application/json")
    assert "amanba-signature" not in call.headers


def test_a_page_is_signed_as_it_was_sent(server: HookServer) -> None:
    webhook(server.url, secret=SECRET).send(page(server.url))
    (call,) = server.calls
    expected = hmac.new(SECRET.encode(), call.body, hashlib.sha256).hexdigest()
    assert call.headers["amanba-signature"] == f"sha256={expected}"


@pytest.mark.parametrize("status", [301, 400, 401, 404, 410])
def test_an_address_that_does_not_take_it_is_ours_to_mend(server: HookServer, status: int) -> None:
    server.status = status
    server.headers["Location"] = f"{server.url}/elsewhere"
    assert webhook(server.url).send(page(server.url)) == Rejected(Cause.CONFIGURATION, f"http_{status}", "webhook")
    assert len(server.calls) == 1, "no redirect is followed"


@pytest.mark.parametrize("status", [408, 500, 503])
def test_a_server_out_of_order_is_tried_again_later_under_the_same_id(server: HookServer, status: int) -> None:
    server.status = status
    result = webhook(server.url).send(page(server.url))
    assert isinstance(result, Rejected)
    assert (result.cause, result.code) == (Cause.TEMPORARY, f"http_{status}")


@pytest.mark.parametrize(
    ("said", "wait"),
    [("90", timedelta(seconds=90)), ("9" * 20, LONGEST_WAIT), ("9" * 5000, LONGEST_WAIT), ("tomorrow", None)],
)
def test_asked_to_wait_it_waits(server: HookServer, said: str, wait: timedelta | None) -> None:
    server.status = 429
    server.headers["Retry-After"] = said
    result = webhook(server.url).send(page(server.url))
    assert isinstance(result, Rejected)
    assert (result.cause, result.retry_after) == (Cause.TEMPORARY, wait)


@pytest.mark.parametrize("answer", [b"", b"ok", b'{"ok": true}', b"<Response/>"])
def test_any_2xx_is_a_yes(server: HookServer, answer: bytes) -> None:
    server.status, server.answer = 202, answer
    assert isinstance(webhook(server.url).send(page(server.url)), Accepted)


def test_a_page_for_people_is_none(server: HookServer) -> None:
    server.answer = b"\n<!DOCTYPE html><title>Sign in</title>"
    assert isinstance(webhook(server.url).send(page(server.url)), Unavailable)


def test_each_address_is_its_own_and_an_old_one_gives_way_to_the_first(server: HookServer) -> None:
    first, second = f"{server.url}/1", f"{server.url}/2"
    notifier = webhook(first, second)
    for to in (second, first, f"{server.url}/old"):
        notifier.send(page(to))
    assert [call.path.rsplit("/", 1)[1] for call in server.calls] == ["2", "1", "1"]


@pytest.mark.parametrize(
    "url",
    ["http://hooks.example.org/x", "ftp://hooks.example.org/x", "https://", "https://u:p@hooks.example.org/", "x", ","],
)
def test_only_addresses_that_can_be_called_safely_are_taken(url: str) -> None:
    with pytest.raises(NotConfigured, match="AMANBA_WEBHOOK_URL") as caught:
        SPEC.load({"AMANBA_WEBHOOK_URL": url})
    assert "example.org" not in str(caught.value)


def test_it_reaches_nobody_so_that_the_simulated_phones_stay_beside_it(tmp_path: object) -> None:
    env = {"AMANBA_PHONES_PATH": f"{tmp_path}/phones.db", "AMANBA_WEBHOOK_URL": "http://127.0.0.1:9/x"}
    assert set(configured(env, lambda: NOW)) == {"sms", "webhook"}


def test_a_demonstration_sees_the_one_address_that_lies_outside() -> None:
    assert outside({"webhook": webhook("http://127.0.0.1:9/x", "https://hooks.example.org/x")}) == ["webhook"]
    assert outside({"webhook": webhook("http://127.0.0.1:9/x")}) == []
