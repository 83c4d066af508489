"""What waits goes out: many at once, the most urgent first, and a channel that hangs keeps no other waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, select, update

from notifiers.base import (
    Accepted,
    DeliveryState,
    FindResult,
    Found,
    Message,
    NotFound,
    SendResult,
    Unavailable,
)
from service import edges
from service.clock import monotonic, utc_now
from service.db import tables
from service.db.engine import make_engine
from service.db.sealed import open_keyring
from service.db.stored import table_of
from service.edges import Act
from service.usecases import counters
from service.usecases.context import Limits, Service
from service.usecases.dispatch import BATCH, Dispatcher, claim, dispatch
from service.usecases.problems import StorageUnavailable
from service.usecases.recover import ASK_ANEW_AFTER, recover
from service.usecases.settle import settle_results
from service.usecases.work import Draft, Work

OUTBOX = table_of(tables.Outbox)
ALARMS = table_of(tables.Alarm)
PATIENCE = 30.0


class Line:
    """A channel that takes what it is given; `hold` texts hang until they are let go."""

    def __init__(self, channel: str) -> None:
        self.name = self.channel = channel
        self.hold: frozenset[str] = frozenset()
        self.go_on = threading.Event()
        self.begun: list[str] = []
        self.sent: list[str] = []

    def send(self, message: Message) -> SendResult:
        self.begun.append(message.body)
        if message.body in self.hold or "all" in self.hold:
            assert self.go_on.wait(PATIENCE)
        self.sent.append(message.body)
        return Accepted(message.outbox_id, DeliveryState.SENT)


class Narrow(Line):
    """A mail server that refuses a third connection."""

    at_once = 2


class Listed(Line):
    """It has everything, one under a name that no database takes."""

    def find_sent(self, message: Message, since: datetime) -> Found:
        return Found("\ud800" if message.body == "odd" else message.body, DeliveryState.SENT)


class Forgetful(Line):
    """One message is all that it has, whatever it is asked for; it answers the first two questions together."""

    both_asked = threading.Barrier(2)

    def find_sent(self, message: Message, since: datetime) -> FindResult:
        if "SM1" in message.others:
            return NotFound()
        self.both_asked.wait(PATIENCE)
        return Found("SM1", DeliveryState.SENT)


class Knowing(Line):
    """It takes a message once, however often it is handed over; its first answer is lost."""

    repeats_are_known = True

    def send(self, message: Message) -> SendResult:
        self.begun.append(message.body)
        if len(self.begun) == 1:
            return Unavailable("no answer", maybe_accepted=True)
        return super().send(message)

    def find_sent(self, message: Message, since: datetime) -> FindResult:
        raise AssertionError("nobody needs to ask")


@pytest.fixture
def lines() -> dict[str, Line]:
    return {"sms": Line("sms"), "email": Line("email")}


@pytest.fixture
def service(sqlite_url: str, lines: dict[str, Line]) -> Iterator[Service]:
    db = make_engine(sqlite_url)
    yield Service(
        db=db,
        keys=open_keyring(db, [bytes(range(32))], utc_now()),
        notifiers=lines,
        segments=lambda _: 1,
        fold=lambda text: text,
        limits=Limits(sends_at_once=4),
    )
    db.close()


@contextmanager
def dispatching(service: Service) -> Iterator[Dispatcher]:
    """A dispatcher that settles by itself and is asked to run whenever its bell rings."""
    dispatcher, over = Dispatcher(service), threading.Event()

    def answer_the_bell() -> None:
        while not over.is_set():
            service.wake.outbox.wait()
            service.wake.outbox.clear()
            dispatcher.run()

    ear = threading.Thread(target=answer_the_bell)
    dispatcher.start()
    ear.start()
    try:
        yield dispatcher
    finally:
        over.set()
        service.wake.outbox.ring_here()
        ear.join()
        dispatcher.close()


def write(service: Service, bodies: Sequence[str], channel: str = "sms", priority: int = 2) -> None:
    def texts(conn: Any) -> None:
        work = Work(service, conn, utc_now())
        for body in bodies:
            work.send(Draft("traveler_notice", "+77010000000", channel, body, f"{channel}:{body}", priority))
        work.flush()

    service.run(texts)
    service.wake.outbox.ring_here()


def states(service: Service, channel: str = "sms") -> list[str]:
    query = select(OUTBOX.c.state).where(OUTBOX.c.channel == channel)
    return sorted(service.read(lambda conn: conn.execute(query).scalars().all()))


def until(condition: Callable[[], bool]) -> None:
    pause, began = threading.Event(), monotonic()
    while not condition():
        assert monotonic() < began + PATIENCE
        pause.wait(0.01)


def test_a_channel_that_hangs_keeps_no_other_waiting(service: Service, lines: dict[str, Line]) -> None:
    lines["sms"].hold = frozenset({"all"})
    write(service, [str(n) for n in range(2 * BATCH)])
    with dispatching(service):
        until(lambda: len(lines["sms"].begun) == service.limits.sends_at_once)
        letters = [str(n) for n in range(BATCH + 10)]
        write(service, letters, "email", priority=5)
        until(lambda: states(service, "email") == ["sent"] * len(letters))
        assert sorted(lines["email"].sent) == sorted(letters)
        assert states(service).count("sending") == service.limits.sends_at_once + BATCH, "and the rest is anybody's"
        lines["sms"].go_on.set()
        until(lambda: states(service) == ["sent"] * 2 * BATCH)
    assert len(set(lines["sms"].sent)) == len(lines["sms"].sent) == 2 * BATCH


def test_what_is_cancelled_on_the_way_ends_no_claiming(service: Service, lines: dict[str, Line]) -> None:
    """A batch that is smaller by what was too late to say is not the last one."""
    lines["sms"].hold = frozenset({"all"})
    write(service, ["too late"], priority=1)
    service.run(lambda conn: conn.execute(update(OUTBOX).values(valid_until=utc_now())))
    write(service, [str(n) for n in range(2 * BATCH)])
    dispatcher = Dispatcher(service)
    try:
        assert dispatcher.run() == service.limits.sends_at_once + BATCH, "all that there is room for"
        assert states(service).count("cancelled") == 1
    finally:
        lines["sms"].go_on.set()
        dispatcher.close()


def test_no_more_go_at_once_than_a_provider_takes(service: Service) -> None:
    line = Narrow("email")
    line.hold = frozenset({"all"})
    service = replace(service, notifiers={"email": line})
    write(service, [str(n) for n in range(9)], "email")
    with dispatching(service):
        until(lambda: states(service, "email").count("sending") == 9)
        until(lambda: len(line.begun) >= 2)
        assert len(line.begun) == 2
        line.go_on.set()
        until(lambda: states(service, "email") == ["sent"] * 9)


def test_what_has_gone_is_settled_while_another_hangs(service: Service, lines: dict[str, Line]) -> None:
    lines["sms"].hold = frozenset({"7"})
    write(service, [str(n) for n in range(3 * BATCH)])
    with dispatching(service):
        until(lambda: states(service).count("sent") == 3 * BATCH - 1)
        lines["sms"].go_on.set()
        until(lambda: states(service).count("sent") == 3 * BATCH)


def test_an_sos_overtakes_what_waits_for_a_thread(service: Service, lines: dict[str, Line]) -> None:
    service = replace(service, limits=Limits(sends_at_once=1))
    lines["sms"].hold = frozenset({"first"})
    write(service, ["first"])
    with dispatching(service):
        until(lambda: lines["sms"].begun == ["first"])
        write(service, [f"reminder {n}" for n in range(20)], priority=4)
        until(lambda: states(service).count("sending") == 21)
        write(service, ["sos"], priority=1)
        until(lambda: states(service).count("sending") == 22)
        lines["sms"].go_on.set()
        until(lambda: states(service) == ["sent"] * 22)
    assert lines["sms"].begun[:2] == ["first", "sos"]


def test_a_clock_that_was_set_back_makes_no_lease_younger(
    service: Service, lines: dict[str, Line], monkeypatch: pytest.MonkeyPatch
) -> None:
    now, seconds = utc_now() + timedelta(seconds=1), 0.0
    monkeypatch.setattr("service.usecases.claimed.monotonic", lambda: seconds)
    service = replace(service, clock=lambda: now, limits=Limits(sends_at_once=1))
    line = lines["sms"]
    line.hold = frozenset({"first"})
    write(service, ["first"])
    write(service, ["second"], priority=3)
    with ThreadPoolExecutor(1) as pool, ThreadPoolExecutor(1) as engine:
        total = engine.submit(dispatch, service, pool)
        until(lambda: line.begun == ["first"])
        # The wall clock stands still, as one that is set back again and again.
        seconds = service.limits.lease.total_seconds() / 2 + 1
        line.go_on.set()
        assert total.result(PATIENCE) == 3, "the second is put back, and claimed again"
    assert line.sent == ["first", "second"]
    query = select(OUTBOX.c.attempts).order_by(OUTBOX.c.priority)
    assert service.read(lambda conn: conn.execute(query).scalars().all()) == [1, 2]


def test_what_cannot_be_settled_is_settled_when_the_database_is_back(service: Service, lines: dict[str, Line]) -> None:
    away = iter([True])

    def fail_once(point: str) -> None:
        if point == Act.SETTLE.before and next(away, False):
            raise StorageUnavailable("away")

    write(service, ["one"])
    edges.watch(fail_once)
    try:
        with dispatching(service):
            until(lambda: states(service) == ["sent"])
    finally:
        edges.watch(None)
    assert lines["sms"].sent == ["one"]


def test_an_answer_that_cannot_be_written_down_leaves_no_other_open(service: Service) -> None:
    write(service, ["odd", "even", "last"])
    rows = service.run(lambda conn: claim(service, ["sms"], 3, conn))
    names = ["\ud800", "SM2", "SM3"]
    settle_results(service, [(row, Accepted(name, DeliveryState.SENT)) for row, name in zip(rows, names, strict=True)])
    assert states(service) == ["sending", "sent", "sent"], "RECOVER asks about the first"


def test_a_list_whose_answer_cannot_be_written_down_leaves_no_other_open(service: Service) -> None:
    service = replace(service, notifiers={"sms": Listed("sms")})
    write(service, ["odd", "even", "last"])
    service.run(lambda conn: claim(service, ["sms"], 3, conn))
    later = utc_now() + 2 * service.limits.lease
    assert recover(replace(service, clock=lambda: later)) == 3
    assert states(service) == ["sending", "sent", "sent"], "the first is asked about again when its lease is over"


def test_a_message_that_reads_like_another_is_not_taken_for_it(service: Service) -> None:
    """Two of her people said yes; the second notice was lost on its way, and the list has only the first."""
    service = replace(service, notifiers={"sms": Forgetful("sms")})
    write(service, ["Gulnar said yes", "Daniyar said yes"])
    service.run(lambda conn: claim(service, ["sms"], 2, conn))
    later = utc_now() + 2 * service.limits.lease
    with ThreadPoolExecutor(2) as pool:
        assert recover(replace(service, clock=lambda: later), pool) == 2
    assert states(service) == ["sending", "sent"], "both were asked about at once, and one of them is it"
    assert recover(replace(service, clock=lambda: later + 2 * ASK_ANEW_AFTER)) == 1
    assert states(service) == ["pending", "sent"]


@pytest.mark.parametrize("dies", [False, True])
def test_where_a_repeat_is_known_a_lost_answer_is_no_question(service: Service, dies: bool) -> None:
    line, now = Knowing("sms"), utc_now() + timedelta(seconds=1)
    service = replace(service, notifiers={"sms": line}, clock=lambda: now)
    write(service, ["one"])
    with ThreadPoolExecutor(1) as pool:
        if dies:
            service.run(lambda conn: claim(service, ["sms"], 1, conn))
            line.begun.append("one")
            now += 2 * service.limits.lease
            assert recover(service) == 1
        else:
            dispatch(service, pool)
        assert states(service) == ["pending"]
        now += timedelta(minutes=1)
        dispatch(service, pool)
    assert (states(service), line.sent) == (["sent"], ["one"])


def test_it_ends_with_what_is_under_way_and_puts_the_rest_back(service: Service, lines: dict[str, Line]) -> None:
    lines["sms"].hold = frozenset({"all"})
    write(service, [str(n) for n in range(40)])
    with dispatching(service):
        until(lambda: len(lines["sms"].begun) == service.limits.sends_at_once)
        service.wake.stopping.set()
        lines["sms"].go_on.set()
    assert states(service) == ["pending"] * 36 + ["sent"] * 4


@pytest.mark.parametrize(("view", "late"), [({"due_at": -600}, 600.0), ({}, 60.0)])
def test_lateness_counts_from_when_it_was_due(service: Service, view: dict[str, int], late: float) -> None:
    """Downtime shows in it; an alarm that opened at once is due when it opened."""
    now, key = utc_now(), {"traveler_id": uuid4(), "alarm_id": uuid4()}
    seen = {name: (now + timedelta(seconds=seconds)).isoformat() for name, seconds in view.items()}
    alarm = {"trip_id": uuid4(), "kind": "missed", "state": "open", "opened_at": now - timedelta(seconds=60)}
    text = {"kind": "alert", "channel": "sms", "address_hash": b"", "sealed": b"", "priority": 2, "state": "sent"}
    first, second = uuid4(), uuid4()
    times = {"available_at": now, "created_at": now}

    def told(conn: Any, *ids: Any) -> list[float]:
        rows = [{**key, **text, **times, "outbox_id": one, "dedupe_key": str(one)} for one in ids]
        conn.execute(insert(OUTBOX), rows)
        return counters.first_told(conn, now, ids)

    service.run(lambda conn: conn.execute(insert(ALARMS), {**key, **alarm, "view": seen}))
    assert service.run(lambda conn: told(conn, first, uuid4())) == [late]
    assert service.run(lambda conn: told(conn, second)) == [], "she is not the first"
