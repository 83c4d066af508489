"""CLAIM, SEND, SETTLE: what waits in the outbox goes out, each row once, and what became of it is written down."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from queue import Empty, SimpleQueue
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Connection

from notifiers.base import Accepted, Cause, HasProviders, Notifier, Rejected, TakesFew, Unavailable, pace_of
from service.clock import monotonic
from service.db.claims import claim_outbox
from service.edges import ACCEPTED, SENDING, Act, reach
from service.usecases.budgets import left_of, shares, spend
from service.usecases.claimed import Claimed, NotBegun, Outcome, ids_of, open_rows
from service.usecases.context import Service
from service.usecases.problems import StorageUnavailable
from service.usecases.settle import UNSERVED, settle_results

BATCH = 100
SETTLE_EVERY = 50
SETTLE_WITHIN_SECONDS = 0.05
TRY_AGAIN_SECONDS = 1.0
UNSERVED_AFTER = timedelta(minutes=1)
"""How long a message on a channel that this process does not serve is left to one that does."""
UNSERVED_SECONDS = 15.0
"""How often such messages are looked for: all that waits is read for that."""

Result = tuple[Claimed, Outcome]

log = structlog.get_logger()


def dispatch(service: Service, pool: Executor) -> int:
    """Send everything that is pending and due on `pool`, and wait for it; returns how many rows were claimed."""
    dispatcher = Dispatcher(service, pool)
    total = dispatcher.run()
    while dispatcher.settle_some():
        total += dispatcher.run()
    return total


class Dispatcher:
    """Sends what is pending and due. While some rows are on their way, more are claimed and others are settled.

    1. CLAIM up to 100 rows in one statement, with a lease and a fencing token; no more than will soon be sent, and of
    a slow provider's no more than its budget (`service.usecases.budgets`).
    2. SEND each outside of any transaction, many at a time, the most urgent first; a provider's trouble is a value,
    never an exception. What could not begin in the first half of its lease is put back: by its end another worker may
    be sending it. Each channel has senders of its own: one that hangs keeps no other waiting.
    3. SETTLE in batches as answers come: sent; failed, and the person's next address instead; pending again after a
    jittered pause; or, when a time-out leaves the fate open, left to RECOVER, which asks the provider first.
    4. What has waited for a minute on a channel that nobody serves (its settings are gone) counts as refused by a fault
    of ours: the person's next address instead, the operator is paged, and it goes when the settings are back. Not as
    refused for good: that would mark the address as dead, for ever.

    Killed here: after the claim the lease runs out and RECOVER takes over; a sent row not settled is found in the
    provider's list and not sent again.
    """

    def __init__(self, service: Service, pool: Executor | None = None) -> None:
        """`pool`: sends for all channels. Without one each channel has `Limits.sends_at_once` threads, or as many as
        its provider takes."""
        self._service = service
        numbers = {name: _at_once(service, one) for name, one in service.notifiers.items()}
        self._pools = {} if pool else {name: ThreadPoolExecutor(n, f"send-{name}") for name, n in numbers.items()}
        self._lanes = {name: _Lane(pool or self._pools[name], n + BATCH) for name, n in numbers.items()}
        self._paced = {name for name, one in service.notifiers.items() if pace_of(one) is not None}
        self._results: SimpleQueue[Result | None] = SimpleQueue()
        self._settler = threading.Thread(target=self._settle_all, name="settle", daemon=True)
        self._next_unserved = float("-inf")

    def start(self) -> None:
        """Settle from now on as answers come, in a thread of its own, and call for `run` when there is room again."""
        self._settler.start()

    def close(self) -> None:
        """Wait for what is on its way and settle it; what is not begun is put back when the service is stopping."""
        for pool in self._pools.values():
            pool.shutdown(wait=True)
        self._results.put(None)
        if self._settler.is_alive():
            self._settler.join()

    def run(self) -> int:
        """Claim what is due and hand it to the senders, until nothing is or there is no room; how many rows.

        Raises:
            StorageUnavailable: the database is away.
        """
        total, is_full = 0, True
        while is_full and not self._service.wake.stopping.is_set():
            is_full = False
            for channels, limit in self._openings():
                claimed = self._service.run(partial(claim, self._service, channels, limit), Act.CLAIM)
                self._hand_over(claimed)
                total += len(claimed)
                is_full = is_full or len(claimed) == limit
        return total + self._refuse_unserved()

    def settle_some(self) -> bool:
        """Wait for some results and settle them; false when none is to come.

        Raises:
            StorageUnavailable: the database is away; RECOVER will find out what became of them.
        """
        if not self._flying():
            return False
        results = self._next_results()
        try:
            settle_results(self._service, results)
        finally:
            self._land(results)
        return True

    def _openings(self) -> list[tuple[list[str], int]]:
        """What may be claimed now: channels, and how many rows at most. One with little room is asked for alone, and so
        is one that is handed so many a second and no more."""
        rooms = {name: lane.room for name, lane in self._lanes.items()}
        wide = [name for name, room in rooms.items() if room >= BATCH and name not in self._paced]
        narrow = [([name], min(room, BATCH)) for name, room in rooms.items() if room and name not in wide]
        return [(wide, BATCH), *narrow] if wide else narrow

    def _refuse_unserved(self) -> int:
        """Settle what nobody serves, in this thread: nothing is sent for it; how many rows."""
        if monotonic() < self._next_unserved:
            return 0
        total, is_full = 0, True
        while is_full and not self._service.wake.stopping.is_set():
            claimed = self._service.run(partial(claim_unserved, self._service, BATCH), Act.CLAIM)
            settle_results(self._service, [(row, send(self._service, row)) for row in claimed])
            total += len(claimed)
            is_full = len(claimed) == BATCH
        self._next_unserved = monotonic() + UNSERVED_SECONDS
        return total

    def _hand_over(self, claimed: Sequence[Claimed]) -> None:
        for row in claimed:
            self._lanes[row.channel].take(row)
        for row in claimed:
            lane = self._lanes[row.channel]
            lane.pool.submit(self._send_next, lane)

    def _send_next(self, lane: _Lane) -> None:
        row = lane.most_urgent()
        outcome: Outcome = Unavailable("the sender broke", maybe_accepted=True)
        try:
            outcome = send(self._service, row)
        finally:
            self._results.put((row, outcome))

    def _flying(self) -> int:
        return sum(lane.flying for lane in self._lanes.values())

    def _next_results(self) -> list[Result]:
        """Up to `SETTLE_EVERY`, waiting a little while more are on their way; none when there will be no more."""
        first = self._results.get()
        if first is None:
            return []
        results, until = [first], monotonic() + SETTLE_WITHIN_SECONDS
        while len(results) < min(SETTLE_EVERY, self._flying()):
            try:
                result = self._results.get(timeout=max(0.0, until - monotonic()))
            except Empty:
                break
            if result is None:
                self._results.put(None)
                break
            results.append(result)
        return results

    def _land(self, results: Sequence[Result]) -> None:
        was_full = not all(lane.room for lane in self._lanes.values())
        for row, _ in results:
            self._lanes[row.channel].land()
        if was_full:
            self._service.wake.outbox.ring_here()

    def _settle_all(self) -> None:
        while results := self._next_results():
            while not self._is_settled(results):
                self._service.wake.stopping.wait(TRY_AGAIN_SECONDS)
            self._land(results)

    def _is_settled(self, results: Sequence[Result]) -> bool:
        """Settle; false when the database is away and it is worth trying again."""
        try:
            settle_results(self._service, results)
        except StorageUnavailable as error:
            log.warning("storage_unavailable", job="settle", reason=str(error))
            # Once their leases have run out RECOVER has asked the provider about them, here or elsewhere.
            now = self._service.clock()
            return self._service.wake.stopping.is_set() or not any(row.may_begin(now) for row, _ in results)
        except Exception:
            log.exception("settle_failed", rows=len(results))
        return True


class _Lane:
    """One channel: what it is to send, in its order, and how many rows are claimed for it and not settled."""

    def __init__(self, pool: Executor, window: int) -> None:
        self.pool = pool
        self.flying = 0
        self._window = window
        self._order = count()
        self._waiting: list[tuple[int, datetime, int, Claimed]] = []
        self._lock = threading.Lock()

    @property
    def room(self) -> int:
        """How many more rows may be claimed."""
        return max(0, self._window - self.flying)

    def take(self, row: Claimed) -> None:
        with self._lock:
            self.flying += 1
            heapq.heappush(self._waiting, (row.priority, row.asked_from, next(self._order), row))

    def most_urgent(self) -> Claimed:
        with self._lock:
            return heapq.heappop(self._waiting)[-1]

    def land(self) -> None:
        with self._lock:
            self.flying -= 1


def _at_once(service: Service, notifier: object) -> int:
    most = service.limits.sends_at_once
    return min(most, notifier.at_once) if isinstance(notifier, TakesFew) else most


def claim(service: Service, channels: Sequence[str], limit: int, conn: Connection) -> list[Claimed]:
    """Claim a batch and open its texts; of a channel that is asked for alone, no more than its provider's budget."""
    now, token = service.clock(), uuid4()
    pace = pace_of(service.notifiers.get(channels[0])) if len(channels) == 1 else None
    budget = left_of(conn, channels[0], pace, now) if pace is not None else None
    if pace is not None:
        limit = min(limit, int(budget.left)) if budget is not None else 0
    rows = claim_outbox(conn, now, limit, token, channels, lease=service.limits.lease) if limit else []
    if budget is not None:
        spend(conn, channels[0], budget, len(rows), now)
    return _shared(service, conn, open_rows(service, conn, rows, now), now)


def _shared(service: Service, conn: Connection, claimed: Sequence[Claimed], now: datetime) -> list[Claimed]:
    """The rows with the providers of their channel that have had their share: the next one takes what exceeds it."""
    asked_last: dict[UUID, frozenset[str]] = {}
    for channel in {row.channel for row in claimed}:
        one: object = service.notifiers.get(channel)
        paces = [(p.name, pace_of(p)) for p in one.providers] if isinstance(one, HasProviders) else []
        if any(pace is not None for _, pace in paces):
            theirs = [row.outbox_id for row in claimed if row.channel == channel]
            asked_last |= zip(theirs, shares(conn, channel, paces, len(theirs), now), strict=True)
    return [
        replace(row, message=replace(row.message, asked_last=asked_last[row.outbox_id]))
        if row.message is not None and row.outbox_id in asked_last
        else row
        for row in claimed
    ]


def claim_unserved(service: Service, limit: int, conn: Connection) -> list[Claimed]:
    """Claim what nobody has taken for a while, of channels that are not served here."""
    now, token, served = service.clock(), uuid4(), list(service.notifiers)
    rows = claim_outbox(conn, now, limit, token, served, service.limits.lease, others_since=UNSERVED_AFTER)
    return open_rows(service, conn, rows, now)


def send(service: Service, row: Claimed) -> Outcome:
    """Hand one row to its provider, if there is still time and there is one."""
    if service.wake.stopping.is_set() or not row.may_begin(service.clock()):
        return NotBegun()
    notifier: Notifier | None = service.notifiers.get(row.channel)
    if row.message is None:
        return Rejected(Cause.PERMANENT, "erased", "the text is gone")
    if notifier is None:
        log.error("channel_unserved", **ids_of(row), kind=row.kind, channel=row.channel, attempt=row.attempts)
        return Rejected(Cause.CONFIGURATION, UNSERVED, f"{row.channel} (no settings for it here)")
    try:
        reach(SENDING)
        result = notifier.send(row.message)
        if isinstance(result, Accepted):
            reach(ACCEPTED)
            service.tally.add(row.traveler_id, row.trip_id)
    except Exception:
        # A notifier must not raise; one that does has left the fate of its message open.
        log.exception("notifier_raised", **ids_of(row), channel=row.channel)
        result = Unavailable("the notifier failed", maybe_accepted=True)
    kinds = {"kind": row.kind, "channel": row.channel, "result": type(result).__name__}
    if isinstance(result, Rejected):
        kinds["code"] = result.code
    if isinstance(result, Accepted) and result.provider is not None:
        kinds["provider"] = result.provider
    log.info("handed_over", **ids_of(row), attempt=row.attempts, **kinds)
    return result
