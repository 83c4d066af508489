"""Who a text comes from: a number, a name or a Messaging Service, and another one where a country asks for it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from notifiers.base import Accepted, DeliveryState, Message, NotConfigured, SendsAs
from notifiers.registry import configured
from notifiers.twilio_sms import TwilioSms
from tests.mock_twilio import MockTwilio

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
POOL = "MG" + "a" * 32
KZ, RU, US, CA = "+77010000001", "+79161234567", "+12025550123", "+14165550123"


@pytest.fixture
def twilio() -> Iterator[MockTwilio]:
    with MockTwilio(numbers=("+48732000000", "+12025550199", "Amanba", "22522")) as mock:
        mock.use_clock(lambda: NOW)
        mock.services[POOL] = ("+48732000007",)
        yield mock


def sms(twilio: MockTwilio, **settings: str) -> TwilioSms:
    changed = {f"AMANBA_TWILIO_{name}": value for name, value in settings.items()}
    notifier = configured({**twilio.env(), **changed}, lambda: NOW)["sms"]
    assert isinstance(notifier, TwilioSms)
    return notifier


def senders(notifier: TwilioSms, twilio: MockTwilio, *to: str) -> list[str]:
    for number in to:
        sent = notifier.send(Message(str(uuid4()), number, "ok? #7F3K", "alert", "7F3K", None, None))
        assert isinstance(sent, Accepted)
    return [text.from_ for text in twilio.sent[-len(to) :]]


def test_a_name_goes_where_a_name_is_asked_for_and_a_number_elsewhere(twilio: MockTwilio) -> None:
    """Russia and Kazakhstan share +7, and America and Canada +1."""
    notifier = sms(twilio, FROM_BY_COUNTRY=" KZ=Amanba, US=+12025550199 ")
    assert senders(notifier, twilio, KZ, RU, US, CA) == ["Amanba", "+48732000000", "+12025550199", "+48732000000"]
    assert isinstance(notifier, SendsAs)
    assert [notifier.sender_for(to) for to in (KZ, RU, "nobody")] == ["Amanba", "+48732000000", "+48732000000"]


def test_a_service_chooses_among_its_numbers(twilio: MockTwilio) -> None:
    notifier = sms(twilio, FROM=POOL)
    assert senders(notifier, twilio, KZ) == ["+48732000007"]
    assert "From" not in twilio.requests[-1][2]
    assert twilio.sent[0].status == DeliveryState.ACCEPTED
    assert notifier.sender_for(KZ) == ""


def test_every_number_that_can_be_replied_to_is_read(twilio: MockTwilio) -> None:
    """A reply goes to whatever number her text came from, be it not the one that we print."""
    notifier = sms(twilio, FROM="22522", FROM_BY_COUNTRY="US=+12025550199,KZ=Amanba", INBOUND="+48732000000")
    assert notifier.inbound_numbers == ("+48732000000",)
    written = {twilio.text_unheard(KZ, "OK", to=to) for to in ("22522", "+12025550199", "+48732000000")}
    assert {one.provider_id for one in notifier.list_inbound(NOW - HOUR, NOW)} == written


def test_without_a_number_of_its_own_the_senders_are_the_ones_to_text(twilio: MockTwilio) -> None:
    assert sms(twilio, FROM="22522", FROM_BY_COUNTRY="US=+12025550199").inbound_numbers == ("+12025550199",)
    assert sms(twilio, FROM="Amanba").inbound_numbers == ()


def test_no_reply_to_a_service_is_missed_though_nobody_named_its_numbers(twilio: MockTwilio) -> None:
    notifier = sms(twilio, FROM=POOL)
    written = twilio.text_unheard(KZ, "OK", to="+48732000007")
    senders(notifier, twilio, KZ)
    (heard,) = notifier.list_inbound(NOW - HOUR, NOW)
    assert (heard.provider_id, heard.to) == (written, "+48732000007")
    assert notifier.inbound_numbers == ()


@pytest.mark.parametrize(
    ("setting", "wrong"),
    [
        ("FROM", "12345678901"),
        ("FROM", "Amanba Family"),
        ("FROM", "MG" + "g" * 32),
        ("FROM_BY_COUNTRY", "KZ"),
        ("FROM_BY_COUNTRY", "Kazakhstan=Amanba"),
        ("FROM_BY_COUNTRY", "KZ=+0"),
        ("FROM_BY_COUNTRY", "KZ=Amanba,KZ=+48732000000"),
        ("INBOUND", "Amanba"),
    ],
)
def test_what_nobody_can_send_as_is_named_at_the_start(twilio: MockTwilio, setting: str, wrong: str) -> None:
    with pytest.raises(NotConfigured, match=f"AMANBA_TWILIO_{setting}"):
        sms(twilio, **{setting: wrong})
