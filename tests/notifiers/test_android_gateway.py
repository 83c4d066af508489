"""A phone's traps: ids that fail for good, names that are not numbers, hashes that are no ids, and limits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from notifiers.android_gateway import PER_HALF_HOUR, SPEC, AndroidGateway
from notifiers.android_wire import MalformedEvent, Report, SignOfLife, events_of, names_of, reason_of
from notifiers.base import (
    Accepted,
    Cause,
    DeliveryState,
    Found,
    InboundMessage,
    Knows,
    ListsInbound,
    Message,
    NotConfigured,
    Rejected,
    SourceUnreadable,
    TellsHowFar,
    Unavailable,
)
from notifiers.signing import Fault
from notifiers.telephone import as_e164
from tests.notifiers.android_phone import NUMBER, AndroidPhone, android_phone, signed

HER = "+77010000001"
INVALID = Rejected(Cause.PERMANENT, "http_400", "The number is not valid")


@pytest.fixture
def phone() -> Iterator[AndroidPhone]:
    with android_phone() as one:
        yield one


def gateway(phone: AndroidPhone, **more: str) -> AndroidGateway:
    built: AndroidGateway = SPEC.build(SPEC.load(phone.env(**more)), lambda: phone.now)  # type: ignore[assignment]
    return built


def message(kind: str = "alert", valid_for: timedelta | None = timedelta(hours=1)) -> Message:
    return Message(str(uuid4()), HER, "No sign since 20:31. #7F3K", kind, "#7F3K", None, valid_for)


def test_it_is_told_all_that_a_phone_needs(phone: AndroidPhone) -> None:
    sent = message()
    name = UUID(sent.outbox_id).hex
    assert gateway(phone, SIM="2", DEVICE="yVUL").send(sent) == Accepted(name, DeliveryState.QUEUED)
    assert phone.sent[name] == {
        "id": name,
        "textMessage": {"text": "No sign since 20:31. #7F3K"},
        "phoneNumbers": [HER],
        "withDeliveryReport": True,
        "priority": 100,
        "ttl": 3600,
        "simNumber": 2,
        "deviceId": "yVUL",
        "state": "Pending",
        "error": None,
    }


def test_an_invitation_waits_for_what_is_urgent(phone: AndroidPhone) -> None:
    gateway(phone).send(message("invitation", None))
    (one,) = phone.sent.values()
    assert one["priority"] == 0
    assert "ttl" not in one


def test_handed_over_twice_it_is_sent_once(phone: AndroidPhone) -> None:
    one, sent = gateway(phone), message()
    one.send(sent)
    assert one.send(sent) == Accepted(UUID(sent.outbox_id).hex, DeliveryState.QUEUED)
    phone.loses_answers = 1
    assert isinstance(one.send(message()), Accepted)
    assert len(phone.sent) == 2


def test_what_has_failed_there_goes_again_under_another_id(phone: AndroidPhone) -> None:
    one, sent = gateway(phone), message()
    names = list(names_of(sent.outbox_id))
    assert max(map(len, names)) <= 36, "more the app does not take"
    for name in names[:3]:
        assert one.send(sent) == Accepted(name, DeliveryState.QUEUED)
        assert one.find_sent(sent, phone.now) == Found(name, DeliveryState.QUEUED)
        phone.fail(name, "Send result: RESULT_ERROR_GENERIC_FAILURE")
    assert one.find_sent(sent, phone.now) == Found(names[2], DeliveryState.FAILED)
    state = one.fetch_status(names[2])
    assert isinstance(state, tuple)
    assert state[0] is DeliveryState.FAILED
    assert state[1] is not None
    assert state[1].cause is Cause.TEMPORARY


@pytest.mark.parametrize(
    ("status", "said", "verdict"),
    [
        (400, {"message": "invalid phone number: +77010000001"}, INVALID),
        (400, {"message": "the phone is off"}, Rejected(Cause.CONFIGURATION, "http_400", "the phone is off")),
        (400, {"message": "no device"}, Rejected(Cause.CONFIGURATION, "http_400", "no device")),
        (403, b"", Rejected(Cause.CONFIGURATION, "http_403", "The server did not accept us")),
        (429, {"message": "too many"}, Unavailable("http_429: too many", maybe_accepted=False)),
        (503, {"message": "queue limits"}, Unavailable("http_503: queue limits", maybe_accepted=False)),
        (503, b"", Unavailable("http_503", maybe_accepted=True)),
        (200, {}, Unavailable("the server did not say that it has the message", maybe_accepted=True)),
    ],
)  # fmt: skip
def test_what_the_server_answers(phone: AndroidPhone, status: int, said: Any, verdict: Any) -> None:
    phone.answer = (status, said)
    assert gateway(phone).send(message()) == verdict


def test_a_wrong_password_is_ours_to_mend(phone: AndroidPhone) -> None:
    result = gateway(phone, PASSWORD="another").send(message())
    assert isinstance(result, Rejected)
    assert result.cause is Cause.CONFIGURATION
    assert isinstance(gateway(phone, PASSWORD="another").check_access(), Rejected)
    assert isinstance(gateway(phone).check_access(), Knows)


def test_it_takes_what_android_lets_an_app_send(phone: AndroidPhone) -> None:
    for most in (1, 10, PER_HALF_HOUR, 90, 500):
        pace = gateway(phone, PER_HALF_HOUR=str(most)).per_second
        saved = max(1.0, min(15.0, pace * 900))
        assert saved + pace * 1800 <= max(most, 2) + 1e-9, "what was saved up and what comes meanwhile"
        assert saved + pace * 1800 > most * 0.95


def test_by_its_own_server_it_lists_and_by_another_it_pings(phone: AndroidPhone) -> None:
    local, remote = gateway(phone, LOCAL="true"), gateway(phone, PING="60")
    assert isinstance(local, ListsInbound)
    assert not isinstance(local, TellsHowFar)
    assert not isinstance(remote, ListsInbound)
    assert isinstance(remote, TellsHowFar)
    assert remote.tells_every == timedelta(minutes=1)


def test_the_list_and_the_webhook_call_a_text_the_same(phone: AndroidPhone) -> None:
    local = gateway(phone, LOCAL="true")
    assert isinstance(local, ListsInbound)
    phone.now += timedelta(microseconds=456_000)
    (told,) = events_of(phone.receive("8 701 000 00 01", "OK"), NUMBER)
    phone.receive("Kaspi", "Your code is 1234")
    phone.sms.append({**phone.sms[0], "type": "DATA_SMS"})
    (listed,) = list(local.list_inbound(phone.now - timedelta(hours=1), phone.now))
    assert isinstance(told, InboundMessage)
    assert (listed.provider_id, listed.sender, listed.body) == (told.provider_id, told.sender, told.body)
    assert told.sender == HER
    assert told.occurred_at.utcoffset() == timedelta(0)


def test_a_long_inbox_is_read_to_its_end(phone: AndroidPhone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifiers.android_gateway.PAGE", 2)
    local = gateway(phone, LOCAL="true")
    assert isinstance(local, ListsInbound)
    phone.receive("", "of nobody")
    for number in range(5):
        phone.receive(HER, f"OK {number}")
    span = phone.now - timedelta(hours=1), phone.now
    assert [one.body for one in local.list_inbound(*span)] == [f"OK {number}" for number in range(5)]
    monkeypatch.setattr("notifiers.android_gateway.MOST_PAGES", 2)
    with pytest.raises(SourceUnreadable, match="end"):
        list(local.list_inbound(*span))
    phone.answer = (500, {"message": "Failed to refresh inbox"})
    with pytest.raises(SourceUnreadable, match="did not read its inbox"):
        list(local.list_inbound(*span))
    monkeypatch.setattr("notifiers.json_client.LONGEST_READING_SECONDS", -1.0)
    with pytest.raises(SourceUnreadable, match="too long"):
        list(local.list_inbound(*span))


@pytest.mark.parametrize(
    ("written", "number"),
    [
        (HER, HER), ("77010000001", HER), ("87010000001", HER), ("8 (701) 000-00-01", HER), ("7010000001", HER),
        ("+905321112233", "+905321112233"), ("905321112233", "+905321112233"), ("00905321112233", "00905321112233"),
        ("Kaspi", "Kaspi"), ("1414", "1414"), ("", ""), ("+", "+"), ("8701ABC4567", "8701ABC4567"),
        (f"tel:{HER}", f"tel:{HER}"), (f"{HER};ext=5", f"{HER};ext=5"),
    ],
)  # fmt: skip
def test_a_sender_is_who_she_is_however_the_phone_writes_her(written: str, number: str) -> None:
    assert as_e164(written, NUMBER) == number


def test_events() -> None:
    name = UUID(int=7).hex
    told = {"messageId": f"{name}-2", "phoneNumber": HER}
    assert events_of({"event": "system:ping", "payload": {"health": {}}}, NUMBER) == [SignOfLife()]
    assert events_of({"event": "sms:delivered", "payload": told}, NUMBER) == [
        Report(UUID(int=7), f"{name}-2", DeliveryState.DELIVERED, None)
    ]
    (failed,) = events_of({"event": "sms:failed", "payload": {**told, "reason": "RESULT_ERROR_NO_SERVICE"}}, NUMBER)
    assert isinstance(failed, Report)
    assert failed.rejected == Rejected(Cause.TEMPORARY, "RESULT_ERROR_NO_SERVICE", "The phone has no network")
    (another,) = events_of({"event": "sms:sent", "payload": {"messageId": "zXDYfTmTVf3iMd16zzdBj"}}, NUMBER)
    assert isinstance(another, Report)
    assert another.outbox_id is None, "another program's"
    assert events_of({"event": "sms:data-received", "payload": {}}, NUMBER) == []


def test_a_picture_is_a_message_without_words() -> None:
    fields = {"sender": HER, "receivedAt": "2026-11-22T12:00:00+05:00", "body": None, "subject": None}
    payload = {**fields, "attachments": [{"partId": 1, "contentType": "image/jpeg"}]}
    (picture,) = events_of({"event": "mms:downloaded", "payload": payload}, NUMBER)
    assert isinstance(picture, InboundMessage)
    assert (picture.body, picture.media, picture.occurred_at) == ("", 1, datetime(2026, 11, 22, 7, tzinfo=UTC))
    texts = [{**fields, "message": text} for text in ("1", "OK")]
    batch = events_of({"event": "sms:batch:received", "payload": {"messages": texts}}, NUMBER)
    assert [getattr(one, "body", None) for one in batch] == ["1", "OK"]


@pytest.mark.parametrize(
    "body",
    [
        None, [], {}, {"event": 5}, {"event": "sms:received"}, {"event": "sms:received", "payload": {"message": "OK"}},
        {"event": "sms:received", "payload": {"phoneNumber": HER, "message": "OK", "receivedAt": "2026-11-22T12:00"}},
        {"event": "sms:received", "payload": {"phoneNumber": HER, "message": "OK", "receivedAt": 5}},
        {"event": "sms:sent", "payload": {}}, {"event": "sms:batch:received", "payload": {}},
    ],
)  # fmt: skip
def test_what_lacks_something_is_refused(body: Any) -> None:
    with pytest.raises(MalformedEvent):
        events_of(body, NUMBER)


def test_why_a_phone_could_not_send_is_told_by_what_is_to_be_done() -> None:
    assert reason_of("Can't send message: No SIMs found").cause is Cause.CONFIGURATION
    assert reason_of("Invalid phone number").cause is Cause.PERMANENT
    assert reason_of("something new about +77010000001") == Rejected(Cause.TEMPORARY, "failed", "something new about …")
    assert reason_of(None).cause is Cause.TEMPORARY


def test_the_app_signs_the_body_and_the_time(phone: AndroidPhone) -> None:
    one = gateway(phone, SIGNING_KEY_NEXT="the-next")
    for key, fault in (("a-signing-key", None), ("the-next", None), ("another", Fault.FORGED)):
        body, headers = signed({"event": "system:ping"}, phone.now, key)
        assert one.fault_of(body, *headers.values()) is fault
    body, headers = signed({"event": "system:ping"}, phone.now - timedelta(minutes=6))
    assert one.fault_of(body, *headers.values()) is Fault.STALE
    assert one.fault_of(body, None, None) is Fault.UNSIGNED


@pytest.mark.parametrize(
    ("field", "value"),
    [("API_URL", "192.168.1.10:8080"), ("API_URL", "http://u:p@192.168.1.10"), ("NUMBER", "8701"), ("SIM", "4")],
)
def test_a_wrong_setting_is_named(phone: AndroidPhone, field: str, value: str) -> None:
    with pytest.raises(NotConfigured, match=f"AMANBA_ANDROID_{field}"):
        SPEC.load(phone.env(**{field: value}))
