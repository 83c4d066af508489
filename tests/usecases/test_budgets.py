"""A slow provider is handed what it carries and no more, the most urgent first; a dead one delays nobody else's.

`make soak` does it in real time: `TEST_SLOW=10000` rows for a provider that takes 200 ms for each.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from notifiers.base import SEND_TIMEOUT_SECONDS, Accepted, DeliveryState, Message, SendResult, Unavailable
from notifiers.several import Several
from service.clock import monotonic, utc_now
from service.db.engine import make_engine
from service.db.sealed import open_keyring
from service.usecases.budgets import AT_ONCE, Budget, most_at_once
from service.usecases.context import Limits, Service
from service.usecases.dispatch import BATCH, Dispatcher, claim
from service.usecases.observe import observe
from service.usecases.work import Priority
from tests.usecases.test_dispatch import Line, states, until, write

SLOW = int(os.environ.get("TEST_SLOW", "0"))
A_SECOND = timedelta(seconds=1)


class Slow(Line):
    """It carries so many a second."""

    def __init__(self, channel: str, per_second: float) -> None:
        super().__init__(channel)
        self.per_second = per_second


class Late(Slow):
    """It takes 200 ms for each."""

    def send(self, message: Message) -> SendResult:
        threading.Event().wait(0.2)
        self.sent.append(message.body)
        return Accepted(message.outbox_id, DeliveryState.SENT)


class Dead(Line):
    """It lets each wait for the whole time-out."""

    def send(self, message: Message) -> SendResult:
        self.begun.append(message.body)
        self.go_on.wait(SEND_TIMEOUT_SECONDS)
        return Unavailable("no answer", maybe_accepted=True)


@contextmanager
def installation(url: str, *lines: Line | Several, limits: Limits | None = None) -> Iterator[Service]:
    db = make_engine(url)
    try:
        yield Service(
            db=db,
            keys=open_keyring(db, [bytes(range(32))], utc_now()),
            notifiers={line.channel: line for line in lines},
            segments=lambda _: 1,
            fold=lambda text: text,
            limits=limits or Limits(sends_at_once=4),
        )
    finally:
        db.close()


def are_sent(service: Service, count: int) -> bool:
    return states(service).count("sent") == count


def test_the_slow_ones_go_as_fast_as_their_budget_and_the_dead_ones_delay_nobody(sqlite_url: str) -> None:
    slow, dead, well = Slow("sms", per_second=20), Dead("voice"), Line("email")
    now = utc_now() + A_SECOND
    with installation(sqlite_url, slow, dead, well) as opened, ExitStack() as stack:
        service = replace(opened, clock=lambda: now)
        write(service, [str(n) for n in range(3 * BATCH)], "voice", priority=1)
        write(service, [str(n) for n in range(200)], priority=4)
        write(service, [str(n) for n in range(BATCH + 1)], "email", priority=6)
        dispatcher = Dispatcher(service)
        stack.callback(dispatcher.close)
        stack.callback(dead.go_on.set)
        stack.callback(service.wake.stopping.set)
        dispatcher.start()
        dispatcher.run()
        until(lambda: len(well.sent) == BATCH + 1)
        until(lambda: len(dead.begun) == service.limits.sends_at_once)

        at_once = int(most_at_once(20))
        for second, budget in enumerate((at_once, at_once + 20, at_once + 40)):
            until(partial(are_sent, service, budget))
            if second == 1:
                write(service, ["sos"], priority=1)
            now += A_SECOND
            dispatcher.run()
        until(partial(are_sent, service, at_once + 60))
        assert slow.sent.index("sos") in range(at_once + 20, at_once + 40), "before a hundred that had waited longer"
        waiting = dict(observe(service).labelled[-1][-1])
        assert waiting == {"sms": 201 - at_once - 60, "voice": 3 * BATCH - BATCH - 4, "email": 0}, "counted and shown"


def test_all_processes_together_share_one_budget(database_url: str) -> None:
    with installation(database_url, Slow("sms", 2)) as one, installation(database_url, Slow("sms", 2)) as other:
        now = utc_now() + 5 * A_SECOND
        here, there = replace(one, clock=lambda: now), replace(other, clock=lambda: now - 2 * A_SECOND)

        def taken(service: Service) -> int:
            return len(service.run(lambda conn: claim(service, ["sms"], 10, conn)))

        assert taken(here) == 0, "nothing waits, so nothing is written"
        write(here, [str(n) for n in range(40)])
        assert [taken(here), taken(there), taken(here)] == [10, 5, 0]
        now += A_SECOND
        assert [taken(there), taken(here), taken(there)] == [0, 2, 0], "a clock that is behind earns nothing"
        now += timedelta(hours=1)
        assert taken(here) + taken(here) == AT_ONCE


def test_of_several_providers_the_slow_one_has_one_share_for_all_processes(database_url: str) -> None:
    phone, twilio = Slow("sms", 0.01), Line("sms")
    phone.name, twilio.name = "phone", "twilio"
    several = Several([phone, twilio], utc_now)
    with installation(database_url, several) as one, installation(database_url, several) as other:
        now = utc_now() + 5 * A_SECOND
        write(one, [str(n) for n in range(30)])
        write(one, ["sos"], priority=1)

        def over(service: Service) -> list[bool]:
            here = replace(service, clock=lambda: now)
            rows = here.run(lambda conn: claim(here, ["sms"], 10, conn))
            return ["phone" in row.message.asked_last for row in rows if row.message is not None]

        assert [over(one), over(other)] == [[False] * 9 + [True], [True] * 10], "what is urgent goes by its own SIM"
        now += 100 * A_SECOND
        assert over(other) == [False] + [True] * 9


def test_what_waits_for_a_budget_goes_in_the_order_of_danger() -> None:
    order = (Priority.OPERATOR, Priority.GRAVE, Priority.ALERT, Priority.ALL_CLEAR, Priority.REMINDER, Priority.REPLY)
    assert [*order, Priority.INVITATION, Priority.REHEARSAL] == list(range(8))
    assert Priority.UNPROVEN == Priority.PAGE_CODE == Priority.ALL_CLEAR


@pytest.mark.parametrize(("per_second", "at_once"), [(100, 200), (1, 15), (1 / 60, 15), (1 / 600, 1.5), (0.0001, 1)])
def test_after_a_pause_a_family_is_told_at_once(per_second: float, at_once: float) -> None:
    assert most_at_once(per_second) == pytest.approx(at_once)


def test_a_budget_that_a_wrong_clock_noted_is_not_waited_for() -> None:
    now = utc_now()
    ahead = Budget(0, now + timedelta(days=1)).refilled(1, now)
    assert ahead == Budget(0, now)
    assert ahead.refilled(1, now + A_SECOND).left == 1


@pytest.mark.skipif(not SLOW, reason="a long proof: make soak runs it with TEST_SLOW=10000")
def test_in_real_time(database_url: str) -> None:
    slow, dead, well = Late("sms", per_second=100), Dead("voice"), Line("email")
    with installation(database_url, slow, dead, well, limits=Limits()) as service, ExitStack() as stack:
        write(service, [str(n) for n in range(SLOW // 5)], "voice", priority=1)
        write(service, [str(n) for n in range(SLOW)], priority=4)
        write(service, [str(n) for n in range(1000)], "email", priority=6)
        dispatcher, over = Dispatcher(service), threading.Event()
        told: dict[str, float] = {}
        stack.callback(dispatcher.close)
        stack.callback(dead.go_on.set)
        stack.callback(service.wake.stopping.set)
        dispatcher.start()
        began = monotonic()
        while len(slow.sent) < SLOW + 1:
            assert monotonic() - began < 2 * SLOW / slow.per_second + 60
            dispatcher.run()
            if len(well.sent) == 1000:
                told.setdefault("well", monotonic() - began)
            if monotonic() - began > SLOW / slow.per_second / 4 and "sos asked" not in told:
                write(service, ["sos"], priority=1)
                told["sos asked"] = monotonic() - began
            if "sos" in slow.sent:
                told.setdefault("sos", monotonic() - began)
            over.wait(0.5)
        took = monotonic() - began
        print(f"\n{SLOW} in {took:.0f} s at {slow.per_second} a second; {told}")
        assert SLOW / slow.per_second - 5 < took < 1.1 * SLOW / slow.per_second + 5
        assert told["well"] < 15
        assert told["sos"] - told["sos asked"] < 5
