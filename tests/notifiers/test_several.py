"""Several providers of one channel: who is asked next, and who never is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from notifiers.base import (
    Accepted,
    Cause,
    DeliveryState,
    FindResult,
    Found,
    Message,
    NotFound,
    Rejected,
    SendResult,
    StatusResult,
    Unavailable,
)
from notifiers.several import AWAY, Several

MESSAGE = Message("1", "+77010000001", "hello", "alert", None, None, None)
TOOK = Accepted("X1", DeliveryState.SENT)
OURS = Rejected(Cause.CONFIGURATION, "20003", "the token is wrong")
ABSENT = Unavailable("ConnectionRefusedError", maybe_accepted=False)
BUSY = Rejected(Cause.TEMPORARY, "http_429", "come back later", timedelta(hours=1))
OPEN = Unavailable("TimeoutError", maybe_accepted=True)


class Provider:
    """Says what it is told to say, and counts how often it was asked."""

    channel = "sms"

    def __init__(self, name: str, says: SendResult = TOOK, has: FindResult | None = None) -> None:
        self.name, self.says, self.has = name, says, has or NotFound()
        self.asked = 0
        self.inbound_numbers: tuple[str, ...] = ()

    def send(self, message: Message) -> SendResult:
        self.asked += 1
        return self.says

    def find_sent(self, message: Message, since: datetime) -> FindResult:
        return self.has

    def fetch_status(self, provider_id: str) -> StatusResult:
        if isinstance(self.has, Found) and self.has.provider_id == provider_id:
            return self.has.state, None
        return Unavailable("not ours", maybe_accepted=True)


class Slow(Provider):
    per_second = 0.02


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.mark.parametrize("trouble", [OURS, ABSENT, BUSY])
def test_what_one_surely_does_not_have_the_next_takes_at_once(clock: Clock, trouble: SendResult) -> None:
    result = Several([Provider("sim", trouble), Provider("twilio")], clock).send(MESSAGE)
    assert isinstance(result, Accepted)
    assert (result.provider_id, result.provider) == ("X1", "twilio")


def test_whoever_runs_this_hears_of_the_refusal_all_the_same(clock: Clock) -> None:
    result = Several([Provider("sim", OURS), Provider("twilio")], clock).send(MESSAGE)
    assert isinstance(result, Accepted)
    assert result.refused == Rejected(Cause.CONFIGURATION, "20003", "sim: the token is wrong")
    assert result.refused.cause is Cause.CONFIGURATION


@pytest.mark.parametrize(
    "verdict",
    [OPEN, Rejected(Cause.PERMANENT, "21614", "a landline"), Rejected(Cause.TEMPORARY, "30003", "switched off")],
)
def test_nobody_else_is_asked_where_it_may_have_gone_or_the_address_is_at_fault(
    clock: Clock, verdict: Rejected | Unavailable
) -> None:
    first, second = Provider("sim", verdict), Provider("twilio")
    result = Several([first, second], clock).send(MESSAGE)
    assert not isinstance(result, Accepted)
    assert result == replace(verdict, reason=f"sim: {verdict.reason}"), "and who said it"
    assert second.asked == 0


def test_when_nobody_takes_it_a_refusal_is_said_before_silence(clock: Clock) -> None:
    refused = Rejected(Cause.CONFIGURATION, "20003", "twilio: the token is wrong")
    assert Several([Provider("sim", ABSENT), Provider("twilio", OURS)], clock).send(MESSAGE) == refused
    silent = Unavailable("sim: ConnectionRefusedError", maybe_accepted=False)
    assert Several([Provider("sim", ABSENT), Provider("twilio", ABSENT)], clock).send(MESSAGE) == silent


def test_one_that_was_away_is_not_waited_for_by_each_message(clock: Clock) -> None:
    dead, other = Provider("sim", ABSENT), Provider("twilio")
    several = Several([dead, other], clock)
    for _ in range(5):
        several.send(MESSAGE)
    assert (dead.asked, other.asked) == (1, 5)
    other.says = ABSENT
    several.send(MESSAGE)
    assert dead.asked == 2, "with nobody else it is asked all the same"
    clock.now += AWAY
    other.says = dead.says = TOOK
    several.send(MESSAGE)
    assert dead.asked == 3


def test_who_has_had_its_share_is_asked_after_the_others(clock: Clock) -> None:
    slow, fast = Slow("sim"), Provider("twilio")
    several = Several([slow, fast], clock)
    over = replace(MESSAGE, asked_last=frozenset({"sim"}))
    several.send(MESSAGE)
    several.send(over)
    assert (slow.asked, fast.asked) == (1, 1)
    fast.says = ABSENT
    several.send(over)
    assert slow.asked == 2, "late is better than never"
    assert several.per_second is None, "the other takes whatever comes"
    assert Several([slow, Slow("sim2")], clock).per_second == 0.04


def test_a_message_is_found_by_whoever_has_it(clock: Clock) -> None:
    has = Provider("twilio", has=Found("SM1", DeliveryState.SENT))
    several = Several([Provider("sim"), has], clock)
    assert several.find_sent(MESSAGE, clock()) == Found("SM1", DeliveryState.SENT, "twilio")
    assert several.fetch_status("SM1") == (DeliveryState.SENT, None)
    assert Several([Provider("sim"), Provider("twilio")], clock).find_sent(MESSAGE, clock()) == NotFound()


def test_while_one_list_cannot_be_read_nobody_says_that_it_was_not_sent(clock: Clock) -> None:
    unread = Provider("sim", has=OPEN)
    assert Several([unread, Provider("twilio")], clock).find_sent(MESSAGE, clock()) == OPEN
    has = Provider("twilio", has=Found("SM1", DeliveryState.SENT))
    assert isinstance(Several([unread, has], clock).find_sent(MESSAGE, clock()), Found)


def test_what_one_may_have_goes_to_no_other_while_it_is_away_though_it_knows_a_repeat(clock: Clock) -> None:
    class Adapter(Provider):
        repeats_are_known = True

    first, second = Adapter("http_sms", OPEN, has=OPEN), Provider("twilio")
    several = Several([first, second], clock)
    assert several.send(MESSAGE) == replace(OPEN, reason="http_sms: TimeoutError")
    first.says = ABSENT
    assert several.find_sent(MESSAGE, clock()) == OPEN
    several.send(MESSAGE)
    first.says, first.has, second.asked = TOOK, NotFound(), 0
    assert several.find_sent(MESSAGE, clock()) == NotFound()
    several.send(MESSAGE)
    assert second.asked == 0, "it has answered: it is no longer away"


def test_people_can_write_to_the_numbers_of_all(clock: Clock) -> None:
    one, two = Provider("sim"), Provider("twilio")
    one.inbound_numbers, two.inbound_numbers = ("+77010000009",), ("+48732000000", "+77010000009")
    assert Several([one, two], clock).inbound_numbers == ("+77010000009", "+48732000000")


def test_the_clock_may_be_set_back(clock: Clock) -> None:
    slow, other = Slow("sim", ABSENT), Provider("twilio")
    several = Several([slow, other], clock)
    several.send(MESSAGE)
    clock.now -= timedelta(days=1)
    slow.says = TOOK
    several.send(MESSAGE)
    assert slow.asked == 2
