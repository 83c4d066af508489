"""The page of whoever runs this: how one comes in, what it says of each channel, and a test by each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from httpx2 import Response

from notifiers.base import Accepted, Cause, DeliveryState, Message, Rejected, SendResult
from notifiers.twilio_errors import REASONS
from service.core.wording_channels import TEST
from service.usecases.delivery import Report, report_delivery
from service.usecases.operator_access import make_operator_link
from service.usecases.operator_test import TESTS_TO_ONE
from service.usecases.spending import note_sends
from service.usecases.stop import stop_number
from service.usecases.work import Work
from tests.web.api_world import AIZHAN, GULNAR
from tests.web.form_world import FormWorld, errors_of, forms_once, shown
from tests.web.matrix_world import LETTERS

__all__ = ["forms_once"]

OPERATOR = "+77000000099"


@dataclass
class Provider:
    """Answers as it is told; keeps what it was given."""

    name: str
    channel: str
    inbound_numbers: tuple[str, ...] = ()
    answer: SendResult | None = None
    sent: list[Message] = field(default_factory=list)

    def explain(self, code: str) -> str:
        return REASONS.get(code, "")

    def send(self, message: Message) -> SendResult:
        self.sent.append(message)
        return self.answer or Accepted(message.outbox_id, DeliveryState.SENT)


@pytest.fixture
def world(forms_once: FormWorld) -> FormWorld:
    serve(forms_once, Provider("twilio_sms", "sms", ("+48732000000",)))
    return forms_once


def serve(world: FormWorld, provider: Provider) -> Provider:
    served: Any = world.service.notifiers
    served[provider.channel] = provider
    return provider


def come_in(world: FormWorld) -> Response:
    """By a link, as the command line prints it."""
    path = make_operator_link(world.service).removeprefix(world.service.public_url)
    world.client.cookies.clear()
    opened = world.client.post(path, follow_redirects=False)
    assert (opened.status_code, opened.headers["location"]) == (303, "/operator")
    world.client.cookies.set("o", opened.cookies["o"])
    return opened


def send(world: FormWorld, to: str = "", channel: str = "sms", **more: str) -> Response:
    """Fill in the form of a channel: an address, or the first of one's own."""
    form = re.search(r'name="form" value="(\w+)"', world.client.get("/operator").text)
    assert form is not None
    fields = {"form": form[1], "channel": channel, f"own.{channel}": "0", f"to.{channel}": to, **more}
    return world.client.post("/operator/test", data=fields, follow_redirects=False)


def seen(world: FormWorld, section: str = "") -> str:
    page = world.client.get("/operator")
    assert page.status_code == 200, page.text
    if not section:
        return shown(page)
    found = re.search(rf'<section [^>]*id="{section}".*?</section>', page.text, re.S)
    assert found is not None
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


class TestDoor:
    def test_a_link_opens_one_session_for_hours(self, world: FormWorld) -> None:
        path = make_operator_link(world.service).removeprefix(world.service.public_url)
        for _ in range(2):
            assert world.client.get(path).status_code == 200, "to look at it uses nothing up"
        opened = world.client.post(path, follow_redirects=False)
        cookie = opened.headers["set-cookie"]
        assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Path=/operator"))
        assert world.client.post(path).status_code == 404, "it works once"
        world.client.cookies.set("o", opened.cookies["o"])
        world.wait(hours=7, minutes=59)
        assert world.client.get("/operator").status_code == 200
        world.wait(minutes=2)
        assert world.client.get("/operator").status_code == 403

    def test_a_link_lives_for_15_minutes(self, world: FormWorld) -> None:
        path = make_operator_link(world.service).removeprefix(world.service.public_url)
        world.wait(minutes=15)
        assert [world.client.get(path).status_code, world.client.post(path).status_code] == [404, 404]

    def test_nobody_elses_session_opens_it_and_it_opens_nobody_elses(self, world: FormWorld) -> None:
        world.sign_in()
        world.enter_later()
        hers = world.client.cookies["s"]
        world.client.cookies.set("o", hers)
        assert world.client.get("/operator").status_code == 403
        ours = come_in(world).cookies["o"]
        world.client.cookies.clear()
        world.client.cookies.set("s", ours)
        assert world.client.get("/home", follow_redirects=False).headers["location"] == "/in"

    def test_signing_out_ends_it(self, world: FormWorld) -> None:
        session = come_in(world).cookies["o"]
        form = re.search(r'name="form" value="(\w+)"', world.client.get("/operator").text)
        assert form is not None
        world.client.post("/operator/out", data={"form": form[1]})
        world.client.cookies.set("o", session)
        assert world.client.get("/operator").status_code == 403

    def test_a_form_that_is_not_ours_sends_nothing(self, world: FormWorld) -> None:
        come_in(world)
        assert send(world, form="0" * 32).status_code == 403
        assert world.texts(OPERATOR, "test") == []


class TestTests:
    def test_one_to_oneself_and_what_became_of_it(self, world: FormWorld) -> None:
        provider = serve(world, Provider("twilio_sms", "sms"))
        come_in(world)
        assert send(world).headers["location"] == "/operator#tests"
        assert "SMS 1 second ago waits to be sent" in seen(world, "tests")
        world.work()
        assert [(one.to, one.body) for one in provider.sent] == [(OPERATOR, TEST)]
        assert "the provider has it (twilio_sms)" in seen(world, "tests")
        told = Report(row_of(provider), provider.sent[0].outbox_id, DeliveryState.DELIVERED, None, "twilio_sms")
        assert report_delivery(world.service, told)
        assert "has arrived (twilio_sms)" in seen(world, "tests")
        assert OPERATOR[-4:] not in seen(world), "nor is whoever runs this named"

    def test_one_that_did_not_arrive_is_not_tried_again(self, world: FormWorld) -> None:
        provider = serve(world, Provider("twilio_sms", "sms"))
        come_in(world)
        send(world, "+77010000001")
        world.work()
        why = Rejected(Cause.TEMPORARY, "30003", "The phone cannot be reached (off, or roaming)")
        report_delivery(
            world.service,
            Report(row_of(provider), provider.sent[0].outbox_id, DeliveryState.UNDELIVERED, why, "twilio_sms"),
        )
        assert "did not arrive: 30003" in seen(world, "tests")
        world.wait(hours=1)
        world.work()
        assert len(provider.sent) == 1

    def test_a_call_says_what_is_recorded(self, world: FormWorld) -> None:
        calls = serve(world, Provider("twilio_voice", "voice"))
        come_in(world)
        send(world, channel="voice")
        world.work()
        assert calls.sent[0].body == "This is Amanba. It is about a test. Thank you. This was only a rehearsal."
        world.client.cookies.set("lang", "kk")
        send(world, channel="voice")
        world.work()
        assert any(one.audio for way in calls.sent[1].voiced for one in way), "in Kazakh by recordings"
        assert calls.sent[1].answers == ()

    @pytest.mark.parametrize(
        ("channel", "to", "said"),
        [
            ("sms", "8 701", "Write the number with +"),
            ("email", "post", "This is not an e-mail address."),
            ("telegram", "@aman", "Write the number of the chat"),
            ("telegram", "", "This is needed."),
        ],
    )
    def test_an_address_that_cannot_be(self, world: FormWorld, channel: str, to: str, said: str) -> None:
        serve(world, Provider(f"a_{channel}", channel))
        come_in(world)
        assert said in errors_of(send(world, to, channel))[f"to-{channel}"]

    def test_nobody_who_said_stop_gets_one(self, world: FormWorld) -> None:
        def stop(conn: Any) -> None:
            stop_number(
                Work(world.service, conn, world.now), world.service.keys.phone_hash(GULNAR), "twilio_sms", at=world.now
            )

        world.service.run(stop)
        come_in(world)
        assert "STOP" in errors_of(send(world, GULNAR))["to-sms"]

    def test_many_to_one_address_are_too_many(self, world: FormWorld) -> None:
        come_in(world)
        statuses = [send(world, AIZHAN).status_code for _ in range(TESTS_TO_ONE.most + 1)]
        assert statuses == [303] * TESTS_TO_ONE.most + [429]
        assert send(world, GULNAR).status_code == 303

    def test_a_channel_that_is_not_there(self, world: FormWorld) -> None:
        come_in(world)
        assert send(world, AIZHAN, "whatsapp").headers["location"] == "/operator"


class TestChannels:
    def test_a_refusal_that_is_ours_says_what_to_do_until_it_is_over(self, world: FormWorld) -> None:
        why = Rejected(Cause.CONFIGURATION, "21408", "Our account may not send to this country (geo permissions)")
        provider = serve(world, Provider("twilio_sms", "sms", answer=why))
        come_in(world)
        send(world)
        world.work()
        note_sends(world.service)
        said = seen(world, "sms")
        assert "refuses us" in said
        assert "21408" in said
        assert "under Geo permissions" in said
        assert "Waiting to be sent: " in said
        provider.answer = None
        world.wait(minutes=5)
        world.work()
        note_sends(world.service)
        said = seen(world, "sms")
        assert ("works" in said, "(over)" in said, "The last one taken: 1 second ago" in said) == (True, True, True)

    def test_it_names_nobody(self, world: FormWorld) -> None:
        """Who runs this is not to read cases: also while an alarm is open, and whatever a provider said."""
        world.sign_in()
        trip = world.armed()
        why = Rejected(Cause.PERMANENT, "550", f"no such mailbox {GULNAR} gulnar@example.org")
        serve(world, Provider("twilio_sms", "sms", ("+48732000000",), answer=why))
        world.post(f"{trip}/sos")
        world.work()
        note_sends(world.service)
        come_in(world)
        said = seen(world)
        assert "550" in said
        digits = re.sub(r"(?<=\d)[ ()-]+(?=\d)", "", said)
        assert [mark for marks in LETTERS.values() for mark in marks if mark in said or mark in digits] == []
        assert "gulnar" not in said.casefold()


def row_of(provider: Provider) -> UUID:
    return UUID(provider.sent[0].outbox_id)
