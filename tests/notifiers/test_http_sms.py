"""An adapter's traps: what it answers, what may be believed of it, and what a list must not leave out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from notifiers.base import (
    Accepted,
    Cause,
    DeliveryState,
    Found,
    Idempotent,
    Knows,
    ListsInbound,
    Message,
    NotConfigured,
    NotFound,
    Rejected,
    SourceUnreadable,
    TellsHowFar,
    Unavailable,
)
from notifiers.http_sms import SPEC, HttpSms
from notifiers.http_wire import MalformedCall, inbound_of, news_of, said_of
from notifiers.signing import Fault, signed_headers
from tests.notifiers.http_adapter import SECRET, Adapter, http_adapter

HOOK = "https://amanba.example/hooks/twilio/status/1"


@pytest.fixture
def adapter() -> Iterator[Adapter]:
    with http_adapter() as one:
        yield one


def notifier(adapter: Adapter, **more: str) -> HttpSms:
    env = {"AMANBA_HTTP_SMS_URL": adapter.url, "AMANBA_HTTP_SMS_SECRET": SECRET, **more}
    built: HttpSms = SPEC.build(SPEC.load(env), lambda: adapter.now)  # type: ignore[assignment]
    return built


def message(body: str = "No sign since 20:31. #7F3K") -> Message:
    return Message(str(uuid4()), "+77010000001", body, "alert", "#7F3K", HOOK, timedelta(hours=1))


def waits(status: int, **span: int) -> Rejected:
    return Rejected(Cause.TEMPORARY, f"http_{status}", "the adapter asks us to wait", timedelta(**span))


def test_it_is_told_all_that_a_provider_needs(adapter: Adapter) -> None:
    sent = message("Сәуле не отвечает")
    assert notifier(adapter).send(sent) == Accepted(sent.outbox_id, DeliveryState.ACCEPTED)
    assert adapter.keys == [sent.outbox_id]
    assert adapter.taken[sent.outbox_id] == {
        "id": sent.outbox_id,
        "to": "+77010000001",
        "text": "Сәуле не отвечает",
        "kind": "alert",
        "ref_code": "#7F3K",
        "valid_for": 3600,
        "status_url": f"https://amanba.example/hooks/http/status/{sent.outbox_id}",
        "state": "sent",
    }


def test_handed_over_twice_it_is_sent_once(adapter: Adapter) -> None:
    one, sent = notifier(adapter), message()
    assert isinstance(one, Idempotent)
    adapter.loses_answers = 1
    assert one.send(sent) == Accepted(sent.outbox_id, DeliveryState.SENT), "it is asked again at once"
    adapter.loses_answers = 2
    lost = one.send(message())
    assert isinstance(lost, Unavailable)
    assert lost.maybe_accepted
    assert len(adapter.taken) == 2


def test_a_repeat_that_is_refused_leaves_open_what_became_of_the_first(adapter: Adapter) -> None:
    adapter.loses_answers = 1
    take = adapter.take

    def take_and_be_busy(body: bytes, key: str) -> tuple[int, Any]:
        adapter.answer = (429, {}, {"Retry-After": "60"})
        return take(body, key)

    adapter.take = take_and_be_busy  # type: ignore[method-assign]
    result = notifier(adapter).send(message())
    assert isinstance(result, Unavailable)
    assert result.maybe_accepted, "nobody else may be handed it"
    assert len(adapter.taken) == 1


@pytest.mark.parametrize("status", [404, 405, 501])
def test_one_that_cannot_be_asked_is_handed_it_again(adapter: Adapter, status: int) -> None:
    adapter.answer = (status, {}, {})
    assert notifier(adapter).find_sent(message(), adapter.now) == NotFound()
    adapter.answer = (502, {}, {})
    assert isinstance(notifier(adapter).find_sent(message(), adapter.now), Unavailable)


@pytest.mark.parametrize(
    ("status", "said", "headers", "verdict"),
    [
        (204, b"", {}, Accepted("", DeliveryState.ACCEPTED)),
        (200, {"id": "X7", "state": "delivered"}, {}, Accepted("X7", DeliveryState.DELIVERED)),
        (409, {}, {}, Accepted("", DeliveryState.ACCEPTED)),
        (200, b"<html>Welcome</html>", {}, Unavailable("a web page answered", maybe_accepted=True)),
        (
            422,
            {"cause": "permanent", "code": "landline", "reason": "+77010000001 is a landline"},
            {},
            Rejected(Cause.PERMANENT, "landline", "… is a landline"),
        ),
        (400, {"cause": "strange", "code": 7}, {}, Rejected(Cause.TEMPORARY, "7", "the adapter gave no reason")),
        (404, b"nginx", {}, Rejected(Cause.CONFIGURATION, "http_404", "the adapter gave no reason")),
        (429, {}, {"Retry-After": "7"}, waits(429, seconds=7)),
        (503, {}, {"Retry-After": "9" * 30}, waits(503, days=1)),
        (503, {}, {}, Unavailable("http_503", maybe_accepted=True)),
        (500, {"cause": "permanent"}, {}, Unavailable("http_500", maybe_accepted=True)),
    ],
)  # fmt: skip
def test_what_it_answers(adapter: Adapter, status: int, said: Any, headers: dict[str, str], verdict: Any) -> None:
    sent = message()
    if isinstance(verdict, Accepted) and not verdict.provider_id:
        verdict = Accepted(sent.outbox_id, verdict.state)
    adapter.answer = (status, said, headers)
    assert notifier(adapter).send(sent) == verdict


def test_its_clock_must_be_about_ours(adapter: Adapter) -> None:
    built = SPEC.build(
        SPEC.load({"AMANBA_HTTP_SMS_URL": adapter.url, "AMANBA_HTTP_SMS_SECRET": SECRET}),
        lambda: adapter.now + timedelta(minutes=6),
    )
    result = built.send(message())
    assert isinstance(result, Rejected)
    assert (result.cause, result.code) == (Cause.CONFIGURATION, "http_401")


def test_how_far_a_message_got(adapter: Adapter) -> None:
    one, sent = notifier(adapter), message()
    one.send(sent)
    adapter.taken[sent.outbox_id] |= {"state": "failed", "cause": "permanent", "code": "7", "reason": "no such number"}
    assert one.fetch_status(sent.outbox_id) == (DeliveryState.FAILED, Rejected(Cause.PERMANENT, "7", "no such number"))
    assert isinstance(one.fetch_status("../inbox"), Unavailable)
    assert one.find_sent(sent, adapter.now) == Found(sent.outbox_id, DeliveryState.FAILED)
    assert one.check_access() == Knows(one.check_access().at)  # type: ignore[union-attr]
    adapter.answer = (401, {}, {})
    assert isinstance(one.check_access(), Rejected)


def test_without_a_list_it_says_how_far_it_is(adapter: Adapter) -> None:
    numbers = {"AMANBA_HTTP_SMS_NUMBERS": "+77010000009"}
    assert isinstance(notifier(adapter, **numbers), TellsHowFar)
    assert not isinstance(notifier(adapter, **numbers), ListsInbound)
    assert not isinstance(notifier(adapter, AMANBA_HTTP_SMS_LIST_URL=adapter.list_url, **numbers), TellsHowFar)
    assert not isinstance(notifier(adapter), TellsHowFar), "no alarm waits for what nobody can write to"


def test_a_list_is_read_to_its_end(adapter: Adapter, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = notifier(adapter, AMANBA_HTTP_SMS_LIST_URL=adapter.list_url)
    assert isinstance(listed, ListsInbound)
    written = [adapter.receive("+77010000001", f"OK {number}") for number in range(5)]
    adapter.receive("Bank", "Your code is 1234")
    since, until = adapter.now - timedelta(hours=1), adapter.now + timedelta(hours=1)
    assert [one.provider_id for one in listed.list_inbound(since, until)] == written
    naive = {**adapter.inbox[0], "received_at": "2026-11-22T07:00:00"}
    monkeypatch.setattr(adapter, "show", lambda target: (200, {"messages": [naive]}))
    with pytest.raises(SourceUnreadable, match="zone"):
        list(listed.list_inbound(since, until))


def test_a_list_that_does_not_end_proves_nothing(adapter: Adapter, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = notifier(adapter, AMANBA_HTTP_SMS_LIST_URL=adapter.list_url)
    assert isinstance(listed, ListsInbound)
    monkeypatch.setattr("notifiers.http_sms.MOST_PAGES", 3)
    monkeypatch.setattr(adapter, "show", lambda target: (200, {"messages": [], "next": "again"}))
    with pytest.raises(SourceUnreadable, match="end"):
        list(listed.list_inbound(adapter.now, adapter.now))
    monkeypatch.setattr("notifiers.json_client.LONGEST_READING_SECONDS", -1.0)
    with pytest.raises(SourceUnreadable, match="too long"):
        list(listed.list_inbound(adapter.now, adapter.now))


@pytest.mark.parametrize("secret", [SECRET, "the-next-secret-0"])
def test_two_secrets_count_while_one_is_changed(adapter: Adapter, secret: str) -> None:
    one = notifier(adapter, AMANBA_HTTP_SMS_SECRET_NEXT="the-next-secret-0")
    headers = signed_headers(secret, b"{}", adapter.now)
    assert one.fault_of(b"{}", *headers.values()) is None
    assert one.fault_of(b"{ }", *headers.values()) is Fault.FORGED


@pytest.mark.parametrize(
    ("minutes", "fault"), [(0, None), (5, None), (-5, None), (5.1, Fault.STALE), (-5.1, Fault.STALE)]
)
def test_an_old_request_is_not_believed_again(adapter: Adapter, minutes: float, fault: Fault | None) -> None:
    headers = signed_headers(SECRET, b"{}", adapter.now + timedelta(minutes=minutes))
    assert notifier(adapter).fault_of(b"{}", *headers.values()) is fault


@pytest.mark.parametrize(
    ("timestamp", "signature"),
    [
        (None, None),
        ("", ""),
        ("1", "0" * 64),
        ("1", None),
        (None, "sha256=x"),
        ("9" * 20, "sha256=x"),
        ("²", "sha256=é"),
    ],
)
def test_whatever_a_stranger_sends_is_an_answer(adapter: Adapter, timestamp: str | None, signature: str | None) -> None:
    assert notifier(adapter).fault_of(b"{}", timestamp, signature) in (Fault.UNSIGNED, Fault.FORGED)


GOOD = {"id": "1", "from": "+77010000001", "text": "OK", "received_at": "2026-12-01T20:00:00+03:00"}


def test_a_text_is_taken_as_it_was_written() -> None:
    said = inbound_of({**GOOD, "text": " Жағдайым жақсы\n", "unknown": 1})
    assert (said.body, said.occurred_at) == (" Жағдайым жақсы\n", datetime(2026, 12, 1, 17, tzinfo=UTC))


@pytest.mark.parametrize(
    ("written", "kept"),
    [("half \ud83d", "half ?"), ("a\0b", "ab"), ("x" * 20_000, "x" * 10_000), ("", "")],
)
def test_whatever_a_person_writes_holds_up_nobody(written: str, kept: str) -> None:
    assert inbound_of({**GOOD, "text": written}).body == kept
    assert inbound_of({**GOOD, "from": " ", "text": written}).sender == "", "withheld"


def test_a_call_says_nothing_but_that_it_came() -> None:
    call = said_of({**GOOD, "kind": "call", "text": "OK"})
    assert getattr(call, "missed_call", False)
    assert getattr(call, "body", None) == ""


@pytest.mark.parametrize(
    "change",
    [
        {"id": ""}, {"id": 7}, {"id": "x" * 201}, {"id": "\0"}, {"from": None}, {"text": None},
        {"text": 5}, {"received_at": "2026-12-01T20:00:00"}, {"received_at": 5}, {"received_at": "soon"},
        {"received_at": "0001-01-01T00:00:00+14:00"}, {"kind": "letter"}, {"kind": "caught_up"}, {"to": 5},
    ],
)  # fmt: skip
def test_what_is_not_as_agreed_is_refused_by_name(change: dict[str, Any]) -> None:
    fields = {**GOOD, **change}
    with pytest.raises(MalformedCall):
        said_of(fields)


def test_a_report_of_a_state_that_we_do_not_know_is_refused() -> None:
    assert news_of({"state": "delivered"}).rejected is None
    with pytest.raises(MalformedCall, match="state"):
        news_of({"state": "somewhere"})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AMANBA_HTTP_SMS_URL", "http://sms.example.org/"),
        ("AMANBA_HTTP_SMS_URL", "https://u:p@sms.example.org/"),
        ("AMANBA_HTTP_SMS_URL", "https://sms.example.org/?a=b"),
        ("AMANBA_HTTP_SMS_SECRET", "short"),
        ("AMANBA_HTTP_SMS_NUMBERS", "8701"),
    ],
)
def test_a_wrong_setting_is_named(variable: str, value: str) -> None:
    env = {"AMANBA_HTTP_SMS_URL": "https://sms.example.org/messages", "AMANBA_HTTP_SMS_SECRET": SECRET}
    with pytest.raises(NotConfigured, match=variable):
        SPEC.load({**env, variable: value})
